"""The energy ledger: counters against the true energy, gaps shown, odd counters seen."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.model.live import Quality
from headworks.model.site import RecordSpec
from headworks.record.counters import LATE, LEAP, RESET, ROLLED, Counter
from headworks.record.grid import begin_of
from headworks.record.ledger import Ledger
from headworks.record.ledger_check import LedgerCheck
from headworks.record.reading import intervals
from headworks.record.stamp import Clock
from headworks.record.verify import verify
from record.kept import keep
from record.scans import WALL_S, Scan, a_site, scans


def told(rows: Iterable[Scan], **record: Any) -> list[dict[str, Any]]:
    """The finished intervals of these scans, and the begun one."""
    ledger, found, last = Ledger(a_site(RecordSpec(**record))), [], None
    for row in rows:
        found += ledger.add(row.stamp, row.snapshot, row.plan)
        last = row.stamp
    found += ledger.cut(last) if last else []
    return [dict(entry.values) for entry in found]


def test_energy_is_that_of_the_counters() -> None:
    """Import, export, the feeder and a metered rack: to a millionth, without a hole between."""
    rows = list(scans(2000))
    found = told(rows)
    first, last = rows[0].snapshot.readings["incomer"], rows[-1].snapshot.readings["incomer"]
    for way in ("import", "export"):
        total = last.values[f"{way}_kwh"] - first.values[f"{way}_kwh"]
        assert sum(v[way]["kwh"] for v in found) == pytest.approx(total, abs=1e-4)
        assert sum(v["feeders"]["tx1"][way]["kwh"] for v in found) == pytest.approx(total, abs=1e-4)
    assert [v["quality"] for v in found] == ["whole", "whole", "partial"]
    assert [v["from_s"] for v in found] == [WALL_S, WALL_S + 900, WALL_S + 1800]
    assert all(a["to_s"] == b["from_s"] for a, b in pairwise(found))
    assert {v["racks"]["a1"]["how"] for v in found} == {"counter"}


def test_a_rack_without_a_counter_is_said_to_be_worked_out() -> None:
    """Its energy is that of its power, and nobody can take it for a counter's."""
    found = told(scans(901))
    assert found[0]["racks"]["a2"]["how"] == "power"
    total = sum(found[0]["racks"][name]["kwh"] for name in ("a1", "a2", "a3"))
    assert found[0]["racks_kwh"] == pytest.approx(total, abs=1e-5)


def test_what_the_surplus_covered() -> None:
    """What the racks drew less what was imported meanwhile, by the second."""
    rows = list(scans(901))
    drawn = covered = 0.0
    for row in rows[1:]:
        kw = row.plan.drawn_kw
        power_kw = row.snapshot.readings["incomer"].power_kw or 0.0
        drawn, covered = drawn + kw, covered + kw - min(max(power_kw, 0.0), kw)
    [found, *_] = told(rows)
    assert 0.5 < found["covered_share"] < 1.0
    assert found["covered_share"] == pytest.approx(covered / drawn, abs=0.002)


def test_units_up_to_and_above_the_baseline() -> None:
    """The month's baseline is spread over its hours; what is above it is incremental."""
    months = (372.0,) + (0.0,) * 11  # January: half a kWh an hour
    [found, *_] = told(scans(901), baseline_kwh=months)
    assert found["baseline_kwh"] == pytest.approx(0.125, abs=1e-3)
    assert found["incremental_kwh"] == pytest.approx(found["import"]["kwh"] - 0.125, abs=1e-3)
    [none, *_] = told(scans(901))
    assert (none["baseline_kwh"], none["incremental_kwh"]) == (None, None)


def test_half_hours() -> None:
    """The other length that is settled by."""
    assert [v["to_s"] - v["from_s"] for v in told(scans(3601), interval_min=30)] == [1800, 1800]


