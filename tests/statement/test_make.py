"""A statement of rows and entries: sums, gaps, months with daylight saving, months that still run."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.record.stamp import Clock
from headworks.statement.incidents import curtailments, trips
from headworks.statement.make import WRITTEN_S
from headworks.statement.model import ENERGIES, Entry, Gap, Quality, StatementError
from headworks.statement.months import bounds, grid, local
from headworks.statement.sums import gaps
from statement.sample import (
    DAY_S,
    EVIDENCE,
    LENGTH_S,
    RACKS,
    STARTS,
    entries,
    row,
    rows,
    site,
    statement,
)

SOME = 200  # intervals, a part of the month


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(0, SOME - 1), max_size=30),
    st.sets(st.integers(0, SOME - 1), max_size=30),
)
def test_sums_are_of_what_is_known_and_gaps_stay(missing, unknown):
    """Each total is the sum of the known figures; what is missing is a gap and adds nothing."""
    given_rows = [
        row(start, import_wh=None, baseline_wh=None, incremental_wh=None, quality=Quality.PARTIAL)
        if index in unknown
        else row(start)
        for index, start in enumerate(STARTS[:SOME])
        if index not in missing
    ]
    found = statement(rows=given_rows, now_s=STARTS[SOME] + WRITTEN_S)
    for name in ENERGIES:
        known = [getattr(one, name) for one in given_rows if getattr(one, name) is not None]
        assert found.totals[name] == (sum(known) if known else None)
    assert [one.start_s for one in found.intervals] == list(STARTS[:SOME])
    hit = {index for index, one in enumerate(found.intervals) if one.quality is not Quality.GOOD}
    assert hit == missing | unknown
    assert sum(gap.intervals for gap in found.gaps) == len(hit)
    empty = [found.intervals[index] for index in missing]
    assert all(getattr(one, name) is None for one in empty for name in ENERGIES)


def test_racks_add_up():
    """The racks' energies together are what the racks drew."""
    found = statement()
    assert sum(wh or 0 for wh in found.racks_wh) == found.totals["drawn_wh"]
    assert len(found.racks_wh) == len(found.racks_how) == len(RACKS)


def test_neighbouring_gaps_are_one():
    """Three hours without a row, and the partly measured intervals beside them, are one gap."""
    found = statement()
    assert found.gaps == (Gap(STARTS[399], STARTS[407], 8),)
    assert found.unsynced == (Gap(STARTS[900], STARTS[948], 48),)
    assert found.totals["missing"] == 6
    assert found.totals["partial"] == 2


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        ("2026-11", "Asia/Karachi", 720),
        ("2026-03", "Europe/Berlin", 743),
        ("2026-10", "Europe/Berlin", 745),
        ("2024-02", "UTC", 696),
        ("2026-12", "Asia/Kathmandu", 744),
        ("2026-11", "America/New_York", 721),
    ],
)
def test_a_month_has_its_hours(month, zone, hours):
    """Daylight saving, leap years and odd offsets: as many quarters as the month's clock has."""
    assert len(grid(month, zone, 900)) == hours * 4


@given(
    st.dates(date(2001, 1, 1), date(2198, 12, 31)),
    st.sampled_from(["Asia/Karachi", "Europe/London", "Australia/Lord_Howe", "America/St_Johns"]),
)
def test_months_follow_each_other(day, zone):
    """The end of a month is the begin of the next, with no second between them."""
    after = (day.replace(day=1) + timedelta(days=32)).strftime("%Y-%m")
    assert bounds(day.strftime("%Y-%m"), zone)[1] == bounds(after, zone)[0]


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-1", "November", "", "26-11", "2026-11-01", "٢٠٢٦-١١", "1999-12"]
)
def test_no_month_is_told(text):
    """What is no month is named with an example of one."""
    with pytest.raises(StatementError, match="is no month; write it as 2026-11"):
        bounds(text, "Asia/Karachi")


@pytest.mark.parametrize(
    ("month", "zone", "count"),
    [
        ("2026-11", "Asia/Kathmandu", 1440),
        ("2026-04", "Australia/Lord_Howe", 1441),  # half an hour is there twice
        ("2026-09", "Pacific/Chatham", 1438),
    ],
)
def test_half_hours_begin_on_the_clock_s_hour(month, zone, count):
    """Where the zone is a quarter of an hour off or its clock changes by half an hour too."""
    starts = grid(month, zone, 1800)
    assert len(starts) == count
    assert {local(start_s, ZoneInfo(zone)).minute for start_s in starts} == {0, 30}


def test_intervals_that_do_not_fit_into_a_month_are_refused():
    """Of a length that no ledger has, as in a statement that somebody made up."""
    with pytest.raises(StatementError, match="do not fit into 2026-11 in Asia/Kathmandu; keep"):
        grid("2026-11", "Asia/Kathmandu", 7000)


