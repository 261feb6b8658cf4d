"""What interlocks watch: the channel is there, and what is written of it can come true."""

import math
from typing import NamedTuple

from headworks.hardware.sensor import Channel, ChannelKind
from headworks.site.book import Book, name_of, value
from headworks.site.entries import Entry
from headworks.site.values import figure, shown, suggest
from headworks.site.wiring import check_point, inputs_in_use

LEAST_AGE_S = 3.0
_OWNERS = ("switch", "meter", "board")
PERIODS = 3  # a channel that missed this many samples is unknown


class Watched(NamedTuple):
    """What a cause may be. `said` names it in a sentence, `samples` its period."""

    said: str
    number: bool
    low: float = -math.inf
    high: float = math.inf
    period_s: float = 0.0
    samples: str = ""


def check_causes(book: Book) -> None:
    """The channels, thresholds and ages of every interlock, and what resets it."""
    inputs = inputs_in_use(book)
    for interlock in book.of("interlock"):
        if interlock.values.get("when"):
            _cause(book, interlock, inputs)
            _minus(book, interlock)
        _threshold(book, interlock)
    site = book.entries.one("site")
    for entry in [*book.of("interlock"), *([site] if site else [])]:
        if entry.values.get("local_reset"):
            _local_reset(book, entry, inputs)


def usual_age_s(book: Book, interlock: Entry) -> float:
    """max_age_s where it is not written: a few samples of what is watched."""
    points = [interlock.values.get(key) for key in ("when", "minus", "local_reset")]
    found = [channel_of(book, point) for point in points if point]
    return age_s(*(channel for channel in found if channel))


def age_s(*channels: Channel) -> float:
    """How old samples of these channels may be."""
    return max([LEAST_AGE_S, *(PERIODS * channel.every_s for channel in channels)])


def channel_of(book: Book, point: str) -> Channel | None:
    """The channel of a board, "air.intake_c"; None where there is none."""
    board, _, name = point.partition(".")
    profile = book.hardware.boards.get(board)
    return profile.channels.get(name) if profile else None


def unreachable(
    what: str, span: tuple[float, float], key: str, limit: float, hysteresis: float
) -> tuple[str, str] | None:
    """Key and text where a threshold cannot be crossed, or not crossed back."""
    low, high = span
    within = f"{figure(low)} to {figure(high)}"
    back = limit + (hysteresis if key == "below" else -hysteresis)
    if not low <= limit <= high:
        wrong = f"{key} = {figure(limit)} is outside what {what} can be"
        return key, f"{wrong}; write a figure from {within}"
    if not low <= back <= high:
        return "hysteresis", (
            f"it could never clear: {what} cannot come back to {figure(back)}; "
            f"write a hysteresis that stays within {within}"
        )
    return None


def _cause(book: Book, entry: Entry, inputs: dict[str, str]) -> None:
    """The cause of an interlock: an input, a meter's channel or a board's."""
    cause = entry.values["when"]
    name, _, channel = cause.partition(".")
    owner = book.named.get(name)
    section = owner.section.name if owner else ""
    if section == "switch":
        _own_input(book, entry, "when", inputs)
    elif section == "meter":
        meter = book.hardware.meters.get(name)
        if meter is not None and channel not in meter.channels:
            fix = suggest(channel, list(meter.channels))
            book.error(entry.at("when"), f"{meter.model} does not measure {shown(channel)}; {fix}")
    elif section == "board":
        _board_channel(book, entry, "when")
    elif all(name_of(e) for kind in _OWNERS for e in book.of(kind)):  # a wrong name has been told
        known = [n for kind in _OWNERS for n in book.names(kind)]
        fix = suggest(name, known, "add the meter or switch")
        book.error(entry.at("when"), f"no meter, switch or board is named {shown(name)}; {fix}")


def _own_input(book: Book, entry: Entry, key: str, inputs: dict[str, str]) -> None:
    point = entry.values[key]
    if check_point(book, entry, key, "input") and point in inputs:
        book.error(entry.at(key), f"{shown(point)} is already {inputs[point]}; write another input")


def _board_channel(book: Book, entry: Entry, key: str, *kinds: ChannelKind) -> bool:
    """Whether the board has the channel, of one of the kinds if any are given."""
    name, _, channel = entry.values[key].partition(".")
    profile = book.hardware.boards.get(name)
    if profile is None:
        return False  # its model is unknown, which has been said
    known = [c.name for c in profile.channels.values() if not kinds or c.kind in kinds]
    if channel in known:
        return True
    wrong = f"{profile.model} has no channel {shown(channel)}"
    if channel in profile.channels:
        wrong = f"{shown(entry.values[key])} is no {kinds[0]}"
    fix = suggest(channel, known, "write a channel of another board")
    book.error(entry.at(key), f"{wrong}; {fix}")
    return False


def _minus(book: Book, entry: Entry) -> None:
    """The channel that is subtracted: a number of a board, of the same unit as the first."""
    minus, when = entry.values.get("minus"), entry.values["when"]
    first = channel_of(book, when)
    if minus is None:
        return
    if book.find("board", when.partition(".")[0]) is None:
        book.error(
            entry.key_at("minus"), "minus is subtracted from a board's number only; remove it"
        )
        return
    if book.resolve(entry.at("minus"), "board", minus.partition(".")[0]) is None:
        return
    if not _board_channel(book, entry, "minus", ChannelKind.NUMBER) or first is None:
        return
    if first.kind is not ChannelKind.NUMBER:
        book.error(entry.key_at("minus"), f"{shown(when)} is no number; remove minus")
    elif minus == when:
        book.error(entry.at("minus"), f"{shown(minus)} less itself is zero; write another channel")
    elif _unit(minus) != _unit(when):
        book.error(
            entry.at("minus"),
            f"{shown(minus)} is in {_unit(minus)} and {shown(when)} in {_unit(when)}; "
            "write a channel of the same unit",
        )


