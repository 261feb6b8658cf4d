"""What a weekly time-of-use schedule allows at one instant of local time.

Pure: the wall clock is an argument. The clock on the wall decides: in the autumn hour that
comes twice a window holds twice, in spring the hour that is skipped is no part of any window.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from headworks.model.site import ScheduleSignal, Window

MINUTE_S = 60.0
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Allowance(NamedTuple):
    """What is allowed now. `limit_kw` None is no limit, 0.0 is zero watts.

    `for_s` never reaches past the minute: every edge, that of daylight saving too, is on a
    whole minute, and a stepped clock is noticed.
    """

    limit_kw: float | None
    for_s: float
    note: str


def allowed(schedule: ScheduleSignal, zone: ZoneInfo, wall: datetime | None) -> Allowance | None:
    """What the schedule allows at `wall` (aware); None where the time is not known.

    Of windows that overlap the tightest counts. A window belongs to the day on which it
    starts: an excepted date takes away the windows that start on it, all of their hours.
    """
    if wall is None:
        return None
    local = wall.astimezone(zone)
    for_s = MINUTE_S - local.second - local.microsecond / 1e6
    open_now = [window for window in schedule.windows if _holds(schedule, window, local)]
    if not open_now:
        return Allowance(0.0, for_s, "outside every window")
    tightest = min(open_now, key=lambda window: _kw(window.limit_kw))
    return Allowance(tightest.limit_kw, for_s, _describe(tightest))


def _holds(schedule: ScheduleSignal, window: Window, local: datetime) -> bool:
    """Whether a window that started today or yesterday holds at this local time."""
    minute = local.hour * 60 + local.minute
    if window.end_min > window.start_min:
        return window.start_min <= minute < window.end_min and _starts(schedule, window, local)
    if minute >= window.start_min and _starts(schedule, window, local):
        return True
    return minute < window.end_min and _starts(schedule, window, local - timedelta(days=1))


def _starts(schedule: ScheduleSignal, window: Window, local: datetime) -> bool:
    date = local.date()
    return date.weekday() in window.days and date.isoformat() not in schedule.except_dates


def _kw(limit_kw: float | None) -> float:
    return float("inf") if limit_kw is None else limit_kw


def _describe(window: Window) -> str:
    days = " ".join(DAYS[day] for day in window.days)
    return f"window {days} {_clock(window.start_min)} to {_clock(window.end_min)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
