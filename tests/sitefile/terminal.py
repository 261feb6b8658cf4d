"""A person at a terminal: runs `headworks` on a pty, reads prompts, types answers."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

DEADLINE_S = 20.0
# The leader of a session gets the terminal that it opens first, and with it Ctrl-C.
_TAKE_TERMINAL = """
import os, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.argv[1], [sys.argv[1], "-m", "headworks", *sys.argv[2:]])
"""


class Terminal:
    """One run of the command; ended at the latest when the block ends."""

    def __init__(self, *words: str | Path) -> None:
        self.seen = ""
        self._from = 0
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, sys.executable, *map(str, words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._ours)

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a prompt not answered before, then type."""
        self._read_until(lambda: prompt in self.seen[self._from :] and self._asks())
        self._from = len(self.seen)
        os.write(self._ours, f"{text}\n".encode())

    def press(self, prompt: str, key: str) -> int:
        """Wait for a prompt, then press a key as often as it takes to end it; the exit code.

        A signal between Python's prompt and its read ends nothing; people press once more.
        """
        self._read_until(lambda: prompt in self.seen[self._from :] and self._asks())
        deadline = time.monotonic() + DEADLINE_S
        while self._process.poll() is None and time.monotonic() < deadline:
            os.write(self._ours, key.encode())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
        return self.wait()

    def wait(self) -> int:
        """Read to the end; the exit code."""
        self._read_until(lambda: False)
        return self._process.wait(DEADLINE_S)

    def _asks(self) -> bool:
        return self.seen.endswith("]: ")

    def _read_until(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not enough():
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"nothing more came after: {self.seen[-300:]!r}")
            try:
                chunk = os.read(self._ours, 4096)
            except OSError:  # Linux says so when the other end is closed
                return
            if not chunk:
                return
            self.seen += chunk.decode().replace("\r\n", "\n")
