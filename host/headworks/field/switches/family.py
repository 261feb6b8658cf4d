"""What every family of switches offers to `Switches`. Adding a family is one such class."""

from typing import Protocol

from headworks.model.live import Observation


class Board(Protocol):
    """One relay board or PDU. Outlets are "1", "2", …; inputs are "in1", ….

    `command` and `reassert` never wait and never raise: what did not work shows in `readback`
    and in `cause`, a sentence for people, empty when all is well.
    """

    @property
    def name(self) -> str: ...

    @property
    def cause(self) -> str: ...

    async def start(self) -> None:
        """Claim what is needed, every outlet off. Raises SwitchError."""

    def command(self, outlet: str, on: bool) -> None:
        """Switch one outlet now."""

    def reassert(self) -> None:
        """Say again what was commanded last."""

    def readback(self, outlet: str) -> tuple[float, bool | None]:
        """When and how the device itself reported the outlet; None is unknown."""

    def inputs(self) -> dict[str, Observation]:
        """Every input now, True = active; a bad quality where it cannot be known.

        Another dict whenever anything differs: who has the same one may keep what it made of it.
        """

    async def stop(self) -> None:
        """All outlets off, verified where the device allows it, then released. Bounded."""
