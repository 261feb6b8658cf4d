"""What happens after a scan: save, answer commands, journal, publish.

Nothing here is on the way from a sample to a switch, and nothing here decides.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from headworks import __version__
from headworks.field.boards import Boards
from headworks.field.boards.telling import Telling
from headworks.field.signals.report import StationReport
from headworks.model.commissioning import Commissioned
from headworks.model.live import Action, Command
from headworks.model.memory import Memory
from headworks.model.plan import Event
from headworks.model.site import Site
from headworks.record.durable import changed
from headworks.record.memory import MemoryStore
from headworks.station import journal
from headworks.station.alarms import StationAlarms
from headworks.station.answers import Kept, answer, warnings
from headworks.station.board_desk import BoardDesk, boards_view
from headworks.station.board_requests import BoardRequest
from headworks.station.bulletin import Bulletin
from headworks.station.held import Held
from headworks.station.journal import Journal
from headworks.station.keeper import Keeper
from headworks.station.loop import Result, ScanLoop
from headworks.station.requests import targets
from headworks.station.socket import AtEnd, Reply
from headworks.station.state import alarm_view, number, scan_view, site_view
from headworks.station.timing import Timing

SAVE_EVERY_S = 60.0  # even when nothing changed, so that ages on disk are at most this old
_FIRST_YEAR = 2026  # a clock before this was never set: records are marked untimed
_REPEATED = ("trip", "alarm", "alarm-end")  # events that may come with each scan
_LOUD = {"trip": journal.WARNING, "fault": journal.ERROR, "alarm": journal.WARNING}


class _Asked(NamedTuple):
    """Who waits for an answer to a command, and when the command is in the journal."""

    reply: Reply
    kept: Kept


class Desk:
    """Takes every scan's result once its outputs are set."""

    def __init__(
        self,
        site: Site,
        store: MemoryStore,
        log: Journal,
        alarms: StationAlarms,
        saved: Memory,
        *,
        boards: Boards,
        keeper: Keeper,
    ) -> None:
        self.bulletin = Bulletin()
        self.known = targets(site)
        self.publish: Callable[[], None] | None = None
        self._site, self._store, self._log, self._alarms = site, store, log, alarms
        self._boards, self._board_desk = boards, BoardDesk(boards, log, keeper)
        self._keeper = keeper
        self._zone = ZoneInfo(site.timezone)
        self._loop: ScanLoop | None = None
        self._started_s = self._saved_s = time.monotonic()
        self._saved, self._held = saved, Held(site, saved.interlocks)
        self._asked: dict[str, _Asked] = {}
        self._answering: set[asyncio.Future[None]] = set()
        self._healthy_scans = 0
        self._repeated = Telling()
        self._last: Result | None = None
        self._closed = False

    def attach(self, loop: ScanLoop) -> None:
        """The loop that commands go to."""
        self._loop = loop

    def command(self, command: Command, origin: str, reply: Reply) -> None:
        """Hand a command to the next scan; the reply comes when its memory is on disk."""
        c = command
        self._log.write(
            journal.NOTICE, "command", id=c.id, action=c.action, target=c.target, actor=c.actor,
            role=c.role, origin=origin, note=c.note,
        )  # fmt: skip
        asked = _Asked(reply, self._keeper.command(c, origin))
        if self._closed or self._loop is None:
            reply({"ok": False, "error": "the station is stopping; its racks are being opened"})
            return
        if command.action is Action.RESET and command.target in self.known.boards:
            self._board_desk.reset(command.target, *asked)
            return
        if command.action is Action.ACK and self._alarms.acknowledge(time.monotonic(), command):
            self._later(answer(*asked))
            return
        self._asked[command.id] = asked
        self._loop.submit(command)

    def board(self, request: BoardRequest, uid: int, reply: Reply, at_end: AtEnd) -> None:
        """Hand a request to a sensor board; the reply comes with its answer."""
        self._board_desk.ask(request, uid, reply, at_end)

    def commissioned(self, result: Commissioned, origin: str, reply: Reply) -> None:
        """Keep the result of a step of commissioning; the reply comes when it is on disk."""
        self._later(answer(reply, self._keeper.commissioned(result, origin)))

    def note(self, what: str, **fields: object) -> None:
        """A warning for the log."""
        self._log.write(journal.WARNING, what, **fields)

    def after(self, result: Result) -> None:
        """One scan is done and its outputs are set."""
        if self._closed or self._loop is None:
            return
        t_s, timing = result.plan.t_s, self._loop.timing
        self._held.look(t_s, result.memory.interlocks)
        self._keeper.look(t_s, self._alarms)
        self._alarms.look(t_s, timing, self._store.trouble)
        self._alarms.look_at_outputs(t_s, result.missing)
        self._alarms.look_at_boards(t_s, self._boards.alarms())
        events = [*self._told(result), *self._boards.events(), *self._alarms.fresh()]
        for event in events:
            self._journal(event)
        kept = self._keeper.events(t_s, events)
        self._save(result, kept)
        self._keeper.look_at_firmware(t_s, self._boards.views)
        self._healthy_scans += result.healthy
        self._last = result
        self.bulletin.post(lambda: self._state(result, timing), events)
        if self.publish is not None:
            self.publish()
        self._keeper.scanned(result)  # last: its thread begins at once

    def _told(self, result: Result) -> Iterable[Event]:
        """A scan's events; what a flickering input repeats comes a few times a minute."""
        self._repeated.look(result.plan.t_s)
        for event in result.plan.events:
            if event.kind in _REPEATED:
                self._repeated.tell(event)
            else:
                yield event
        yield from self._repeated.fresh()

    def report(self) -> StationReport | None:
        """The last scan as the setpoint registers tell it; None before any."""
        last = self._last
        if last is None:
            return None
        return StationReport.of(last.plan, healthy=last.healthy, scans=self._healthy_scans)

    def close(self) -> None:
        """Take no more results and no more commands."""
        self._closed = True

    def tell_rest(self) -> None:
        """At the end: what was held back is counted, and what nobody took yet is kept too."""
        events = [*self._repeated.rest(), *self._boards.events(last=True), *self._alarms.rest()]
        for event in events:
            self._journal(event)
        self._keeper.events(time.monotonic(), events)

    def refuse_rest(self) -> None:
        """Answer the commands that no scan has carried out any more, and tell what is left."""
        for asked in self._asked.values():
            asked.reply({"ok": False, "error": "the station stopped before this was done"})
        self._asked.clear()
        self.tell_rest()

    async def settled(self) -> None:
        """Wait until the commands that were carried out have their answers."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=2.0)

    def _save(self, result: Result, kept: Kept | None) -> None:
        """To disk if it matters, and answers to those who wait for it."""
        memory, commands = result.memory, result.snapshot.commands
        due = memory.t_s - self._saved_s >= SAVE_EVERY_S
        if commands or due or changed(self._saved, memory):
            self._saved, self._saved_s = memory, memory.t_s
            saved = self._store.save(memory)
            if commands:
                self._later(self._answer(saved, kept, result))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, saved: Kept, kept: Kept | None, result: Result) -> None:
        """Tell who commanded, once it is on disk, or that it could not be put there."""
        for command in result.snapshot.commands:
            asked = self._asked.pop(command.id, None)
            if asked is not None:
                warning = await warnings(saved, (asked.kept, kept))
                asked.reply(_refusal(command, result.plan.events) or {"ok": True, **warning})

    def _journal(self, event: Event) -> None:
        figures = dict(event.reason.values) | ({"note": event.note} if event.note else {})
        level = _LOUD.get(event.kind, journal.INFO)
        self._log.write(
            level, event.kind, **{"source": event.source, "code": event.reason.code, **figures}
        )

    def _state(self, result: Result, timing: Timing) -> dict[str, Any]:
        plan = result.plan
        return {
            "seq": result.seq,
            "time": self._time(),
            "version": __version__,
            "uptime_s": number(plan.t_s - self._started_s),
            "site": site_view(self._site),
            "files": self._keeper.files,
            "records": self._keeper.view(),
            **scan_view(self._site, result.snapshot, plan, result.memory),
            "boards": boards_view(
                self._boards.views(), result.snapshot.observations, plan.t_s, number
            ),
            "interlocks": self._held.view(plan.t_s, number),
            "alarms": [alarm_view(a) for a in (*plan.alarms, *self._alarms.lasting())],
            "scan": {
                "last_us": number(timing.last_us()),
                "p99_us": number(timing.p99_us()),
                "count": timing.count,
                "late": timing.late,
                "worst_late_s": number(timing.worst_late_s),
            },
            "healthy": result.healthy,
        }

    def _time(self) -> str | None:
        """The wall clock, for people; null while nobody has set it."""
        now = datetime.now(self._zone)
        return now.isoformat(timespec="seconds") if now.year >= _FIRST_YEAR else None


def _refusal(command: Command, events: Iterable[Event]) -> dict[str, object] | None:
    """A refusal as data, with a plain text for clients that have no words for the code."""
    asked = {("action", str(command.action)), ("actor", command.actor)}
    for event in events:
        reason = event.reason
        if event.kind == "refused" and event.source == command.target and asked <= {*reason.values}:
            return {
                "ok": False,
                "error": f"{command.action} {command.target} refused: {reason.code}",
                "code": reason.code.value,
                "values": dict(reason.values),
            }
    return None
