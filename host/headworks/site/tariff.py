"""Checks a tariff: every hour of the year has exactly one price."""

from collections.abc import Iterator
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


def check_tariff(book: Book) -> None:
    """Names, hours that are priced twice, hours without a price."""
    tariff = book.entries.one("tariff")
    if tariff is None:
        return
    if not tariff.children:
        if not tariff.raw.get("period"):
            book.error(tariff.at(), "[tariff] has no price; add [[tariff.period]]")
        return
    _names(book, tariff)
    rest = [entry for entry in tariff.children if is_rest(entry)]
    for entry in rest[1:]:
        book.error(
            entry.at(), "a second period without hours; keep one for all other hours, or add from"
        )
    timed = [entry for entry in tariff.children if not is_rest(entry)]
    good = [_form(book, entry) for entry in timed]
    if not all(good):
        return
    taken = [hours for entry in timed for hours in _hours(entry)]
    if not _overlaps(book, taken) and not rest:
        _uncovered(book, tariff, taken)


def is_rest(entry: Entry) -> bool:
    """Whether a period stands for all hours that no other one names."""
    return not any(entry.has(key) for key in ("months", "days", "from", "to"))


def _names(book: Book, tariff: Entry) -> None:
    seen: set[str] = set()
    for entry in tariff.children:
        name = entry.values.get("name")
        if name in seen:
            book.error(entry.at("name"), f"a second period {shown(name)}; write another name")
        seen.add(str(name))


def _form(book: Book, entry: Entry) -> bool:
    """Whether the hours of one period make sense alone."""
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


def _overlaps(book: Book, taken: list[Hours]) -> bool:
    """Name the first hour that two periods, or one twice, would price."""
    for index, hours in enumerate(taken):
        for other in taken[:index]:
            both = sorted(set(hours.months) & set(other.months))
            if both and hours.first < other.last and other.first < hours.last:
                price = figure(other.entry.values.get("per_kwh", 0.0))
                when = _when(max(hours.first, other.first), both[0])
                book.error(
                    hours.entry.at("from" if hours.entry.has("from") else ""),
                    f"{when} has the price {price} of {other.entry.values.get('name')} already; "
                    "write hours that do not overlap",
                )
                return True
    return False


def _uncovered(book: Book, tariff: Entry, taken: list[Hours]) -> None:
    """Name the first hour that no period prices."""
    for month in ALL_MONTHS:
        minute = 0
        for hours in sorted(span[:2] for span in taken if month in span.months):
            if hours[0] > minute:
                break
            minute = max(minute, hours[1])
        if minute < WEEK_MIN:
            book.error(
                tariff.at(),
                f"{_when(minute, month)} has no price; add [[tariff.period]] with name and "
                "per_kwh alone for all other hours",
            )
            return


def _when(minute: int, month: int) -> str:
    day, rest = divmod(minute, DAY_MIN)
    return f"{DAYS[day].capitalize()} {_clock(rest)} in {MONTHS[month - 1].capitalize()}"
