"""The real station as its own process, against real Modbus servers over sockets."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from headworks.control.scan import scan
from headworks.field.switches import Switches
from headworks.record.reading import entries
from headworks.record.recording import read
from headworks.record.verify import verify
from headworks.station.journal import Journal
from headworks.station.station import _Station
from station.parts import a_site
from station.substation import Substation, play, quiet, until, until_view
from station.test_desk import Lines

SURPLUS_KW = -100.0  # import positive


def on_disk(place: Substation) -> list[bool]:
    """Which racks the memory on disk says are on."""
    with closing(sqlite3.connect(place.state / "memory.db")) as database:
        found = database.execute("SELECT body FROM memory").fetchone()
    return [rack["on"] for rack in json.loads(found[0])["racks"].values()] if found else []


def test_surplus_closes_and_deficit_opens(tmp_path: Path) -> None:
    """Export closes every rack, import beyond the trip opens all of them again."""

    async def work(place: Substation) -> None:
        async with place.station() as station:
            await until(lambda: "READY=1" in "\n".join(place.notices()))
            assert place.relays.coils[:3] == [0, 0, 0]
            place.meter.import_kw = SURPLUS_KW
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            state = await until_view(
                place, lambda s: all(r["state"] == "running" for r in s["racks"])
            )
            assert state["healthy"]
            assert state["feeders"][0]["power_kw"] == pytest.approx(-70.0, abs=1.0)
            place.meter.import_kw = +100.0
            changed_s = time.monotonic()
            await until(lambda: place.relays.coils[:3] == [0, 0, 0])
            assert max(when_s for when_s, _, _ in place.relays.writes) - changed_s < 1.0
            assert station.child.returncode is None

    play(tmp_path, work)


def test_an_orderly_end_opens_racks_one_after_another(tmp_path: Path) -> None:
    """SIGTERM: lowest priority first, a stagger apart, then exit 0 and nothing left behind."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            place.relays.writes.clear()
            station.child.send_signal(signal.SIGTERM)
            assert await station.exit() == 0
            assert [coil for _, coil, value in place.relays.writes if not value] == [0, 1, 2]
            times = [when_s for when_s, _, _ in place.relays.writes]
            assert times[1] - times[0] >= 0.08
            assert times[2] - times[1] >= 0.08
            assert "STOPPING=1" in place.notices()
            assert not place.socket.exists()
            assert "stopped exit=0" in station.log

    play(tmp_path, work)


def test_a_second_request_to_end_opens_all_at_once(tmp_path: Path) -> None:
    """Who presses Ctrl-C twice does not wait."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        text = place.site.read_text().replace("stagger_s = 0.1", "stagger_s = 1.5")
        place.site.write_text(text)
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1], within_s=20.0)
            station.child.send_signal(signal.SIGINT)
            await until(lambda: place.relays.coils[:3] == [0, 1, 1])
            station.child.send_signal(signal.SIGINT)
            second_s = time.monotonic()
            await until(lambda: place.relays.coils[:3] == [0, 0, 0])
            assert time.monotonic() - second_s < 1.0
            assert await station.exit() == 0

    play(tmp_path, work)


def test_a_killed_station_moves_no_dead_man_and_starts_off(tmp_path: Path) -> None:
    """Catalogue row 23: the dead-man stops at once; the next start opens what stayed closed."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            await until(lambda: on_disk(place) == [True, True, True])
            station.child.kill()
            await station.exit()
            killed_s = time.monotonic()
        assert place.relays.coils[:3] == [1, 1, 1]  # such a board keeps its state
        place.relays.writes.clear()
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [0, 0, 0])
            opened_s = time.monotonic()
            toggles = [t for t, _, _ in place.guard.writes if killed_s + 0.05 < t < opened_s - 0.5]
            assert toggles == []
            await until(lambda: [t for t, _, level in place.guard.writes if level and t > killed_s])
            first_s = min(t for t, _, level in place.guard.writes if level and t > killed_s)
            assert first_s > max(t for t, _, value in place.relays.writes if not value)
            first = {coil: value for _, coil, value in reversed(place.relays.writes)}
            assert first == {0: 0, 1: 0, 2: 0}
            state = await until_view(place, lambda s: s["racks"][0]["code"] == "min-off")
            assert not any(rack["on"] for rack in state["racks"])

    play(tmp_path, work, min_off_s=3.0)


