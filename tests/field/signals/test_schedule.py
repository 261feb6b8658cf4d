"""Weekly schedules in local time, through both changes of daylight saving."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.field.signals.schedule import MINUTE_S, allowed
from headworks.model.site import ScheduleSignal, Window

KARACHI, BERLIN, UTC_ZONE = ZoneInfo("Asia/Karachi"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
EVERY_DAY = tuple(range(7))


def at(text: str, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def schedule(*windows: Window, dates: tuple[str, ...] = ()) -> ScheduleSignal:
    return ScheduleSignal("tou", windows, dates)


def kw(plan: ScheduleSignal, text: str, zone: ZoneInfo = KARACHI, fold: int = 0) -> float | None:
    now = allowed(plan, zone, at(text, zone, fold))
    assert now is not None
    return now.limit_kw


NIGHT = schedule(Window((0, 1, 2, 3, 4), 22 * 60, 6 * 60, 300.0))  # Monday to Friday evenings


@pytest.mark.parametrize(
    ("text", "limit_kw"),
    [
        ("2026-11-23T21:59:59", 0.0),  # a Monday
        ("2026-11-23T22:00:00", 300.0),
        ("2026-11-24T05:59:59", 300.0),
        ("2026-11-24T06:00:00", 0.0),
        ("2026-11-23T02:00:00", 0.0),  # Sunday's evening opens no window
        ("2026-11-28T02:00:00", 300.0),  # Saturday morning belongs to Friday
        ("2026-11-28T22:30:00", 0.0),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_starts(text, limit_kw):
    """A window whose end is not after its start ends on the next day."""
    assert kw(NIGHT, text) == limit_kw


@pytest.mark.parametrize(
    ("text", "limit_kw"), [("2026-11-23T00:00", 0.0), ("2026-11-23T23:59", 0.0)]
)
def test_no_window_is_zero(text, limit_kw):
    """A schedule without windows grants nothing."""
    assert kw(schedule(), text) == limit_kw


@pytest.mark.parametrize("end_min", [0, 24 * 60])
def test_a_whole_day(end_min):
    """00:00 to 24:00, and 00:00 to 00:00, are the whole day."""
    plan = schedule(Window((0,), 0, end_min))
    assert kw(plan, "2026-11-23T00:00") is None
    assert kw(plan, "2026-11-23T23:59:59") is None
    assert kw(plan, "2026-11-24T00:00") == 0.0


def test_an_excepted_date_takes_the_windows_that_start_on_it():
    """The evening of the date is taken, with its morning after; the morning before is not."""
    plan = schedule(Window(EVERY_DAY, 22 * 60, 6 * 60), dates=("2026-12-25",))
    assert kw(plan, "2026-12-25T05:00") is None
    assert kw(plan, "2026-12-25T23:00") == 0.0
    assert kw(plan, "2026-12-26T05:00") == 0.0
    assert kw(plan, "2026-12-26T23:00") is None


@pytest.mark.parametrize(
    ("limits", "expected"),
    [((None, 200.0), 200.0), ((300.0, 200.0), 200.0), ((None, None), None), ((0.0, None), 0.0)],
)
def test_of_overlapping_windows_the_tightest_counts(limits, expected):
    """None is no limit and zero is zero watts, so a figure beats None and zero beats all."""
    plan = schedule(*(Window(EVERY_DAY, 600, 720, limit) for limit in limits))
    assert kw(plan, "2026-11-23T11:00") == expected


@pytest.mark.parametrize(
    ("utc", "open_now"),
    [
        ("2026-03-29T00:59", True),  # 01:59 CET
        ("2026-03-29T01:00", False),  # 03:00 CEST: 02:30 has passed without having been
        ("2026-03-29T00:30", True),
    ],
)
def test_spring_gap_ends_a_window_whose_end_is_skipped(utc, open_now):
    """01:00 to 02:30 ends where the clock jumps over 02:30."""
    plan = schedule(Window(EVERY_DAY, 60, 150))
    now = allowed(plan, BERLIN, datetime.fromisoformat(utc).replace(tzinfo=UTC))
    assert (now.limit_kw is None) is open_now


def test_spring_gap_skips_a_window_inside_it():
    """02:00 to 03:00 does not happen on the day that has no such hour."""
    plan = schedule(Window(EVERY_DAY, 120, 180))
    start = datetime(2026, 3, 29, tzinfo=UTC) - timedelta(hours=1)
    minutes = [allowed(plan, BERLIN, start + timedelta(minutes=m)) for m in range(23 * 60)]
    assert all(now.limit_kw == 0.0 for now in minutes)


def test_autumn_fold_holds_twice():
    """02:00 to 03:00 lasts two hours on the day that has the hour twice."""
    plan = schedule(Window(EVERY_DAY, 120, 180))
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    minutes = [allowed(plan, BERLIN, start + timedelta(minutes=m)) for m in range(25 * 60)]
    assert sum(now.limit_kw is None for now in minutes) == 120


@pytest.mark.parametrize(
    ("second", "for_s"), [("10:00:00", 60.0), ("10:00:59.5", 0.5), ("10:00:30", 30.0)]
)
def test_an_answer_holds_to_the_next_minute_at_most(second, for_s):
    """No edge is ever slept through and a stepped clock is noticed."""
    now = allowed(NIGHT, KARACHI, at(f"2026-11-23T{second}", KARACHI))
    assert now.for_s == pytest.approx(for_s)


def test_an_unknown_time_is_unknown():
    """Without a clock there is no schedule."""
    assert allowed(NIGHT, KARACHI, None) is None


def test_the_zone_of_the_site_counts():
    """The same instant is judged by the site's clock, whatever zone it is given in."""
    plan = schedule(Window(EVERY_DAY, 0, 60))
    instant = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)  # 00:30 in Karachi
    assert allowed(plan, KARACHI, instant).limit_kw is None
    assert allowed(plan, UTC_ZONE, instant).limit_kw == 0.0


