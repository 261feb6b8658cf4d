"""Boards that the station itself has sent to their prompt, as long as they are there."""

from datetime import tzinfo

from headworks.field.boards.session import Session
from headworks.field.boards.view import BoardState
from headworks.field.signals.clock import wall_clock

_GOES_S = 15.0  # within which it falls silent; later it has come back unseen


class Away:
    """Why a board is silent, where that is known."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone  # the site's; the machine may keep another
        self._sent: dict[str, tuple[float, str]] = {}

    def sent(self, board: str, who: str, t_s: float) -> None:
        """It has taken `maint`, which `who` has asked for."""
        now = wall_clock(unsynced_ok=True)
        since = f" since {now.astimezone(self._zone):%H:%M}" if now else ""
        cause = (
            f"at its MicroPython prompt{since} ({who or 'somebody'} asked for maint); "
            f"headworks board update {board}"
        )
        self._sent[board] = t_s, cause

    def cause(self, session: Session, t_s: float) -> str:
        """Why nothing is known of a board; forgets what was asked once it is over."""
        name = session.spec.name
        sent_s, cause = self._sent.get(name, (t_s, ""))
        if session.state is BoardState.LOST:
            # from here on a sign of life ends it
            self._sent.update({name: (float("-inf"), cause)} if cause else {})
            return cause or session.cause
        if session.state is not BoardState.RUNS or t_s - sent_s > _GOES_S:
            self._sent.pop(name, None)
        return session.cause
