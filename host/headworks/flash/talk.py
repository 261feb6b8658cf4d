"""A short talk with the firmware at a port: who are you, and the way to the prompt. Blocking.

Used where no station runs. One question, one answer; `headworks.field.boards` does the rest.
"""

import random
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import serial

from headworks.field.boards.texts import Texts
from headworks.flash.errors import AGAIN, FlashError
from headworks.flash.holders import why_shut
from headworks_fw.wire import Frame, Reader, Text, WireError, encode

HELLO_S = 1.2  # a running board answers within a second
BUSY_S = 0.2  # the longest answer at 115200 baud takes about as long
_LONGEST = 60  # letters that are shown of a line of another program


class Talk:
    """A port with frames. Use it with `with`. Raises FlashError."""

    def __init__(self, port: str, baud: int = 115200, address: int = 0) -> None:
        self.port, self._address = port, address
        try:
            self._serial = serial.Serial(port, baud, timeout=0.05, write_timeout=2, exclusive=True)
        except (OSError, ValueError) as error:
            raise FlashError(why_shut(port, error)) from error
        self._reader = Reader()
        self._id = random.randrange(1 << 30)
        self._texts, self._error = Texts(), ""

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._serial.close()

    @property
    def instead(self) -> str:
        """What is there, where nobody introduces himself, as far as the line tells."""
        if self._texts.at_prompt:
            return "MicroPython's prompt, no firmware runs"
        if self._error:
            return f"its program crashes ({self._error})"
        last = next((line.strip() for line in reversed(self._texts.lines) if line.strip()), "")
        if last:
            return f"no Headworks; it says {last[:_LONGEST]!r}"
        return "nobody answers: no firmware, another program, or another baud rate"

    def hello(self, within_s: float = HELLO_S) -> Mapping[str, Any] | None:
        """The introduction of whoever runs there; None where nobody answers in time."""
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            self._send("hi", {"n": 1})
            for frame in self._frames(min(0.4, within_s)):
                if frame.kind == "hello":
                    return frame.fields
        return None

    def command(self, within_s: float = 3.0, **fields: Any) -> tuple[str, list[str]]:
        """Carry out a `do`: "" or why not, and the lines of its answer.

        A board that is still busy with an earlier answer is asked again.
        """
        self._id += 1
        question = ("do", {"i": self._id, **fields})
        answer = _Answer(self._id)
        end_s, polls = time.monotonic() + within_s, False
        while time.monotonic() < end_s:
            self._send(*(("poll", {}) if polls else question))
            polls = False
            for frame in self._frames(1.0):
                if answer.take(frame):
                    return answer.why, answer.lines
                polls = self._address > 0 and frame.kind == "x"  # there they come one by one
            if answer.busy:
                self._let_it_end()
        if answer.busy:
            return answer.busy, []
        if answer.began:
            raise FlashError(f"{self.port}: it was done, but parts of the answer were lost")
        raise FlashError(f"{self.port}: the board does not answer; it may have done it or not")

    def _send(self, kind: str, fields: dict[str, Any]) -> None:
        try:
            self._serial.write(encode(kind, fields, self._address))
        except WireError as error:
            raise FlashError(f"this does not fit into one line to a board ({error})") from error
        except OSError as error:
            raise FlashError(f"{self.port}: the board went away ({error}); {AGAIN}") from error

    def _frames(self, within_s: float) -> "list[Frame]":
        """Frames of the next while; ends early with an answer, on a shared line with any frame."""
        found: list[Frame] = []
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s and not any(map(self._ends, found)):
            try:
                data = self._serial.read(256)
            except OSError as error:
                raise FlashError(f"{self.port}: the board went away ({error}); {AGAIN}") from error
            for item in self._reader.feed(data):
                if isinstance(item, Frame) and item.address == self._address:
                    found.append(item)
                elif isinstance(item, Text):
                    self._error = self._texts.line(item.text) or self._error
        return found

    def _let_it_end(self) -> None:
        """Let the board send what it still has to; it is of an earlier question."""
        end_s = time.monotonic() + BUSY_S
        while time.monotonic() < end_s:
            self._frames(BUSY_S)

    def _ends(self, frame: Frame) -> bool:
        return self._address > 0 or frame.kind in _ANSWERS


_ANSWERS = ("hello", "ok", "no")


class _Answer:
    """What has come of the answer to one command; lost lines come when it is asked again."""

    def __init__(self, number: int) -> None:
        self.why, self.busy = "", ""
        self.began = False
        self._number = number
        self._lines: dict[int, str] = {}

    @property
    def lines(self) -> list[str]:
        return [text for _, text in sorted(self._lines.items())]

    def take(self, frame: Frame) -> bool:
        """One frame; whether the answer is whole."""
        fields = frame.fields
        if fields.get("i") != self._number:
            return False
        number, text = fields.get("k"), str(fields.get("s", ""))
        if frame.kind == "x" and isinstance(number, int):
            self._lines[number] = text
        self.began = self.began or frame.kind in ("x", "ok")
        self.busy = ""
        if frame.kind == "no" and fields.get("e") == "busy":
            self.busy = text or "busy"
            return False
        if frame.kind == "no":
            self.why = text or "refused"
        return frame.kind == "no" or (frame.kind == "ok" and self._is_whole())

    def _is_whole(self) -> bool:
        return not self._lines or len(self._lines) == max(self._lines) + 1
