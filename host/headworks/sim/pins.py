"""A gpiozero pin factory whose pins are wired to the simulated contactors.

Real rules: a line belongs to one process, outputs are claimed at their first level in one step,
an input without a driver follows its pull. `pinlink` keeps the connection; nothing is simulated
in here.
"""

import os
import time
from pathlib import Path
from typing import Any

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

from headworks.sim.pinlink import PinLink, SimLostError
from headworks.sim.where import pin_socket

__all__ = ["SimFactory", "SimLostError", "SimPin"]

_REVISION = 0xA02082  # a Raspberry Pi 3B, as gpiozero's own mock
_PULLS = ("floating", "up", "down")
_EDGES = ("none", "falling", "rising", "both")


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
        self._link = factory.link
        self._link.claim(self._number, "in")
        self._seen = self._get_state()

    def close(self) -> None:
        """Back to an input without pull, and given back to the simulator."""
        self.when_changed = None
        if self._link.lost:
            return
        self._function = "input"
        self._pull = self._info.pull or "floating"
        self._link.send(f"free {self._number}")

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
            self._link.claim(self._number, "in")
            self._function = "input"
            self._look()
        else:
            raise PinInvalidFunction(f"function of {self!r} must be input or output")

    def _become_output(self, level: bool) -> None:
        self._link.claim(self._number, str(int(level)))
        self._function, self._level, self._seen = "output", level, level

    def _get_state(self) -> bool:
        if self._function == "output":
            self._link.check()
            return self._level
        driven = self._link.driven(self._number)
        return self._pull == "up" if driven is None else bool(driven)

    def _set_state(self, value: Any) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of input {self!r}")
        if not 0 <= value <= 1:
            raise PinInvalidState(f"state of {self!r} must lie between 0 and 1")
        self._link.check()
        if bool(value) != self._level:  # the header keeps what it was last told
            self._link.send(f"set {self._number} {int(bool(value))}")
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
        self.pin_class = SimPin
        self.link = PinLink(Path(path) if path else pin_socket(), self._driven)

    def close(self) -> None:
        """Give all pins back and hang up."""
        super().close()  # type: ignore[no-untyped-call]
        self.link.close()

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

    def _driven(self, pin: int, t_s: float) -> None:
        """Tell a pin that its driver changed; called in the link's thread."""
        for one in tuple(self.pins.values()):
            if one._number == pin and not self.link.lost:
                one.driven(t_s)
