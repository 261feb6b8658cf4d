"""All sensor boards of a site behind one face: what they see, their leases, their consoles.

Use it from one event loop. A board that is not there is no error here; it is unknown.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from headworks.field.boards.away import Away
from headworks.field.boards.console_lines import RESTARTING, closes, fits
from headworks.field.boards.doing import Outcome
from headworks.field.boards.errors import BoardError
from headworks.field.boards.ill import ill_channels, two_in_one
from headworks.field.boards.leases import Lease, for_persons
from headworks.field.boards.line import Line
from headworks.field.boards.session import Session
from headworks.field.boards.shared_line import SharedLine
from headworks.field.boards.signs import LOST_S
from headworks.field.boards.view import BoardState, BoardView
from headworks.hardware.sensor import load_sensor
from headworks.model.live import Observation
from headworks.model.plan import Alarm, Event, Reason, ReasonCode, Severity
from headworks.model.site import BoardSpec, Site

ANSWER_S = 5.0  # the longest that a console command may take [ours]


class Boards:
    """The boards of one site.

    `on_change` is called in the event loop when a contact, an output or a quality has changed.
    Raises HardwareError for a model that is not there.
    """

    def __init__(self, site: Site, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._away = Away(ZoneInfo(site.timezone))
        self._sessions: dict[str, Session] = {}
        self._lines: dict[str, Line] = {}
        self._returns: dict[Line, asyncio.TimerHandle] = {}
        self._lending: dict[Line, bool] = {}  # while it is being closed: whether it may be lent
        for spec in site.boards:
            self._sessions[spec.name] = self._session(spec)
        for connect, specs in _by_connect(site.boards).items():
            sessions = [self._sessions[spec.name] for spec in specs]
            kind = SharedLine if sessions[0].profile.link == "rs485" else Line
            line = kind(connect, specs[0].baud, sessions, self._look)
            self._lines.update(dict.fromkeys((spec.name for spec in specs), line))
        self._leases = {
            spec.name: Lease(self._sessions[spec.name], spec.permissive, site.scan_s)
            for spec in site.boards
            if spec.permissive is not None
        }
        self._seen: dict[str, Observation] = {}
        self._began_s = time.monotonic()
        self._gather()

    def _session(self, spec: BoardSpec) -> Session:
        def send(kind: str, fields: dict[str, object]) -> None:
            self._lines[spec.name].send(self._sessions[spec.name], kind, fields)

        # A board answers the same id as before without doing it again; so begin anywhere.
        return Session(spec, load_sensor(spec.model), send, random.randrange(1 << 30))

    async def start(self) -> None:
        """Open every port that is there."""
        for line in self._all_lines():
            line.start()

    async def stop(self) -> None:
        """Let every permissive relay open, and close the ports."""
        for timer in self._returns.values():
            timer.cancel()
        for name, lease in self._leases.items():
            release = partial(lease.release, time.monotonic())
            self._lines[name].guarded(self._sessions[name], release)
        if self._leases:
            await asyncio.sleep(0)  # the frames are with the kernel; a lease ends by itself too
        await asyncio.gather(*(line.stop() for line in self._all_lines()))

    # --- for the scan -----------------------------------------------------------------------

    def observations(self) -> Mapping[str, Observation]:
        """Every channel of every board, at all times, by "air.intake_c"."""
        return self._seen

    def scanned(
        self,
        seen: Mapping[str, Observation],
        permits: frozenset[str],
        open_zones: frozenset[str],
    ) -> None:
        """A healthy scan is complete: what it saw is acknowledged, what it permits is renewed."""
        t_s = time.monotonic()
        for name, session in self._sessions.items():
            self._lines[name].guarded(session, partial(session.scanned, seen))
        for name, lease in self._leases.items():
            renew = partial(
                lease.scanned, t_s, granted=name in permits, zone_is_open=name in open_zones
            )
            self._lines[name].guarded(self._sessions[name], renew)

    # --- for people -------------------------------------------------------------------------

    def views(self) -> list[BoardView]:
        """How every board does."""
        t_s = time.monotonic()
        return [
            session.view()._replace(
                cause=self._away.cause(session, t_s), to_reset=for_persons(session)
            )
            for session in self._sessions.values()
        ]

    def events(self, *, last: bool = False) -> list[Event]:
        """What happened since the last call; of the last one, what was held back too."""
        sessions = self._sessions.values()
        return [event for session in sessions for event in session.events(last=last)]

    def alarms(self) -> list[Alarm]:
        """Boards of which nothing is known, and their channels without a value.

        At the start boards may take their time.
        """
        t_s = time.monotonic()
        early = t_s - self._began_s < LOST_S
        lost = [
            Alarm(
                session.spec.name,
                Severity.ALARM,
                Reason(
                    ReasonCode.BOARD_UNKNOWN,
                    (("state", session.state.value), ("cause", self._away.cause(session, t_s))),
                ),
            )
            for session in self._sessions.values()
            if session.state is not BoardState.RUNS and (session.is_known or not early)
        ]
        sessions = self._sessions.values()
        return [*lost, *two_in_one(sessions), *ill_channels(sessions)]

    async def reset(self, board: str) -> None:
        """A person has looked after a board: end its quarantine, arm what it opened by itself.

        Raises BoardError where that was not done, or where nobody knows.
        """
        session = self._of(board)
        was_quarantined = session.pardon(time.monotonic())
        self._look()
        if session.state is not BoardState.RUNS:
            if was_quarantined:
                return  # it is asked who it is; what it opened is for another reset
            raise BoardError(f"{board} is not reset: {session.cause}")
        output = session.spec.permissive
        if output is not None:
            if output not in session.outputs:
                raise BoardError(
                    f"{board} is not reset: it has just answered, and has not told yet what "
                    "latches; try again in some seconds"
                )
            # what a person was shown, and nothing later than that
            latch = session.outputs[output][1]
            outcome = await self._do(session, {"c": "arm", "o": output, "l": latch})
            if not outcome.ok:
                why = outcome.text or outcome.code
                raise BoardError(f"{board} is not reset, {output} stays open: {why}")
            if outcome.lines:
                raise BoardError(
                    f"{board}: {latch} is reset, but {'; '.join(outcome.lines)}: look there, then "
                    "reset it once more"
                )

    async def console(self, board: str, line: str, who: str = "") -> list[str]:
        """Run a line at a board's console, for `who`; what it answers. Raises BoardError."""
        session, t_s = self._of(board), time.monotonic()
        words = line.lower().split()
        if closes(words) and session.spec.permissive in words[1:]:
            raise BoardError(
                f"{board}: {session.spec.permissive} is the site's permissive relay, and healthy "
                f"scans alone close it; after a trip of the board's own: headworks reset {board}"
            )
        is_there = session.state is not BoardState.NO_PORT and not session.is_silent(t_s)
        if self._lines[board].is_lent or not is_there:
            raise BoardError(f"{board}: {self._away.cause(session, t_s)}")
        if not fits(line, session.spec.address):
            raise BoardError(f"{board}: the line is too long; a quote or backslash counts as two")
        if words[:1] and words[0] in RESTARTING:
            session.expect_restart(t_s)
        outcome = await self._do(session, {"c": "con", "l": line})
        if not outcome.ok:
            raise BoardError("\n".join((*outcome.lines, outcome.text or outcome.code)))
        if words[:1] == ["maint"]:
            self._away.sent(board, who, time.monotonic())
        return list(outcome.lines)

    async def lend(self, board: str, for_s: float) -> str:
        """Give a board's port away, for `for_s` at most, and return its path. Raises BoardError.

        Everything on that line is unknown until it is back, so its zones are held off.
        """
        self._of(board)
        line = self._lines[board]
        if line.is_lent or line in self._lending:
            raise BoardError(f"{board}: its port is lent already")
        self._lending[line] = True
        is_lent = False
        try:
            where = await line.lend("its port is lent, to flash it")
            is_lent = self._lending[line]
        finally:
            del self._lending[line]
            if not is_lent:
                line.start()
        if not is_lent:
            raise BoardError(f"{board}: its port was asked back before it was lent")
        timer = asyncio.get_running_loop().call_later(for_s, self.take_back, board)
        self._returns[line] = timer
        return where

    def loan(self, board: str) -> object:
        """The present loan of a board's port, one and the same until it ends; None without one."""
        return self._returns.get(self._lines[board])

    def take_back(self, board: str) -> None:
        """The port is ours again, or will be as soon as it is closed. Raises BoardError."""
        self._of(board)
        line = self._lines[board]
        if line in self._lending:
            self._lending[line] = False
            return
        timer = self._returns.pop(line, None)
        if timer is not None:
            timer.cancel()
        if line.is_lent:
            for session in line.sessions:
                session.expect_restart(time.monotonic())
            line.start()

    async def _do(self, session: Session, fields: dict[str, object]) -> Outcome:
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def finish(outcome: Outcome) -> None:
            if not done.done():
                done.set_result(outcome)

        t_s = time.monotonic()
        wish = session.doing.want(fields, t_s, finish, until_s=t_s + ANSWER_S)
        try:
            await asyncio.wait({done}, timeout=ANSWER_S)
        finally:  # nothing is done for somebody who was told that it failed, or who is gone
            session.doing.withdraw(wish, time.monotonic())
        return done.result()

    def _of(self, board: str) -> Session:
        if board not in self._sessions:
            there = ", ".join(self._sessions) or "none"
            raise BoardError(f"no board is called {board!r}; there are: {there}")
        return self._sessions[board]

    def _all_lines(self) -> Iterable[Line]:
        return dict.fromkeys(self._lines.values())

    def _look(self) -> None:
        """A line has worked: gather what it has seen, and say so where it matters."""
        self._gather()
        changed = [session for session in self._sessions.values() if session.readings.changed]
        for session in changed:
            session.readings.changed = False
        if changed:
            self._on_change()

    def _gather(self) -> None:
        self._seen = {
            key: observation
            for session in self._sessions.values()
            for key, observation in session.readings.seen.items()
        }


def _by_connect(boards: Iterable[BoardSpec]) -> dict[str, list[BoardSpec]]:
    found: dict[str, list[BoardSpec]] = {}
    for spec in boards:
        found.setdefault(spec.connect, []).append(spec)
    return found
