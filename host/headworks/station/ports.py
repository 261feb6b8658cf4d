"""What the station wants of switches and signals; the drivers in `headworks.field` have it."""

from collections.abc import Mapping
from typing import Protocol

from headworks.model.live import Feedback, Observation, SignalValue


class SwitchPort(Protocol):
    """Relays and outlets. Nothing here waits."""

    def command(self, outlet: str, on: bool) -> None:
        """Tell one outlet, at once."""

    def reassert(self) -> None:
        """Tell every outlet again what it was told last."""

    def feedback(self) -> Mapping[str, Feedback]:
        """What is known of every rack's switch, by rack name."""

    def inputs(self) -> Mapping[str, Observation]:
        """Every input by "switch.input"."""

    def toggle_deadman(self) -> None:
        """Renew the dead-man output."""


class BoardPort(Protocol):
    """Sensor boards."""

    def observations(self) -> Mapping[str, Observation]:
        """Every channel of every board, by "air.intake_c"."""


class SignalPort(Protocol):
    """Setpoints, contacts and schedules."""

    def values(self, t_s: float) -> Mapping[str, SignalValue]:
        """The latest value of each, by signal name."""
