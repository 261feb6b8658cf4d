"""Values that are good alone and make no sense together, within one entry."""

import math

from headworks.model.site import RecordSpec
from headworks.record.ring import hours_held
from headworks.site.book import Book, value
from headworks.site.entries import Entry
from headworks.site.formats import DAYS
from headworks.site.values import figure, shown

DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN


def check_sense(book: Book) -> None:
    """Ages against polls, frequencies in order, windows; what nothing uses."""
    for meter in book.of("meter"):
        _ages(book, meter)
    for signal in book.of("signal"):
        if signal.values.get("kind") == "frequency":
            _frequency(book, signal)
            _droop(book, signal)
        if signal.values.get("kind") == "schedule":
            _windows(book, signal)
    _ring(book)
    _idle(book)


def _ages(book: Book, meter: Entry) -> None:
    age, poll, timeout = (value(meter, key) for key in ("max_age_s", "poll_s", "timeout_s"))
    if None not in (age, poll) and age < 2 * poll:
        book.error(
            meter.at("max_age_s" if meter.has("max_age_s") else "poll_s"),
            f"max_age_s = {figure(age)} is less than two polls of {figure(poll)} s, so one lost "
            f"reply would stop every rack; write max_age_s = {figure(2 * poll)} or more",
        )
    if None not in (age, timeout) and timeout >= age:
        book.error(
            meter.at("timeout_s" if meter.has("timeout_s") else "max_age_s"),
            f"timeout_s = {figure(timeout)} is not below max_age_s = {figure(age)}; "
            f"write timeout_s = {figure(age / 4)} or less",
        )


def _ring(book: Book) -> None:
    """Whether the recorder's ring can be as long as it is asked to be."""
    record, usual = book.entries.one("record"), RecordSpec()
    hours, most_mb = (
        value(record, key) if record else getattr(usual, key)
        for key in ("recorder_hours", "recorder_mb")
    )
    meters = book.of("meter")
    polls_s = [value(meter, "poll_s") for meter in meters]
    if not polls_s or None in (hours, most_mb, *polls_s):
        return
    fit = hours_held(polls_s, most_mb)
    if fit < hours:
        needed = math.ceil(most_mb * hours / fit / 100.0) * 100
        book.findings.warning(
            record.at("recorder_mb") if record else meters[0].at("name"),
            f"recorder_mb = {figure(most_mb)} holds about {fit:.0f} h of recordings where meters "
            f"are polled so often, and recorder_hours = {figure(hours)}; write recorder_mb = "
            f"{needed} under [record], or fewer hours",
        )


def _frequency(book: Book, signal: Entry) -> None:
    trip, restore = value(signal, "trip_hz"), value(signal, "restore_hz")
    if None not in (trip, restore) and trip >= restore:
        book.error(
            signal.at("restore_hz" if signal.has("restore_hz") else "trip_hz"),
            f"restore_hz = {figure(restore)} is not above trip_hz = {figure(trip)}; "
            f"write restore_hz = {figure(trip + 0.4)}",
        )
    profile = book.hardware.meters.get(signal.values.get("meter", ""))
    if profile is not None and "frequency_hz" not in profile.channels:
        book.error(
            signal.at("meter"),
            f"{profile.model} does not measure frequency; write a meter that does",
        )


def _droop(book: Book, signal: Entry) -> None:
    top, zero = signal.values.get("droop_from_hz"), signal.values.get("droop_to_hz")
    for key, other in (("droop_from_hz", "droop_to_hz"), ("droop_to_hz", "droop_from_hz")):
        if signal.has(key) and not signal.has(other):
            book.error(
                signal.key_at(key),
                f"{key} without {other} is no droop; write both, or remove it",
            )
    if top is None or zero is None:
        return
    if zero >= top:
        book.error(
            signal.at("droop_to_hz"),
            f"droop_to_hz = {figure(zero)} is not below droop_from_hz = {figure(top)}; "
            f"write droop_to_hz = {figure(top - 0.3)}",
        )
    trip = value(signal, "trip_hz")
    if trip is not None and zero < trip:
        book.error(
            signal.at("droop_to_hz"),
            f"droop_to_hz = {figure(zero)} lies below trip_hz = {figure(trip)}, where all is "
            f"off already; write droop_to_hz = {figure(trip)} or more",
        )


def _windows(book: Book, signal: Entry) -> None:
    if not signal.has("window"):
        book.error(
            signal.at(), f"{signal.title} has no window, so it never grants; add [[signal.window]]"
        )
    taken: list[tuple[int, int, Entry]] = []
    for window in signal.children:
        start, end, days = (window.values.get(key) for key in ("from", "to", "days"))
        if start is None or end is None or days is None:
            continue
        if start == end:
            book.error(
                window.at("to"),
                'the window has no length; write from = "00:00" and to = "24:00" for a whole day',
            )
            continue
        spans = [span for day in days for span in _spans(day, start, end)]
        _overlap(book, window, spans, taken)
        taken += [(*span, window) for span in spans]


def _spans(day: int, start: int, end: int) -> list[tuple[int, int]]:
    """The window that opens on a day as minutes of the week; cut where the week ends."""
    first = day * DAY_MIN + start
    last = day * DAY_MIN + end + (DAY_MIN if end <= start else 0)
    if last <= WEEK_MIN:
        return [(first, last)]
    return [(first, WEEK_MIN), (0, last - WEEK_MIN)]


def _overlap(
    book: Book,
    window: Entry,
    spans: list[tuple[int, int]],
    taken: list[tuple[int, int, Entry]],
) -> None:
    for first, last in spans:
        for other_first, other_last, other in taken:
            if first < other_last and other_first < last:
                minute = max(first, other_first)
                clock = f"{minute % DAY_MIN // 60:02d}:{minute % 60:02d}"
                book.error(
                    window.at("from"),
                    f"the window overlaps the one in line {other.at().line} from "
                    f"{DAYS[minute // DAY_MIN]} {clock}; let one end where the other begins",
                )
                return


def _idle(book: Book) -> None:
    """What is there and used by nothing."""
    read = {
        entry.values.get("meter")
        for section in ("feeder", "signal", "rack")
        for entry in book.of(section)
    }
    points = [
        str(entry.values.get(key, "")).partition(".")[0]
        for section, key in (
            ("rack", "switch"),
            ("rack", "feedback"),
            ("signal", "input"),
            ("outputs", "deadman"),
            ("outputs", "upstream_trip"),
            ("interlock", "when"),
            ("interlock", "minus"),
            ("interlock", "local_reset"),
            ("site", "local_reset"),
        )
        for entry in book.of(section)
    ]
    points += [
        str(board.values.get("name")) for board in book.of("board") if board.has("permissive")
    ]
    points += [spec.when.partition(".")[0] for spec in book.made]
    uses = (("meter", {*read, *points}), ("switch", set(points)), ("board", set(points)))
    for section, used in uses:
        for entry in book.of(section):
            name = entry.values.get("name")
            if name and name not in used:
                book.findings.warning(
                    entry.at("name"), f"nothing uses {section} {shown(name)}; use or remove it"
                )
