"""Checks a tariff: every hour of the year has exactly one price."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from headworks.site.book import Book
from headworks.site.entries import Entry
from headworks.site.formats import DAYS
from headworks.site.sense import DAY_MIN, WEEK_MIN
from headworks.site.tariff_rows import MONTHS
from headworks.site.values import figure, shown

QUARTER_MIN = 15  # the shortest interval of the ledger
ALL_DAYS = tuple(range(7))
ALL_MONTHS = tuple(range(1, 13))


class Hours(NamedTuple):
    """Minutes of the week in which a period holds, in some months."""

    first: int
    last: int
    months: tuple[int, ...]
    entry: Entry


class Stretch(NamedTuple):
    """Days between two changes of the tariff, with the periods that hold in them.

    `first` is empty before the first change. `months` are those that it touches.
    """

    first: str
    months: tuple[int, ...]
    periods: list[Entry]

    @property
    def says(self) -> str:
        """When, to be added to a sentence."""
        return f" from {self.first}" if self.first else ""


def check_tariff(book: Book) -> None:
    """Names, hours that are priced twice, hours without a price."""
    tariff = book.entries.one("tariff")
    if tariff is None:
        return
    if not tariff.children:
        if not tariff.raw.get("period"):
            book.error(tariff.at(), "[tariff] has no price; add [[tariff.period]]")
        return
    good = [_form(book, entry) for entry in tariff.children]
    if not all(good):
        return
    told = False
    for stretch in _stretches(tariff.children):
        told = told or _stretch(book, tariff, stretch)


def _stretch(book: Book, tariff: Entry, stretch: Stretch) -> bool:
    """Whether something is wrong with the prices of these days, which was told."""
    rest = [entry for entry in stretch.periods if is_rest(entry)]
    taken = [
        hours._replace(months=tuple(m for m in hours.months if m in stretch.months))
        for entry in stretch.periods
        if not is_rest(entry)
        for hours in _hours(entry)
    ]
    if rest[1:]:
        fix = "keep one for all other hours, or add from"
        if stretch.first:
            fix = f"end the other one with last_date before {stretch.first}"
        book.error(rest[1].at(), f"a second period without hours; {fix}")
    names = _names(book, stretch)
    if rest[1:] or names or _overlaps(book, taken, stretch):
        return True
    return not rest and _uncovered(book, tariff, taken, stretch)


def _stretches(periods: list[Entry]) -> Iterator[Stretch]:
    """From each day on which a price begins or has ended to the next such day.

    Where every price has a first day, what was before is no mistake; nor what comes after, where
    each has a last one.
    """
    edges = sorted({edge for entry in periods for edge in _span(entry) if edge})
    for first, after in pairwise(["", *edges, ""]):
        held = [entry for entry in periods if _spans(entry, first, after)]
        if held or (first and after):
            yield Stretch(first, _months(first, after), held)


def _span(entry: Entry) -> tuple[str, str]:
    """The first day of a period, and the first after it; empty = no bound."""
    last = entry.get("last_date", "")
    after = (date.fromisoformat(last) + timedelta(days=1)).isoformat() if last else ""
    return entry.get("first_date", ""), after


def _spans(entry: Entry, first: str, after: str) -> bool:
    """Whether a period holds from `first` until before `after`; it never ends in between."""
    begin, end = _span(entry)
    return begin <= first and (not end or bool(after and after <= end))


def _months(first: str, after: str) -> tuple[int, ...]:
    """The months of the days from `first` until before `after`."""
    if not (first and after):
        return ALL_MONTHS
    day, end = date.fromisoformat(first), date.fromisoformat(after)
    count = (end - day).days
    if count > 366:
        return ALL_MONTHS
    return tuple(sorted({(day + timedelta(days=n)).month for n in range(count)}))


def is_rest(entry: Entry) -> bool:
    """Whether a period stands for all hours that no other one names."""
    return not any(entry.has(key) for key in ("months", "days", "from", "to"))


def _names(book: Book, stretch: Stretch) -> bool:
    """Whether two periods of the same days bear one name; the second is told."""
    seen: set[str] = set()
    for entry in stretch.periods:
        name = entry.values.get("name")
        if name in seen:
            fix = "write another name"
            if stretch.first:
                fix += f", or end the other one with last_date before {stretch.first}"
            book.error(entry.at("name"), f"a second period {shown(name)}; {fix}")
            return True
        seen.add(str(name))
    return False


def _form(book: Book, entry: Entry) -> bool:
    """Whether the hours and days of one period make sense alone."""
    first, last = entry.get("first_date", ""), entry.get("last_date", "")
    if None in (first, last):
        return False
    if last and last < first:
        book.error(entry.at("last_date"), f"last_date is before first_date, {first}; turn them")
        return False
    for key, other in (("from", "to"), ("to", "from")):
        if entry.has(key) and not entry.has(other):
            book.error(entry.key_at(key), f"{key} without {other}; write both, or neither")
            return False
    start, end = entry.get("from", 0), entry.get("to", DAY_MIN)
    if None in (start, end, entry.get("days", ()), entry.get("months", ())):
        return False
    for key, minute in (("from", start), ("to", end)):
        if minute % QUARTER_MIN:
            near = minute // QUARTER_MIN * QUARTER_MIN
            book.error(
                entry.at(key),
                f"{key} is inside a quarter of an hour, and energy is kept by the quarter; "
                f'write "{_clock(near)}"',
            )
            return False
    if start == end:
        book.error(entry.at("to"), 'the period has no length; write to = "24:00" for a whole day')
    return bool(start != end)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _hours(entry: Entry) -> Iterator[Hours]:
    """A period as spans of the week; one that ends next day is cut where the week ends."""
    start, end = entry.get("from", 0), entry.get("to", DAY_MIN)
    chosen = entry.get("months", ALL_MONTHS)
    for day in entry.get("days", ALL_DAYS):
        first = day * DAY_MIN + start
        last = day * DAY_MIN + end + (DAY_MIN if end <= start else 0)
        yield Hours(first, min(last, WEEK_MIN), chosen, entry)
        if last > WEEK_MIN:
            yield Hours(0, last - WEEK_MIN, chosen, entry)


def _overlaps(book: Book, taken: list[Hours], stretch: Stretch) -> bool:
    """Name the first hour that two periods, or one twice, would price."""
    for index, hours in enumerate(taken):
        for other in taken[:index]:
            both = sorted(set(hours.months) & set(other.months))
            if both and hours.first < other.last and other.first < hours.last:
                price = figure(other.entry.values.get("per_kwh", 0.0))
                when = _when(max(hours.first, other.first), both[0]) + stretch.says
                book.error(
                    hours.entry.at("from" if hours.entry.has("from") else ""),
                    f"{when} has the price {price} of {other.entry.values.get('name')} already; "
                    "write hours that do not overlap",
                )
                return True
    return False


def _uncovered(book: Book, tariff: Entry, taken: list[Hours], stretch: Stretch) -> bool:
    """Whether an hour has no price; the first one is told."""
    for month in stretch.months:
        minute = 0
        for hours in sorted(span[:2] for span in taken if month in span.months):
            if hours[0] > minute:
                break
            minute = max(minute, hours[1])
        if minute < WEEK_MIN:
            book.error(
                tariff.at(),
                f"{_when(minute, month)}{stretch.says} has no price; add [[tariff.period]] with "
                "name and per_kwh alone for all other hours",
            )
            return True
    return False


def _when(minute: int, month: int) -> str:
    day, rest = divmod(minute, DAY_MIN)
    return f"{DAYS[day].capitalize()} {_clock(rest)} in {MONTHS[month - 1].capitalize()}"