def test_the_dead_man_waits_for_a_board_that_cannot_be_told(tmp_path: Path) -> None:
    """Coils that stay closed behind a broken line are cut by the dead-man contactor."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station():
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            await place.cut_relays()
            await until_view(place, lambda s: "deadman-held" in {a["code"] for a in s["alarms"]})
            place.notices()
            await quiet(place, 1.0)
            assert place.relays.coils[:3] == [1, 1, 1]
            assert "WATCHDOG=1" in place.notices()  # starting again would not help
            assert not (await place.view())["healthy"]
            moved = len(place.guard.writes)
            await place.mend_relays()
            await until(lambda: 0 in place.relays.coils[:3])
            await until(lambda: len(place.guard.writes) > moved + 2)
            await until_view(place, lambda s: s["healthy"])

    play(tmp_path, work)


def test_a_lock_outlives_a_kill_and_holds(tmp_path: Path) -> None:
    """What was acknowledged is there again after SIGKILL, and the rack stays off."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            code, out, error = await place.cli(
                "rack", "a2", "lock", "--note", "fan", "--as", "ayesha"
            )
            assert (code, error) == (0, "")
            assert out.startswith("a2 is locked out")
            station.child.kill()
            await station.exit()
        async with place.station():
            state = await until_view(place, lambda s: [r["on"] for r in s["racks"]] == [1, 0, 1])
            rack = state["racks"][1]
            assert (rack["state"], rack["locked_by"], rack["note"]) == (
                "locked-out",
                "ayesha",
                "fan",
            )
            code, out, _ = await place.cli("trips")
            assert code == 1
            assert "headworks rack a2 unlock" in out
            assert (await place.cli("rack", "a2", "auto"))[0] == 1
            assert (await place.cli("rack", "a2", "unlock"))[0] == 0
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])

    play(tmp_path, work)


def test_a_blocked_station_moves_no_dead_man_and_feeds_no_watchdog(tmp_path: Path) -> None:
    """Catalogue row 24: what does not scan shows no sign of life; it goes on when it can."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            station.child.send_signal(signal.SIGSTOP)
            await quiet(place)
            toggles, _ = len(place.guard.writes), place.notices()
            await quiet(place, 1.0)
            assert len(place.guard.writes) == toggles
            assert place.notices() == []
            station.child.send_signal(signal.SIGCONT)
            await until(lambda: len(place.guard.writes) > toggles + 3)
            await until(lambda: "WATCHDOG=1" in place.notices())
            state = await until_view(place, lambda s: s["scan"]["late"] >= 1)
            assert "scan-late" in {alarm["code"] for alarm in state["alarms"]}

    play(tmp_path, work)


BREAK = (
    "import headworks.station.station as s",
    "real = s.think",
    "s.think = lambda site, memory, snapshot: real(site, memory, snapshot)"
    " if not all(rack.on for rack in memory.racks) else 1 / 0",
)


def test_a_scan_that_raises_opens_all_and_ends_the_process(tmp_path: Path) -> None:
    """All off, one line in the log with the place, exit 70, and no sign of life any more."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station(*BREAK) as station:
            assert await station.exit() == 70
            assert [value for _, coil, value in place.relays.writes if coil == 0] == [1, 0]
            assert place.relays.coils[:3] == [0, 0, 0]
            assert '<2>"a scan failed; all outputs are off"' in station.log
            assert "ZeroDivisionError" in station.log
            assert "Traceback" not in station.log

    play(tmp_path, work)


def test_a_crash_loop_ends_with_the_outputs_off(tmp_path: Path) -> None:
    """Catalogue row 56: after five crashes the station opens everything and stays down."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        for _ in range(5):
            async with place.station(*BREAK) as station:
                assert await station.exit() == 70
        place.relays.coils[0] = 1  # left on by whatever broke
        async with place.station() as station:
            assert await station.exit() == 5
            assert '<2>"crash loop; outputs are off;' in station.log
        assert place.relays.coils[:3] == [0, 0, 0]

    play(tmp_path, work)


def test_a_second_station_is_refused(tmp_path: Path) -> None:
    """It names the one that runs, touches nothing, and that is no crash."""

    async def work(place: Substation) -> None:
        async with place.station() as first:
            await until_view(place, lambda state: state["healthy"])
            async with place.station() as second:
                assert await second.exit() == 4
                assert f"already running, pid {first.child.pid}" in second.log
            assert (await place.view())["healthy"]

    play(tmp_path, work)


def test_an_unreadable_memory_is_set_aside(tmp_path: Path) -> None:
    """Catalogue row 19: control goes on, with an alarm that names the file."""

    async def work(place: Substation) -> None:
        place.state.mkdir()
        (place.state / "memory.db").write_bytes(os.urandom(8192))
        place.meter.import_kw = SURPLUS_KW
        async with place.station():
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            alarms = {a["code"]: a["values"] for a in (await place.view())["alarms"]}
            assert Path(alarms["storage-corrupt"]["path"]).exists()

    play(tmp_path, work)


def test_a_killed_station_has_it_in_its_records(tmp_path: Path) -> None:
    """After SIGKILL the acknowledged command is in the journal, and the chain goes on and fits."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            assert (await place.cli("rack", "a2", "off", "--as", "ayesha"))[0] == 0
            records = place.state / "records"
            # A kill may take the recorder's last second, and before the first there is no more.
            await until(lambda: any(one.stat().st_size for one in records.glob("recorder/*.rec")))
            station.child.kill()
            await station.exit()
        [asked] = entries(records, kind="asked")
        assert (asked["who"], asked["source"], asked["code"]) == ("ayesha", "a2", "off")
        async with place.station() as station:
            await until_view(place, lambda s: [r["on"] for r in s["racks"]] == [1, 0, 1])
            assert verify(records).broken == ()  # beside the running station
            station.child.terminate()
            await station.exit()
        starts = [e["seq"] for e in entries(records, kind="station-start")]
        assert len(starts) == 2
        report = verify(records)
        assert (report.broken, report.seals) == ((), 1)
        assert report.entries > starts[1] > asked["seq"]
        rows = [row for path in sorted(records.glob("recorder/*.rec")) for row in read(path)]
        assert len(rows) > 10
        assert all(scan(site, memory, snapshot)[0] == plan for site, memory, snapshot, plan in rows)

    play(tmp_path, work)


