"""A gpiozero pin factory whose pins are wired to the simulated contactors.

Real rules: a line belongs to one process, outputs are claimed at their first level in one step,
an input without a driver follows its pull. Levels of inputs are kept here, pushed by the
simulator; a write is one short message without waiting. Nothing is simulated in here.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpiozero import GPIOPinInUse, PinError
from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMUnsupported,
    PinSetInput,
)
from gpiozero.pins.pi import PiFactory, PiPin

from headworks.sim.where import pin_socket

_REVISION = 0xA02082  # a Raspberry Pi 3B, as gpiozero's own mock
_ANSWER_S = 2.0
_PULLS = ("floating", "up", "down")
_EDGES = ("none", "falling", "rising", "both")


class SimLostError(PinError):
    """The simulator is not there, or went away; no level is known any more."""


class SimPin(PiPin):
    """One line of the simulated header."""

    def __init__(self, factory: "SimFactory", info: Any) -> None:
        super().__init__(factory, info)  # type: ignore[no-untyped-call]
        self._function = "input"
        self._pull = info.pull or "floating"
        self._level = False  # of an output
        self._edges = "both"
        self._bounce: float | None = None
        self._fired_s = float("-inf")
        self._watching = False
        self._seen = False
        factory.claim(self._number, "in")
        self._seen = self._get_state()

    def close(self) -> None:
        """Back to an input without pull, and given back to the simulator."""
        self.when_changed = None
        if self._factory.lost:
            return
        self._function = "input"
        self._pull = self._info.pull or "floating"
        self._factory.send(f"free {self._number}")

    def output_with_state(self, state: Any) -> None:
        """Become an output at this level in one step, so that no relay sees another one."""
        self._become_output(bool(state))

    def input_with_pull(self, pull: str) -> None:
        """Become an input with this pull in one step."""
        self._check_pull(pull)
        self._set_function("input")
        self._set_pull(pull)

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value == "output":
            self._become_output(False)
        elif value == "input":
            self._factory.claim(self._number, "in")
            self._function = "input"
            self._look()
        else:
            raise PinInvalidFunction(f"function of {self!r} must be input or output")

    def _become_output(self, level: bool) -> None:
        self._factory.claim(self._number, str(int(level)))
        self._function, self._level, self._seen = "output", level, level

    def _get_state(self) -> bool:
        if self._function == "output":
            self._factory.check()
            return self._level
        driven = self._factory.driven(self._number)
        return self._pull == "up" if driven is None else bool(driven)

    def _set_state(self, value: Any) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of input {self!r}")
        if not 0 <= value <= 1:
            raise PinInvalidState(f"state of {self!r} must lie between 0 and 1")
        self._factory.send(f"set {self._number} {int(bool(value))}")
        self._level = bool(value)

    def _get_pull(self) -> str:
        return str(self._pull)

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on output {self!r}")
        self._check_pull(value)
        self._pull = value
        self._look()

    def _check_pull(self, value: str) -> None:
        if value not in _PULLS:
            raise PinInvalidPull(f"pull of {self!r} must be floating, up or down")
        if self._info.pull and value != self._info.pull:
            raise PinFixedPull(f"{self!r} has a pull-{self._info.pull} resistor")

    def _get_frequency(self) -> None:
        return None

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise PinPWMUnsupported(f"{self!r} has no PWM")

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce(f"bounce of {self!r} must be None, 0 or more")
        self._bounce = value or None

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in _EDGES:
            raise PinInvalidEdges(f"edges of {self!r} must be one of {', '.join(_EDGES)}")
        self._edges = value

    def _enable_event_detect(self) -> None:
        self._seen = self._get_state()
        self._watching = True

    def _disable_event_detect(self) -> None:
        self._watching = False

    def _look(self, t_s: float | None = None) -> None:
        """Fire the edge if the level has changed since it was last looked at."""
        now = self._get_state()
        if self._function != "input" or now == self._seen:
            return
        self._seen = now
        t_s = time.monotonic() if t_s is None else t_s
        if not self._watching or self._edges not in {"both", "rising" if now else "falling"}:
            return
        if self._bounce is not None and t_s - self._fired_s < self._bounce:
            return
        self._fired_s = t_s
        with self._when_changed_lock:
            if self._when_changed is not None:
                self._call_when_changed(t_s, now)  # type: ignore[no-untyped-call]

    def driven(self, t_s: float) -> None:
        """The factory heard that this line's driver changed; called in its thread."""
        self._look(t_s)


class SimFactory(PiFactory):
    """Pins of the simulator at a Unix socket: the path given, else as where.pin_socket() says.

    Raises SimLostError where no simulator serves there.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.path = Path(path) if path else pin_socket()
        self.pin_class = SimPin
        self.lost = False
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
        """Give all pins back and hang up."""
        super().close()  # type: ignore[no-untyped-call]
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
        """Send one line without waiting. Raises SimLostError."""
        self.check()
        try:
            with self._sending:
                self._plug.send(text.encode() + b"\n", socket.MSG_DONTWAIT)
        except OSError as error:
            self._lose()
            raise SimLostError(f"the simulator at {self.path} has gone: {error}") from error

    def driven(self, pin: int) -> int | None:
        """What drives a line: 0, 1, or None for nothing but its pull. Raises SimLostError."""
        self.check()
        return self._levels.get(pin)

    def check(self) -> None:
        """Raises SimLostError when the simulator has gone: no level may be believed then."""
        if self.lost:
            raise SimLostError(f"the simulator at {self.path} has gone; start it again")

    @staticmethod
    def ticks() -> float:
        """Monotonic seconds, the simulator's clock too."""
        return time.monotonic()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two ticks."""
        return later - earlier

    def _get_revision(self) -> int:
        return _REVISION

    def _connect(self) -> socket.socket:
        plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            plug.connect(str(self.path))
        except OSError as error:
            plug.close()
            raise SimLostError(
                f"no simulator at {self.path}: {error.strerror}; start `headworks sim serve`, "
                "or write its pin socket as connect in [gpio]"
            ) from error
        return plug

    def _await(self, done: Any, what: str) -> None:
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
                self._tell(int(pin), float(t_s))
            case ["ok", pin]:
                self._answer(int(pin), "")
            case ["busy", pin, holder]:
                self._answer(int(pin), holder)
            case ["ready"]:
                with self._news:
                    self._ready = True
                    self._news.notify_all()

    def _tell(self, pin: int, t_s: float) -> None:
        for one in tuple(self.pins.values()):
            if one._number == pin and not self.lost:
                one.driven(t_s)

    def _answer(self, pin: int, holder: str) -> None:
        with self._news:
            self._answers[pin] = holder
            self._news.notify_all()

    def _lose(self) -> None:
        with self._news:
            self.lost = True
            self._news.notify_all()
