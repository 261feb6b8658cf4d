"""The station's records: what was acknowledged is in them, and a bad disk holds up no scan."""

import asyncio
from dataclasses import replace
from pathlib import Path

from headworks.field.boards import BoardState, BoardView
from headworks.model.live import Action, Command
from headworks.record.reading import entries, samples
from headworks.record.recording import read
from headworks.record.verify import verify
from headworks.station.alarms import StationAlarms
from headworks.station.keeper import FIRMWARE_MOST, FIRMWARE_WITHIN_S, SLOW_SHOWN_S, Keeper
from station.parts import a_site
from station.test_desk import LOCK, Office, run


def kinds(folder: Path) -> list[str]:
    return [entry["kind"] for entry in entries(folder / "records")]


def test_a_command_is_in_the_journal_before_it_is_answered(tmp_path: Path) -> None:
    """Who, which role, from where, and what came of it: on disk when the reply says ok."""

    async def work(office: Office) -> None:
        office.start()
        await office.command(LOCK)
        assert await office.reply() == {"ok": True}
        found = {e["kind"]: e for e in entries(tmp_path / "records")}
        asked = found["asked"]
        assert (asked["source"], asked["code"], asked["note"]) == ("a1", "lock", "fan")
        assert asked["values"]["id"] == LOCK.id
        assert (asked["who"], asked["role"], asked["origin"]) == ("ayesha", "operator", "uid 1000")
        assert found["command"]["values"]["actor"] == "ayesha"

    run(tmp_path, work)
    assert kinds(tmp_path)[0] == "station-start"
    assert kinds(tmp_path)[-5:] == ["station-stop", "recording", "interval", "samples", "seal"]
    assert verify(tmp_path / "records").broken == ()


def test_a_refused_command_is_in_the_journal_too(tmp_path: Path) -> None:
    """What was asked and why it was refused."""

    async def work(office: Office) -> None:
        office.start()
        await office.command(Command("c2", "omar", "operator", Action.UNLOCK, "a1"))
        await office.reply()

    run(tmp_path, work)
    assert {"asked", "refused"} <= set(kinds(tmp_path))


def test_a_journal_that_cannot_be_written_is_told_with_the_answer(tmp_path: Path) -> None:
    """The command is carried out, its sender knows, and an alarm lasts as long as the trouble."""
    (tmp_path / "records").write_text("no folder")

    async def work(office: Office) -> None:
        office.start()
        await office.command(LOCK)
        reply = await office.reply()
        assert reply["ok"]
        assert "not in the journal" in str(reply["warning"])
        office.bench.loop.wake()
        await office.scan()
        assert ("records", "storage") in {
            (a["source"], a["code"]) for a in office.state()["alarms"]
        }

    run(tmp_path, work)


def test_every_scan_is_kept(tmp_path: Path) -> None:
    """Samples and recording hold what the station saw, with the memory before it."""

    async def work(office: Office) -> None:
        office.start()
        for _ in range(5):
            office.bench.loop.wake()
            await office.scan()
            await asyncio.sleep(0)

    run(tmp_path, work)
    [path] = (tmp_path / "records" / "recorder").glob("*.rec")
    rows = list(read(path).rows())
    assert len(rows) >= 5
    assert all(a.snapshot.t_s >= a.memory.t_s for a in rows)
    assert next(samples(tmp_path / "records", "1s")).values["a1.on"] == 0.0


def test_what_was_dropped_is_an_alarm(tmp_path: Path) -> None:
    """A disk that is too slow costs history and says how much."""
    keeper = Keeper(a_site("a1"), tmp_path, "boot-1")
    alarms = StationAlarms()
    keeper.look(1000.0, alarms)
    assert list(alarms.lasting()) == []
    keeper._records.dropped = 7
    keeper.look(1001.0, alarms)
    [alarm] = alarms.lasting()
    assert "7 scans" in dict(alarm.reason.values)["error"]
    keeper.look(1001.0 + SLOW_SHOWN_S, alarms)
    assert list(alarms.lasting()) == []


def test_the_journal_says_which_program_site_and_firmware_ran(tmp_path: Path) -> None:
    """A start has the version and the site file's hash; a board's firmware has its own entry."""
    site = replace(a_site("a1"), sha256="5f" * 32)
    keeper = Keeper(site, tmp_path, "boot-1")
    keeper.start(0.0)
    view = BoardView("air", "pico-air", BoardState.RUNS, "", "x", firmware="0.3.0")
    view = view._replace(made=("1a2b3c4d", "5e6f"))
    keeper.look_at_firmware(1000.0, lambda: [view])
    assert keeper.close(0, 5.0)
    found = {entry["kind"]: entry["values"] for entry in entries(tmp_path / "records")}
    assert found["station-start"]["site_sha256"] == site.sha256
    assert found["station-start"]["version"]
    wanted = {"firmware": "0.3.0", "build": "1a2b3c4d", "config": "5e6f"}
    assert found["firmware"].items() >= wanted.items()


def test_a_board_that_tells_two_firmwares_in_turn_does_not_fill_the_records(tmp_path: Path) -> None:
    """A few changes an hour are kept, the last with how long no more is; later what it then runs."""
    keeper = Keeper(a_site("a1"), tmp_path, "boot-1")
    keeper.start(0.0)
    for n in range(601):
        view = BoardView("air", "pico-air", BoardState.RUNS, "", "x", firmware=f"0.{n % 2}.0")
        keeper.look_at_firmware(1000.0 + n, lambda view=view: [view])
    keeper.look_at_firmware(1000.0 + FIRMWARE_WITHIN_S, lambda view=view: [view])
    assert keeper.close(0, 5.0)
    found = [e["values"] for e in entries(tmp_path / "records") if e["kind"] == "firmware"]
    assert ["held_back_s" in values for values in found] == [
        *[False] * (FIRMWARE_MOST - 1), True, True
    ]  # fmt: skip
    assert found[-1]["firmware"] == "0.0.0"