def test_a_month_that_still_runs_says_so():
    """It ends with the last interval that is over; the rest of the month is no gap."""
    now_s = STARTS.start + 3 * DAY_S + WRITTEN_S
    found = statement(now_s=now_s)
    assert not found.complete
    assert found.through_s == STARTS.start + 3 * DAY_S
    assert len(found.intervals) == 3 * 48
    assert found.gaps == ()
    assert len(statement(now_s=now_s - 1).intervals) == 3 * 48 - 1  # not surely written yet
    assert statement().complete


@pytest.mark.parametrize(
    ("now_s", "text"),
    [
        (STARTS.start - 1, "2026-11 has not begun; name a month that has"),
        (
            STARTS.start + LENGTH_S - 1,
            "no interval of 2026-11 is over yet; try again in 30 minutes",
        ),
    ],
)
def test_a_month_without_an_interval_is_refused(now_s, text):
    """Nothing is stated of a month of which nothing is over."""
    with pytest.raises(StatementError, match=text):
        statement(now_s=now_s)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"import_wh": -1}, "an energy is below zero"),
        ({"measured_s": 1801}, "1801 s were measured in 1800 s"),
        ({"surplus_wh": 10**9}, "surplus covered more than the racks drew"),
        ({"baseline_wh": 1, "incremental_wh": 1}, "units are not the import"),
        ({"racks_wh": (1, 2)}, "it has 2 racks, not 12"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(wrong, text):
    """No statement is made of such rows; the text names the row and the command that looks on."""
    with pytest.raises(StatementError, match=f"{text}; run `headworks verify`"):
        statement(rows=[row(STARTS[5], **wrong)])


def test_rows_are_where_they_belong():
    """Twice the same interval, or one that begins inside another, is refused; other months are not."""
    with pytest.raises(StatementError, match="it is there twice"):
        statement(rows=[row(STARTS[5]), row(STARTS[5])])
    with pytest.raises(StatementError, match="it begins inside an interval of 1800 s"):
        statement(rows=[row(STARTS[5] + 900)])
    outside = [row(STARTS.start - LENGTH_S), row(STARTS.stop)]
    assert statement(rows=[*rows(), *outside]) == statement()


def test_curtailments_have_their_response_times():
    """In time, late and not met are told apart; what came before the month is not in it."""
    found = statement().curtailments
    assert [(one.source, one.met_ms, one.honoured) for one in found] == [
        ("scada", 1620, True),
        ("frequency", 710, False),
        ("scada", None, False),
    ]
    assert curtailments(entries(), STARTS.start + 10 * DAY_S, STARTS.stop) == found[1:]
    assert curtailments(entries(), STARTS.start, STARTS.start + DAY_S) == ()


def test_trips_end_with_their_reset():
    """A latched trip lasts until its reset, one without a latch ended by itself."""
    found = statement().trips
    assert [(one.source, one.latched, one.reset_s is None) for one in found] == [
        ("smoke", True, False),
        ("a7", True, True),
        ("door", False, True),
    ]


def test_a_trip_of_last_month_that_is_still_latched_is_there():
    """It is part of this month's availability; one that was reset before is not."""
    first = STARTS.start
    old = [
        Entry(first - 9000, "smoke", "latch", "interlock"),
        Entry(first - 8000, "heat", "latch", "interlock"),
        Entry(first - 7000, "heat", "reset"),
        Entry(first - 6000, "door", "trip", "interlock"),
    ]
    assert [trip.source for trip in trips(old, first, STARTS.stop)] == ["smoke"]


def test_trips_that_opened_nothing_are_none():
    """Interlocks that only warn, and what is not known right after a start, are no trips."""
    first = STARTS.start
    told = [
        Entry(first, "site", "station-start"),
        Entry(first + 5, "smoke", "trip", "unknown"),
        Entry(first + 5, "leak", "latch", "unknown"),
        Entry(first + 70, "smoke", "trip", "unknown"),
        Entry(first + 80, "door", "trip", "interlock"),
    ]
    found = trips(told, first, STARTS.stop, frozenset({"door"}))
    assert [(trip.source, trip.at_s - first) for trip in found] == [("leak", 5), ("smoke", 70)]


def test_no_tariff_is_no_cost():
    """Without prices nothing is priced, and nothing else changes."""
    found = statement(site=site(tariff=None))
    assert found.cost is None
    assert replace(found, cost=statement().cost) == statement()


def test_gaps_of_no_interval():
    """No interval has no gap."""
    assert gaps((), LENGTH_S) == ()
    assert EVIDENCE.journal_sha256


def test_clock_states_are_counted():
    """Every interval is counted under one state of the clock; a missing one has none."""
    totals = statement().totals
    assert [totals[clock.value] for clock in Clock] == [1386, 48, 6]