windows = st.builds(
    Window,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    start_min=st.integers(0, 1439),
    end_min=st.integers(0, 1440),
    limit_kw=st.none() | st.sampled_from([0.0, 100.0, 250.0]),
)
# Around both changes of the clock in Berlin, and a plain week.
starts = st.sampled_from([date(2026, 3, 27), date(2026, 10, 23), date(2026, 11, 20)])


def oracle(plan: ScheduleSignal, first: date, days: int) -> dict[tuple[date, int], float | None]:
    """Minute by minute: every window is walked from its start, a minute of the clock at a time."""
    table: dict[tuple[date, int], float | None] = {}
    for offset in range(-2, days):
        day = first + timedelta(days=offset)
        if day.isoformat() in plan.except_dates:
            continue
        for window in plan.windows:
            if day.weekday() not in window.days:
                continue
            length = window.end_min - window.start_min
            for step in range(length if length > 0 else length + 1440):
                later, minute = divmod(window.start_min + step, 1440)
                key = (day + timedelta(days=later), minute)
                limits = [window.limit_kw, table[key]] if key in table else [window.limit_kw]
                figures = [limit for limit in limits if limit is not None]
                table[key] = min(figures) if figures else None
    return table


@given(
    plan_windows=st.lists(windows, max_size=4).map(tuple),
    first=starts,
    excepted=st.sets(st.integers(0, 3), max_size=2),
    zone=st.sampled_from([BERLIN, KARACHI]),
    offsets=st.lists(st.integers(0, 4 * 86_400 - 1), min_size=20, max_size=60),
)
def test_agrees_with_a_minute_by_minute_walk(plan_windows, first, excepted, zone, offsets):
    """At any second of four days the answer is that of the walked table, to the minute's end."""
    dates = tuple((first + timedelta(days=day)).isoformat() for day in sorted(excepted))
    plan = schedule(*plan_windows, dates=dates)
    table = oracle(plan, first, 5)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    for offset in offsets:
        instant = midnight + timedelta(seconds=offset)
        local = instant.astimezone(zone)
        now = allowed(plan, zone, instant)
        assert now.limit_kw == table.get((local.date(), local.hour * 60 + local.minute), 0.0)
        assert 0.0 < now.for_s <= MINUTE_S
        last = (instant + timedelta(seconds=now.for_s - 1e-3)).astimezone(zone)
        assert last.minute == local.minute