def test_half_hours_are_those_of_the_site_s_clock(tmp_path: Path) -> None:
    """In Nepal too, 5 h 45 min ahead of UTC; what an older version kept by UTC still verifies."""
    site = a_site(RecordSpec(interval_min=30), scan_s=10.0, timezone="Asia/Kathmandu")
    by_utc = replace(site, timezone="UTC")
    keep(tmp_path, scans(400, every_s=10.0, on=by_utc), by_utc)
    rows = scans(400, every_s=10.0, on=site, t_s=5000.0, wall_s=WALL_S + 4000.0)
    keep(tmp_path, rows, site)
    found = [(v["from_s"] - WALL_S, v["quality"]) for v in intervals(tmp_path)]
    assert found == [
        (0, "whole"), (1800, "whole"), (3600, "partial"), (3990, "gap"),
        (4000, "partial"), (4500, "whole"), (6300, "partial"),
    ]  # fmt: skip
    assert verify(tmp_path).broken == ()


@pytest.mark.parametrize(
    ("zone", "from_s", "begins"),
    [
        ("Australia/Lord_Howe", 1775313000.0, ["01:30", "01:30", "02:00"]),  # half an hour back
        ("Pacific/Chatham", 1775308500.0, ["03:00", "03:30", "03:00"]),  # back from 03:45 to 02:45
        ("Europe/Berlin", 1792888200.0, ["02:30", "02:00", "02:30"]),
        ("Europe/Berlin", 1774744200.0, ["01:30", "03:00", "03:30"]),
    ],
)
def test_a_clock_that_is_changed_merges_no_intervals(
    zone: str, from_s: float, begins: list[str]
) -> None:
    """An hour that the clock shows twice has intervals of its own, each as long as any other."""
    ledger_site = a_site(RecordSpec(interval_min=30), scan_s=10.0, timezone=zone)
    ledger, found = Ledger(ledger_site), []
    for row in scans(550, every_s=10.0, on=ledger_site, wall_s=from_s):
        found += ledger.add(row.stamp, row.snapshot, row.plan)
    told = [dict(entry.values) for entry in found]
    clock = [datetime.fromtimestamp(v["from_s"], ZoneInfo(zone)).strftime("%H:%M") for v in told]
    assert (clock, {v["quality"] for v in told}) == (begins, {"whole"})


@given(
    st.floats(1.6e9, 2.2e9),
    st.sampled_from(sorted(available_timezones() - {"localtime"})),
    st.sampled_from([900, 1800]),
)
def test_every_instant_is_in_one_interval(wall_s: float, zone: str, length_s: int) -> None:
    """In every zone: it begins on the clock's quarter or half hour, and holds what is in it."""
    begin_s = begin_of(wall_s, length_s, ZoneInfo(zone))
    assert begin_s <= wall_s < begin_s + length_s
    assert begin_of(begin_s, length_s, ZoneInfo(zone)) == begin_s
    assert datetime.fromtimestamp(begin_s, ZoneInfo(zone)).minute * 60 % length_s == 0


def silent(row: Scan) -> Scan:
    """The same scan with meters that do not answer."""
    readings = {
        name: r._replace(quality=Quality.SILENT, power_kw=None, values={})
        for name, r in row.snapshot.readings.items()
    }
    return row._replace(snapshot=row.snapshot._replace(readings=readings))


def test_a_silent_meter_leaves_no_energy_behind_and_makes_none_up() -> None:
    """The counter's own energy comes when it speaks again; meanwhile it is said to be late."""
    rows = [silent(r) if 300 <= n < 1000 else r for n, r in enumerate(scans(1900))]
    found = told(rows)
    assert found[0]["import"]["flags"] == [LATE]
    last = rows[-1].snapshot.readings["incomer"].values["import_kwh"]
    assert sum(v["import"]["kwh"] for v in found) == pytest.approx(last - 12345.6, abs=1e-3)


def test_a_meter_that_never_spoke_has_no_energy() -> None:
    """Unknown is unknown: no zero, no guess."""
    [found, *_] = told(silent(r) for r in scans(901))
    assert found["import"] == {"kwh": None, "how": "unknown"}


def test_time_without_scans_is_counted() -> None:
    """A station that stood still for two minutes says so."""
    rows = [r for n, r in enumerate(scans(901)) if not 200 < n <= 320]
    [found, *_] = told(rows)
    assert (found["quality"], found["missing_s"]) == ("partial", 121.0)