def test_a_disk_that_refuses_is_an_alarm_and_nothing_else(tmp_path: Path) -> None:
    """Catalogue rows 17 and 18: racks follow the surplus; commands say what they are worth."""

    async def work(place: Substation) -> None:
        place.state.write_text("a file where the state folder should be")
        place.meter.import_kw = SURPLUS_KW
        async with place.station():
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            await until_view(place, lambda s: "storage" in {a["code"] for a in s["alarms"]})
            code, _, error = await place.cli("rack", "a1", "off")
            assert code == 0
            assert "a restart will forget it" in error
            await until(lambda: place.relays.coils[:3] == [0, 1, 1])

    play(tmp_path, work)


def test_a_broken_site_file_never_replaces_the_running_one(tmp_path: Path) -> None:
    """Catalogue row 21: SIGHUP names the mistake; a good change wants a restart; both keep running."""

    async def work(place: Substation) -> None:
        good = place.site.read_text()
        async with place.station() as station:
            await until_view(place, lambda state: state["healthy"])
            place.site.write_text(good.replace("rating_kw = 630", "rating_kw = -1"))
            station.child.send_signal(signal.SIGHUP)
            state = await until_view(place, lambda s: "site-refused" in codes(s))
            assert state["feeders"][0]["rating_kw"] == 630
            place.site.write_text(good.replace("rating_kw = 630", "rating_kw = 500"))
            station.child.send_signal(signal.SIGHUP)
            state = await until_view(place, lambda s: "restart-needed" in codes(s))
            assert "site-refused" not in codes(state)
            assert state["feeders"][0]["rating_kw"] == 630
            place.site.write_text(good)
            station.child.send_signal(signal.SIGHUP)
            await until_view(place, lambda s: not codes(s) & {"restart-needed", "site-refused"})
            place.site.unlink()
            station.child.send_signal(signal.SIGHUP)
            await until_view(place, lambda s: "site-refused" in codes(s))

    def codes(state: dict[str, list[dict[str, str]]]) -> set[str]:
        return {alarm["code"] for alarm in state["alarms"]}

    play(tmp_path, work)


def test_what_is_on_disk_after_an_orderly_end_is_off(tmp_path: Path) -> None:
    """The last memory says that no rack is on, and since when."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            station.child.send_signal(signal.SIGTERM)
            assert await station.exit() == 0
        assert on_disk(place) == [False, False, False]

    play(tmp_path, work)


def test_a_slow_start_is_no_time_in_which_contactors_had_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stayed closed has its whole time to open once it was told, or it would count as welded."""
    claimed_s: list[float] = []

    async def slow(switches: Switches) -> None:
        await asyncio.sleep(0.2)
        claimed_s.append(time.monotonic())

    monkeypatch.setattr(Switches, "start", slow)

    async def go() -> float:
        place = tmp_path / "station.sock"
        log = Journal(Lines())  # type: ignore[arg-type]
        station = _Station(a_site("a1"), place, tmp_path, log)
        try:
            await station._start()
            return station._loop.memory.racks[0].told_s
        finally:
            await station._stop()

    assert asyncio.run(go()) >= claimed_s[0]


def test_the_first_reading_comes_soon(tmp_path: Path) -> None:
    """From start to the first read of a meter, well within what the bench measures at rest."""

    async def work(place: Substation) -> None:
        started_s = time.monotonic()
        async with place.station():
            await until(lambda: place.meter.reads > 0)
            assert time.monotonic() - started_s < 5.0  # 0.6 s on a machine that is not shared

    play(tmp_path, work)