def _unit(point: str) -> str:
    return point.rpartition("_")[2]


def _local_reset(book: Book, entry: Entry, inputs: dict[str, str]) -> None:
    """What resets at the racks: an input or a contact of a board, and not the cause itself."""
    point = entry.values["local_reset"]
    if point == entry.values.get("when"):
        book.error(
            entry.at("local_reset"),
            f"{shown(point)} is the cause itself; write the contact of a push button",
        )
    elif book.find("board", point.partition(".")[0]):
        if _board_channel(book, entry, "local_reset", ChannelKind.CONTACT):
            _button(book, entry, point)
    else:
        _own_input(book, entry, "local_reset", inputs)


def _button(book: Book, entry: Entry, point: str) -> None:
    """A contact that resets is nobody's alarm: it latches nothing, and no interlock watches it."""
    board, _, name = point.partition(".")
    profile = book.hardware.boards[board]
    buttons = [c["name"] for c in profile.data.get("contact", ()) if not c["latch"]]
    causes = {str(other.values.get("when", "")): other for other in book.of("interlock")}
    fix = "write an input of a switch"
    if free := [f"{board}.{b}" for b in buttons if f"{board}.{b}" not in causes]:
        fix = f"write the contact of a push button, such as {shown(free[0])}"
    if name not in buttons:
        book.error(entry.at("local_reset"), f"{shown(point)} is an alarm and no push button; {fix}")
    elif point in causes:
        book.error(
            entry.at("local_reset"), f"{shown(point)} is the cause of {causes[point].title}; {fix}"
        )


def _threshold(book: Book, interlock: Entry) -> None:
    written = [key for key in ("above", "below", "active") if interlock.has(key)]
    for key in written[1:]:
        book.error(
            interlock.key_at(key),
            f"{interlock.title} has {written[0]} and {key}; write a second [[interlock]] for one",
        )
    watched = _watched(book, interlock)
    if watched is None:
        return
    if watched.number and "active" in written:
        book.error(
            interlock.key_at("active"),
            f"{watched.said} is a number and never active; write above or below",
        )
    if watched.number and not written:
        book.error(
            interlock.at("when"),
            f"{watched.said} acts beyond a figure; write above = … or below = … too",
        )
    if not watched.number and written and written[0] != "active":
        book.error(
            interlock.key_at(written[0]),
            f"{watched.said} is a contact and has no figure; "
            f"write active = true instead of {written[0]}",
        )
    _aged(book, interlock, watched)
    if watched.number:
        _reachable(book, interlock, watched)


def _watched(book: Book, interlock: Entry) -> Watched | None:
    """What the interlock watches; None where that is not known."""
    when = str(interlock.values.get("when", ""))
    owner = book.named.get(when.partition(".")[0]) if when else None
    section = owner.section.name if owner else ""
    if owner is not None and section == "meter":
        return _of_meter(book, owner, when.partition(".")[2])
    if section == "switch":
        return Watched("an input", number=False)
    channel = channel_of(book, when) if section == "board" else None
    return None if channel is None else _of_board(book, interlock, when, channel)


def _of_meter(book: Book, meter: Entry, channel: str) -> Watched:
    profile = book.hardware.meters.get(name_of(meter))
    registers = profile.registers if profile and not meter.has("scale") else ()
    span = next(((r.low, r.high) for r in registers if r.channel == channel), ())
    poll_s = value(meter, "poll_s") or 0.0
    samples = f"two polls of meter {shown(name_of(meter))} ({figure(poll_s)} s)"
    low, high = span or (-math.inf, math.inf)
    return Watched("a meter's channel", True, low, high, poll_s, samples)


def _of_board(book: Book, interlock: Entry, when: str, channel: Channel) -> Watched:
    minus = channel_of(book, str(interlock.values.get("minus", "")))
    low, high, every_s = channel.low, channel.high, channel.every_s
    if minus is not None:
        low, high, every_s = low - minus.high, high - minus.low, max(every_s, minus.every_s)
    samples = f"two samples of {shown(when)} ({figure(every_s)} s)"
    number = channel.kind is ChannelKind.NUMBER
    return Watched(shown(when), number, low, high, every_s, samples)


def _aged(book: Book, interlock: Entry, watched: Watched) -> None:
    derived = watched.said.startswith('"') and not interlock.has("max_age_s")
    age, least = value(interlock, "max_age_s"), 2 * watched.period_s
    if age is not None and age < least and not derived:
        book.error(
            interlock.at("max_age_s" if interlock.has("max_age_s") else "when"),
            f"max_age_s = {figure(age)} is less than {watched.samples}; "
            f"write {figure(least)} or more",
        )


def _reachable(book: Book, interlock: Entry, watched: Watched) -> None:
    """The threshold can be crossed, and crossed back so that the interlock clears."""
    point, minus = interlock.values["when"], interlock.values.get("minus")
    what = point.partition(".")[2] + (f" minus {minus.partition('.')[2]}" if minus else "")
    for key in ("above", "below"):
        limit = interlock.values.get(key)
        if limit is None or math.isinf(watched.low):
            continue
        hysteresis = value(interlock, "hysteresis") or 0.0
        wrong = unreachable(what, (watched.low, watched.high), key, limit, hysteresis)
        if wrong:
            book.error(interlock.at(wrong[0]), wrong[1])