def test_a_pause_into_another_interval_is_a_gap() -> None:
    """A station that was stopped for an hour: no interval is longer than it is, none has its energy."""
    rows = [r for n, r in enumerate(scans(6000)) if not 600 < n < 4200]
    found = told(rows)
    assert [(v["from_s"] - WALL_S, v["to_s"] - WALL_S, v["missing_s"]) for v in found] == [
        (0, 600, 0), (4200, 4500, 0), (4500, 5400, 0), (5400, 5999, 0),
    ]  # fmt: skip
    assert [v["quality"] for v in found] == ["partial", "partial", "whole", "partial"]
    counters = [r.snapshot.readings["incomer"].values["import_kwh"] for r in rows]
    assert (found[0]["import"]["last"], found[1]["import"]["first"]) == (
        counters[600],
        counters[601],
    )
    assert found[1]["import"]["kwh"] == pytest.approx(counters[901] - counters[601], abs=1e-3)
    check = LedgerCheck()
    for n, values in enumerate(found):
        check.take({"kind": "interval", "seq": n, "boot": "b", "values": values})
    assert (check.broken, check.gaps) == ("", 1)


@pytest.mark.parametrize(
    ("clock", "wall_s", "state"),
    [
        (Clock.SYNCED, WALL_S, "synced"),
        (Clock.FREE, WALL_S, "free"),
        (Clock.UNTIMED, None, "untimed"),
    ],
)
def test_the_clock_of_an_interval(clock: Clock, wall_s: float | None, state: str) -> None:
    """Its worst state is told; without any clock intervals go on by the boot's own time."""
    found = told(scans(1900, clock=clock, wall_s=wall_s))
    assert {v["clock_state"] for v in found} == {state}
    assert len(found) == 3 if wall_s else len(found) >= 3


def test_a_gap_is_shown_and_never_filled(tmp_path: Path) -> None:
    """Between two runs of the station stands a row that says so, without a figure."""
    keep(tmp_path, scans(901))
    keep(tmp_path, scans(901, t_s=5000.0, wall_s=WALL_S + 4000.0))
    found = list(intervals(tmp_path))
    gap = next(v for v in found if v["quality"] == "gap")
    assert (gap["from_s"], gap["to_s"]) == (WALL_S + 900, WALL_S + 4000)
    assert "import" not in gap
    assert [v["quality"] for v in found].count("gap") == 1


@pytest.mark.parametrize(
    ("values", "kwh", "flags"),
    [
        pytest.param([100.0, 100.4, 101.0], 1.0, (), id="counts"),
        pytest.param([9999.8, 0.2], 0.4, (ROLLED,), id="four digits"),
        pytest.param([4294967.1, 0.1], 0.296, (ROLLED,), id="32 bits of Wh"),
        pytest.param([99999.9, 100000.2, 100000.5], 0.6, (), id="over a round number, no end"),
        pytest.param([5000.0, 3.0, 3.5], 0.5, (RESET,), id="reset"),
        pytest.param([5000.0, 4999.0, 4999.5], 0.5, (RESET,), id="a little back"),
        pytest.param([100.0, 900000.0, 900000.5], 0.5, (LEAP,), id="exchanged"),
    ],
)
def test_counters_that_jump(values: list[float], kwh: float, flags: tuple[str, ...]) -> None:
    """Roll-overs are counted through; resets and exchanged meters are told and not guessed."""
    counter = Counter(100.0)
    for n, value in enumerate(values):
        counter.see(value, 60.0 * n)
    found = counter.cut(60.0 * len(values), 120.0)
    assert (found.kwh, found.flags) == (pytest.approx(kwh, abs=1e-3), flags)
    assert (found.first, found.last) == (values[0], values[-1])


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=30), st.floats(9990.0, 9999.9))
def test_energy_through_a_roll_over_is_the_true_energy(steps: list[float], start: float) -> None:
    """However it counts over its end, the sum is what was delivered."""
    counter, value, true = Counter(100.0), start, 0.0
    counter.see(value, 0.0)
    for n, step in enumerate(steps, 1):
        value, true = (value + step) % 10_000.0, true + step
        counter.see(value, 60.0 * n)
    assert counter.cut(0.0, 1e9).kwh == pytest.approx(true, abs=1e-4)
