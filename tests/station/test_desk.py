"""After a scan: answers only when it is on disk, refusals as data, state as JSON."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from headworks.field.boards import Boards
from headworks.model.live import Action, Command, Quality, Reading, Snapshot
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Event, Plan, Reason, ReasonCode
from headworks.model.site import BoardSpec, Site
from headworks.record.memory import MemoryStore
from headworks.record.reading import entries
from headworks.station.alarms import StationAlarms
from headworks.station.desk import Desk
from headworks.station.journal import Journal
from headworks.station.keeper import Keeper
from headworks.station.loop import Result
from headworks.station.state import _feedback
from station.parts import Bench, a_site, first, plan_of

LOCK = Command("c1", "ayesha", "operator", Action.LOCK, "a1", "fan")


class Lines:
    """A stream that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def locking(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
    """A scan that locks what it is told to, and refuses everything else."""
    events, racks = [], memory.racks
    for command in snapshot.commands:
        who = (("action", str(command.action)), ("actor", command.actor))
        if command.action is Action.LOCK:
            racks = (racks[0]._replace(locked_by=command.actor), *racks[1:])
            events.append(Event(1.0, command.target, "command", Reason(ReasonCode.COMMAND, who)))
        else:
            events.append(
                Event(1.0, command.target, "refused", Reason(ReasonCode.NOTHING_TO_DO, who))
            )
    return plan_of(site, snapshot, set(), *events), memory._replace(racks=racks)


class Office:
    """A desk with a loop, a store and a log. Make it inside a running event loop."""

    def __init__(self, path: Path, boards: tuple[BoardSpec, ...] = ()) -> None:
        site = replace(a_site("a1", "a2"), boards=boards)
        self.log = Lines()
        self.journal = Journal(self.log)  # type: ignore[arg-type]
        self.store = MemoryStore(path, site, "boot-1")
        self.site = site
        self.keeper = Keeper(site, path.parent, "boot-1")
        boards = Boards(site, int)
        self.desk = Desk(
            site, self.store, self.journal, StationAlarms(), first(site),
            boards=boards, keeper=self.keeper,
        )  # fmt: skip
        self.bench = Bench(site, locking)
        self.desk.attach(self.bench.loop)
        self.replies: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    def start(self) -> None:
        """Let memory and records reach the disk."""
        self.store.start()
        self.keeper.start(0.0)

    async def scan(self) -> Result:
        result = await self.bench.result()
        self.desk.after(result)
        return result

    async def command(self, command: Command) -> None:
        self.desk.command(command, "uid 1000", self.replies.put_nowait)
        await self.scan()

    async def reply(self) -> dict[str, object]:
        return await asyncio.wait_for(self.replies.get(), 5.0)

    def state(self) -> Any:
        return json.loads(self.desk.bulletin.read(None).text)


def run(folder: Path, work: Callable[[Office], Any], boards: tuple[BoardSpec, ...] = ()) -> Office:
    """Run a test body with an office, and close it."""

    async def body() -> Office:
        office = Office(folder / "memory.db", boards)
        office.bench.loop.start()
        await office.scan()
        try:
            await asyncio.wait_for(work(office), 10.0)
        finally:
            office.bench.loop.stop()
            office.store.close()
            office.keeper.close(0, 10.0)
            office.journal.close()
        return office

    return asyncio.run(body())


def test_a_command_is_answered_when_it_is_on_disk(tmp_path: Path) -> None:
    """The answer waits for the disk: what was acknowledged outlives a power cut."""

    async def work(office: Office) -> None:
        await office.command(LOCK)
        for _ in range(20):
            await asyncio.sleep(0)
        assert office.replies.empty()
        office.start()
        assert await office.reply() == {"ok": True}
        again = MemoryStore(tmp_path / "memory.db", office.site, "boot-1").load(first(office.site))
        assert again.memory.racks[0].locked_by == "ayesha"

    run(tmp_path, work)


def test_a_disk_that_refuses_is_told_with_the_answer(tmp_path: Path) -> None:
    """The command is carried out all the same, and its sender knows what it is worth."""
    (tmp_path / "memory.db").mkdir()

    async def work(office: Office) -> None:
        office.start()
        await office.command(LOCK)
        reply = await office.reply()
        assert reply["ok"]
        assert "a restart will forget it" in str(reply["warning"])
        office.bench.loop.wake()
        await office.scan()
        assert [(a["source"], a["code"]) for a in office.state()["alarms"]] == [
            ("memory", "storage")
        ]

    run(tmp_path, work)


def test_a_refusal_comes_with_its_reason(tmp_path: Path) -> None:
    """Two people at once: each gets the answer to what that person asked."""

    async def work(office: Office) -> None:
        office.start()
        await office.command(LOCK)
        await office.reply()
        await office.command(Command("c2", "omar", "operator", Action.UNLOCK, "a1"))
        reply = await office.reply()
        assert (reply["ok"], reply["code"]) == (False, "nothing-to-do")
        assert reply["error"] == "unlock a1 refused: nothing-to-do"

    run(tmp_path, work)


def test_commands_are_in_the_log_with_their_actor(tmp_path: Path) -> None:
    """Who did what, under which user id, is one line."""

    async def work(office: Office) -> None:
        office.start()
        await office.command(LOCK)
        await office.reply()

    log = run(tmp_path, work).log.text
    assert (
        "<5>command id=c1 action=lock target=a1 actor=ayesha role=operator "
        'origin="uid 1000" note=fan\n' in log
    )
    assert "<6>command source=a1 code=command action=lock actor=ayesha\n" in log


def test_a_reset_of_a_board_is_answered_with_what_became_of_it(tmp_path: Path) -> None:
    """A board that is not there has not been reset."""
    safety = BoardSpec("safety", "pico-safety", "serial:/dev/none", zone=("a1",))

    async def work(office: Office) -> None:
        reset = LOCK._replace(action=Action.RESET, target="safety")
        office.desk.command(reset, "uid 1000", office.replies.put_nowait)
        reply = await office.reply()
        assert not reply["ok"]
        assert "safety is not reset" in str(reply["error"])

    run(tmp_path, work, (safety,))


def test_a_station_that_stops_takes_no_command(tmp_path: Path) -> None:
    """Nobody is left waiting, and nobody is told that something was done."""

    async def work(office: Office) -> None:
        office.desk.command(LOCK, "uid 0", office.replies.put_nowait)
        office.desk.close()
        office.desk.command(LOCK._replace(id="c2"), "uid 0", office.replies.put_nowait)
        assert "is stopping" in str((await office.reply())["error"])
        office.desk.refuse_rest()
        assert "stopped before" in str((await office.reply())["error"])

    run(tmp_path, work)


def test_the_state_is_whole_and_plain_json(tmp_path: Path) -> None:
    """Every field of the contract is there; what is not a finite number is null."""

    async def work(office: Office) -> None:
        office.bench.loop.on_reading(
            Reading("incomer", asyncio.get_running_loop().time(), 4, Quality.GOOD, -12.34567, 50.01)
        )
        await office.scan()

    state = run(tmp_path, work).state()
    assert set(state) == {
        "t_s", "seq", "time", "version", "uptime_s", "site", "files", "envelope", "drawn_kw", "planned_kw",
        "surplus_kw", "upstream_trip", "feeders", "meters", "signals", "racks", "boards", "interlocks",
        "alarms", "run", "last_event", "events", "scan", "healthy", "records",
    }  # fmt: skip
    assert state["seq"] == 2
    assert state["site"]["timezone"] == "Asia/Karachi"
    assert state["time"].endswith("+05:00")
    assert state["feeders"] == [
        {"name": "tx1", "parent": None, "rating_kw": 630.0, "power_kw": -12.346, "quality": "good"}
    ]
    assert state["meters"][0]["frequency_hz"] == 50.01
    assert state["meters"][1]["quality"] == "never"
    assert state["signals"][0] == {
        "name": "export", "kind": "export", "quality": "good", "limit_kw": 0.0,
        "valid_for_s": None, "note": "",
    }  # fmt: skip
    assert state["racks"][0]["values"] == {"need_kw": 41.0, "never_s": None}
    assert state["racks"][0]["since_s"] is None
    assert state["healthy"]


def test_an_unset_clock_gives_no_time(tmp_path: Path, monkeypatch: Any) -> None:
    """Catalogue row 16: in 1970 the station runs and marks what it tells as untimed."""
    from datetime import UTC, datetime

    from headworks.station import desk as module

    class Unset:
        @staticmethod
        def now(zone: object) -> datetime:
            return datetime(1970, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(module, "datetime", Unset)

    async def work(office: Office) -> None:
        assert office.state()["time"] is None

    run(tmp_path, work)


def test_a_flickering_input_does_not_flood_log_and_records(tmp_path: Path) -> None:
    """Its interlock trips with each scan; that comes six times a minute, and what is no repeat all."""

    async def work(office: Office) -> None:
        result = office.desk._last
        assert result is not None
        reason = Reason(ReasonCode.INTERLOCK, (("interlock", "door"),))
        kinds = ("trip", "alarm", "alarm-end", "latch")
        for n in range(40):
            t_s = result.plan.t_s + n
            events = tuple(Event(t_s, "door", kind, reason) for kind in kinds)
            office.desk.after(result._replace(plan=result.plan._replace(t_s=t_s, events=events)))

    office = run(tmp_path, work)
    told = [line.split()[0].partition(">")[2] for line in office.log.text.splitlines()]
    assert [told.count(kind) for kind in ("trip", "alarm", "alarm-end", "latch")] == [6, 6, 6, 40]


def test_what_the_auxiliary_contact_says_is_told() -> None:
    """Closed, open or not known yet since the last command; a rack without one has nothing."""
    bare = a_site("a1").racks[0]
    watched, past = replace(bare, feedback="hat.in1"), RackMemory()
    told = [_feedback(watched, past._replace(aux_closed=seen)) for seen in (True, False, None)]
    assert told == ["closed", "open", "unknown"]
    assert _feedback(bare, past._replace(aux_closed=None)) is None


def test_what_was_held_back_is_counted_at_the_end(tmp_path: Path) -> None:
    """The repeats of the last minute are in the records of a station that ends, as one with a count."""

    async def work(office: Office) -> None:
        office.start()
        result = office.desk._last
        assert result is not None
        reason = Reason(ReasonCode.INTERLOCK, (("interlock", "door"),))
        for n in range(40):
            t_s = result.plan.t_s + n
            events = (Event(t_s, "door", "trip", reason),)
            office.desk.after(result._replace(plan=result.plan._replace(t_s=t_s, events=events)))
        office.desk.refuse_rest()
        office.desk.refuse_rest()

    office = run(tmp_path, work)
    kept = [e["values"] for e in entries(tmp_path / "records") if e["kind"] == "trip"]
    assert [values.get("held_back") for values in kept] == [None] * 6 + [33.0]
    assert office.log.text.count("held_back") == 1
