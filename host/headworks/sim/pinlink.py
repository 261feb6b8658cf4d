"""The pin factory's end of the pin socket: claims, writes, and the inputs' levels as pushed.

A claim waits for its answer; a write is one short message that waits for none. Once the simulator
has gone, every question raises, because no level may be believed then. Knows no gpiozero pins.
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gpiozero import GPIOPinInUse, PinError

_ANSWER_S = 2.0
_SEND_S = 0.5  # for a simulator that does not read; then it counts as gone


class SimLostError(PinError):
    """The simulator is not there, or went away; no level is known any more."""


class PinLink:
    """One connection to the simulated header at a path.

    `on_drive(pin, t_s)` is called in a thread of the link's own after an input's driver has
    changed. Raises SimLostError where no simulator serves there.
    """

    def __init__(self, path: Path, on_drive: Callable[[int, float], None]) -> None:
        self.path = path
        self.lost = False
        self._on_drive = on_drive
        self._levels: dict[int, int | None] = {}
        self._answers: dict[int, str] = {}
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._ready = False
        self._plug = self._connect()
        self._thread = threading.Thread(target=self._listen, name="sim-pins", daemon=True)
        self._thread.start()
        self._await(lambda: self._ready, "did not greet")

    def close(self) -> None:
        """Hang up; the simulator takes all lines back."""
        self._lose()
        with suppress(OSError):  # the simulator may have hung up first
            self._plug.shutdown(socket.SHUT_RDWR)
        self._thread.join(_ANSWER_S)
        self._plug.close()

    def claim(self, pin: int, level: str) -> None:
        """Claim a line as "in", "0" or "1". Raises GPIOPinInUse naming who holds it."""
        self._answers.pop(pin, None)
        self.send(f"claim {pin} {level}")
        self._await(lambda: pin in self._answers, "did not answer")
        holder = self._answers.pop(pin)
        if holder:
            raise GPIOPinInUse(f"GPIO{pin} is held by {holder}; stop that program first")

    def send(self, text: str) -> None:
        """Send one line; waits only for a simulator that is far behind. Raises SimLostError."""
        self.check()
        try:
            with self._sending:
                self._plug.sendall(text.encode() + b"\n")
        except OSError as error:
            self._lose()
            raise SimLostError(f"the simulator at {self.path} has gone: {error}") from error

    def driven(self, pin: int) -> int | None:
        """What drives a line: 0, 1, or None for nothing but its pull. Raises SimLostError."""
        self.check()
        return self._levels.get(pin)

    def check(self) -> None:
        """Raises SimLostError when the simulator has gone."""
        if self.lost:
            raise SimLostError(f"the simulator at {self.path} has gone; start it again")

    def _connect(self) -> socket.socket:
        plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        patience = struct.pack("ll", 0, int(_SEND_S * 1e6))
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        try:
            plug.connect(str(self.path))
        except OSError as error:
            plug.close()
            raise SimLostError(
                f"no simulator at {self.path}: {error.strerror}; start `headworks sim serve`, "
                "or write its pin socket as connect in [gpio]"
            ) from error
        return plug

    def _await(self, done: Callable[[], bool], what: str) -> None:
        """Wait until a message has come. Raises SimLostError when it does not."""
        with self._news:
            self._news.wait_for(lambda: done() or self.lost, _ANSWER_S)
            if not done():
                raise SimLostError(f"the simulator at {self.path} {what} within {_ANSWER_S:g} s")

    def _listen(self) -> None:
        """Take messages until the simulator hangs up; however this ends, nothing is known after."""
        try:
            rest = b""
            while data := self._receive():
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._take(line.decode("ascii", "replace").split(maxsplit=2))
        finally:
            self._lose()

    def _receive(self) -> bytes:
        try:
            return self._plug.recv(4096)
        except OSError:
            return b""

    def _take(self, words: list[str]) -> None:
        match words:
            case ["drive", pin, rest]:
                level, _, t_s = rest.partition(" ")
                self._levels[int(pin)] = None if level == "z" else int(level)
                self._on_drive(int(pin), float(t_s))
            case ["ok", pin]:
                self._answer(int(pin), "")
            case ["busy", pin, holder]:
                self._answer(int(pin), holder)
            case ["ready"]:
                with self._news:
                    self._ready = True
                    self._news.notify_all()

    def _answer(self, pin: int, holder: str) -> None:
        with self._news:
            self._answers[pin] = holder
            self._news.notify_all()

    def _lose(self) -> None:
        with self._news:
            self.lost = True
            self._news.notify_all()
