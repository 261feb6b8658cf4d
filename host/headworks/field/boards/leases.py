"""The lease of a board's permissive relay, renewed by healthy scans and by no timer. Pure."""

from headworks.field.boards.doing import Outcome, Wish
from headworks.field.boards.session import Session
from headworks.field.boards.view import BoardState

LEAST_MS = 3000
SCANS = 5  # a lease outlives this many scan periods
RENEW_S = 0.5
LATCH = "lease"  # what a board calls the end of a lease
NAMES_LATCH = 1  # from this minor number of the protocol on, a board clears the named latch alone


def for_persons(session: Session) -> tuple[str, ...]:
    """Outputs with a latch that a person alone clears; the end of a lease is the host's to clear,
    where the board knows that name."""
    own = (LATCH,) if session.minor >= NAMES_LATCH else ()
    return tuple(name for name, (_, why) in session.outputs.items() if why and why not in own)


class Lease:
    """One board's permissive relay."""

    def __init__(self, session: Session, output: str, scan_s: float) -> None:
        self._session, self._output = session, output
        most_s = next(
            entry["lease_most_s"]
            for entry in session.profile.data["output"]
            if entry["name"] == output
        )
        self._ms = round(min(most_s * 1000, max(LEAST_MS, SCANS * scan_s * 1000)))
        self._told_s = float("-inf")
        self._may_close = False  # it was told to be on, and its answer may lie ahead
        self._wish: Wish | None = None  # to arm or to be on; it waits or is under way
        self._closes = False  # whether that wish may close what is open

    def scanned(self, t_s: float, *, granted: bool, zone_is_open: bool) -> None:
        """A healthy scan is complete. A relay that is open closes only while its racks are off."""
        if self._session.state is not BoardState.RUNS or self._output not in self._session.outputs:
            return
        if self._closes and not zone_is_open and granted:
            self._withdraw(t_s)
        on, latch = self._session.outputs[self._output]
        is_due = t_s - self._told_s >= RENEW_S
        if not granted:
            if self._may_close or (on and is_due):
                self._told_s, self._may_close = t_s, False
                self._want(t_s, {"c": "out", "on": 0}, first=True)
            self._withdraw(t_s)  # after the off, so that nothing else goes between
        elif self._wish is None and is_due:
            if latch == LATCH and zone_is_open and self._session.minor >= NAMES_LATCH:
                self._ask(t_s, {"c": "arm", "l": LATCH}, closes=True)
            elif not latch and (on or zone_is_open):
                self._may_close = True
                fields = {"c": "out", "on": 1, "ms": self._ms, "rn": int(on)}
                self._ask(t_s, fields, closes=not on)

    def release(self, t_s: float) -> None:
        """The station ends in order: open it now."""
        if self._session.state is BoardState.RUNS:
            self._want(t_s, {"c": "out", "on": 0}, first=True)
            self._withdraw(t_s)

    def _ask(self, t_s: float, fields: dict[str, object], *, closes: bool) -> None:
        """Before all that waits for the board: a console that is busy ends no lease."""
        self._told_s, self._closes = t_s, closes
        self._wish = self._want(t_s, fields, soon=True)

    def _over(self, _: Outcome) -> None:
        self._wish, self._closes = None, False

    def _withdraw(self, t_s: float) -> None:
        """What was to clear a latch or to close for this permit must not do it after it."""
        if self._wish is not None:
            self._session.doing.withdraw(self._wish, t_s)

    def _want(self, t_s: float, fields: dict[str, object], **how: bool) -> Wish:
        done = self._over if "soon" in how else _nobody
        return self._session.doing.want({**fields, "o": self._output}, t_s, done, **how)


def _nobody(_: Outcome) -> None:
    """Nobody waits for an off: it is wanted again until the board tells that it is off."""
