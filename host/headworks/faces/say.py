"""Lines for the log of a face's process: the same one not more than once a minute."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from headworks.model.text import clean

AGAIN_S = 60.0
MOST = 200  # different lines that are remembered


class Say:
    """Call it with a line. Text from outside cannot steer a terminal."""

    def __init__(
        self,
        name: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._stream, self._clock = name, stream, clock
        self._said: dict[str, tuple[float, int]] = {}  # line -> said at, held back since

    def __call__(self, text: str) -> None:
        now_s = self._clock()
        said_s, held = self._said.get(text, (float("-inf"), 0))
        if now_s - said_s < AGAIN_S:
            self._said[text] = said_s, held + 1
            return
        if len(self._said) >= MOST:
            self._said.clear()
        self._said[text] = now_s, 0
        more = f" ({held} times more since the last such line)" if held else ""
        out = sys.stderr if self._stream is None else self._stream
        print(f"headworks {self._name}: {clean(text)}{more}", file=out, flush=True)
