"""Which column of a data file is which channel, in which unit.

A column is found by the channel's own name (`load_kw`, `load_w`, `time`), or by `--map
CHANNEL=COLUMN[:UNIT][*FACTOR]`. The unit comes from the map, from the heading ("Load (MW)",
"load_mw"), and is never guessed from the figures. Reads no rows.
"""

import math
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from headworks.replay.data_error import DataError, at

TIME = "time"
_POWER = {"w": 1e-3, "kw": 1.0, "mw": 1e3, "gw": 1e6}
_ENERGY = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3}
_UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "power": {name: (factor, 0.0) for name, factor in _POWER.items()},
    "irradiance": {
        "w/m2": (1.0, 0.0), "w/m²": (1.0, 0.0), "kw/m2": (1e3, 0.0), "kw/m²": (1e3, 0.0),
    },
    "temperature": {
        "°c": (1.0, 0.0), "c": (1.0, 0.0), "degc": (1.0, 0.0), "k": (1.0, -273.15),
        "°f": (5 / 9, -160 / 9), "f": (5 / 9, -160 / 9),
    },
    "frequency": {"hz": (1.0, 0.0), "mhz": (1e-3, 0.0)},
    "figure": {"1": (1.0, 0.0)},
}  # fmt: skip
CHANNELS: dict[str, tuple[str, str]] = {
    "grid_kw": ("power", "power at the point of connection without racks, import positive"),
    "load_kw": ("power", "what the site's other loads draw"),
    "pv_kw": ("power", "photovoltaic or other generation, positive"),
    "irradiance_w_m2": ("irradiance", "irradiance, from which --pv-kw makes generation"),
    "temperature_c": ("temperature", "outside air; racks draw more in the heat"),
    "frequency_hz": ("frequency", "of the grid"),
}
# further columns of a site: "limit:NAME" of a signal, "other:METER", "seen:CHANNEL" of interlocks
_OWN = {"limit": "power", "other": "power", "seen": "figure"}
_DURATION = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_EMPTY_WORDS = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--"})


class Wish(NamedTuple):
    """One `--map`: the column's heading, its unit ("" = from the heading), a further factor."""

    heading: str
    unit: str = ""
    factor: float = 1.0


class Column(NamedTuple):
    """Where a channel stands in a row and how it becomes the channel's own unit.

    `hours` is None for a figure of the moment. For an energy per interval (kWh) it is the
    interval's length in hours, or 0.0 where the file's own spacing tells.
    """

    channel: str
    heading: str
    place: int
    factor: float
    offset: float
    hours: float | None


def kind_of(channel: str) -> str | None:
    """Which units a channel takes; None where there is no such channel."""
    if channel in CHANNELS:
        return CHANNELS[channel][0]
    prefix, colon, name = channel.partition(":")
    return _OWN.get(prefix) if colon and name else None


def parse_map(text: str) -> tuple[str, Wish]:
    """`CHANNEL=COLUMN[:UNIT][*FACTOR]` as channel and wish. Raises DataError."""
    channel, found, rest = text.partition("=")
    channel = channel.strip()
    if not found or not rest.strip():
        raise DataError(f"--map {text}: write CHANNEL=COLUMN, such as --map 'load_kw=Zone 1:kW'")
    if channel != TIME and kind_of(channel) is None:
        near = get_close_matches(channel, [TIME, *CHANNELS], 1)
        guess = f"did you mean {near[0]}?" if near else f"there are {', '.join((TIME, *CHANNELS))}"
        raise DataError(f"--map {text}: no channel {channel!r}; {guess}")
    factor, unit = 1.0, ""
    head, star, tail = rest.rpartition("*")
    if star and (number := _number(tail)) is not None:
        rest, factor = head, number
    head, colon, tail = rest.rpartition(":")
    if colon and channel != TIME and _conversion(channel, tail.strip()) is not None:
        rest, unit = head, tail.strip()
    return channel, Wish(rest.strip(), unit, factor)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value != 0.0 else None


def find(path: Path, heading: Sequence[str], wishes: dict[str, Wish]) -> tuple[int, list[Column]]:
    """The place of the time and the columns to read. Raises DataError."""
    names = [name.strip() for name in heading]
    _no_doubles(path, names)
    place = _time_place(path, names, wishes)
    columns = [
        _wished(path, names, channel, wish) for channel, wish in wishes.items() if channel != TIME
    ]
    taken = {column.place for column in columns} | {place}
    for spot, name in enumerate(names):
        own = _by_own_name(name)
        if own is not None and own not in wishes and spot not in taken:
            columns.append(_wished(path, names, own, Wish(name)))
    _enough(path, names, columns)
    return place, columns


def _no_doubles(path: Path, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise at(path, 1, f"two columns are called {name!r}", "give each its own name")
        seen.add(name)


def _time_place(path: Path, names: list[str], wishes: dict[str, Wish]) -> int:
    """Where the time stands: as mapped, or under a usual name."""
    if TIME in wishes:
        return _place(path, names, TIME, wishes[TIME].heading)
    usual = (TIME, "timestamp", "datetime", "date", "date_time", "utc", "time_utc")
    for spot, name in enumerate(names):
        if name.lower().replace(" ", "_") in usual:
            return spot
    raise at(path, 1, f"no column of times among {_list(names)}", "name it: --map time=COLUMN")


def _place(path: Path, names: list[str], channel: str, heading: str) -> int:
    if heading in names:
        return names.index(heading)
    name, _, unit = heading.rpartition(":")
    if name in names:
        units = ", ".join(_UNITS.get(kind_of(channel) or "", {}))
        raise at(path, 1, f"{unit!r} is no unit of {channel}",
                 f"write one of {units}" if units else "leave it out")  # fmt: skip
    near = get_close_matches(heading, names, 1)
    fix = f"did you mean {near[0]!r}?" if near else f"there are {_list(names)}"
    raise at(path, 1, f"no column {heading!r} for {channel}", fix)


def _list(names: Iterable[str]) -> str:
    found = [repr(name) for name in names if name]
    return ", ".join(found[:12]) + (", …" if len(found) > 12 else "") if found else "no headings"


def _by_own_name(name: str) -> str | None:
    """The channel that a heading names by itself: `load_kw`, or `load_w` and `load (MW)` too."""
    if kind_of(name) is not None:
        return name
    stem, unit = _unit_in(name)
    for channel, (kind, _) in CHANNELS.items():
        if unit and kind == "power" and f"{stem}_kw" == channel:
            return channel
    return None


def _unit_in(heading: str) -> tuple[str, str]:
    """A heading as its stem and the unit that it names, or "" where it names none."""
    match = re.search(r"^(.*?)[\s_]*[\[(]\s*([^\])]+?)\s*[\])]\s*$", heading) or re.search(
        r"^(.*?)[\s_]+(m?wh?|k?wh?|gw|°c|degc|hz|w/m[2²]|kw/m[2²])$", heading, re.IGNORECASE
    )
    return (match.group(1).lower(), match.group(2)) if match else (heading.lower(), "")


def _conversion(channel: str, unit: str) -> tuple[float, float, float | None] | None:
    """Factor, offset and hours per interval of a unit for a channel; None where it is no unit."""
    kind = kind_of(channel) or ""
    if kind == "power" and (found := _per_interval(unit)) is not None:
        return found
    known = _UNITS.get(kind, {}).get(_lower(unit))
    return None if known is None else (*known, None)


def _lower(unit: str) -> str:
    """A unit in small letters; mW stays apart from MW, and nobody means milliwatts."""
    return "milliwatt" if unit == "mW" else unit.lower()


def _per_interval(unit: str) -> tuple[float, float, float | None] | None:
    """kWh, or kWh/15min."""
    name, slash, length = unit.partition("/")
    factor = _ENERGY.get(_lower(name.strip()))
    if factor is None:
        return None
    if not slash:
        return factor, 0.0, 0.0
    match = re.fullmatch(r"\s*([0-9.]*)\s*(s|min|m|h)\s*", length)
    count = _number(match.group(1) or "1") if match else None
    if match is None or count is None:
        return None
    return factor, 0.0, count * _DURATION[match.group(2)] / 3600.0


def _wished(path: Path, names: list[str], channel: str, wish: Wish) -> Column:
    """A column with its conversion. Raises DataError where unit and heading disagree."""
    place = _place(path, names, channel, wish.heading)
    told = "" if wish.heading == channel else _unit_in(wish.heading)[1]
    by_heading = _conversion(channel, told) if told else None
    unit = wish.unit or (told if by_heading else "")
    kind = kind_of(channel) or ""
    if not unit and (wish.heading == channel or kind == "figure"):
        return Column(channel, wish.heading, place, wish.factor, 0.0, None)
    if not unit:
        units = ", ".join(_UNITS[kind])
        more = ", kWh/15min" if kind == "power" else ""
        raise at(path, 1, f"column {wish.heading!r} does not say its unit",
                 f"write --map '{channel}={wish.heading}:UNIT', one of {units}{more}")  # fmt: skip
    made = _conversion(channel, unit)
    if made is None:
        raise at(path, 1, f"{unit!r} is no unit of {channel}", "see --help for the units")
    if by_heading is not None and by_heading[:2] != made[:2]:
        raise at(path, 1, f"column {wish.heading!r} is named in {told} and mapped in {unit}",
                 "the file mixes units or the map is wrong: make both the same")  # fmt: skip
    factor, offset, hours = made
    return Column(channel, wish.heading, place, factor * wish.factor, offset, hours)


def _enough(path: Path, names: list[str], columns: list[Column]) -> None:
    """Raises DataError where the columns do not give the power without racks, or give it twice."""
    have = {column.channel for column in columns}
    parts = have & {"load_kw", "pv_kw", "irradiance_w_m2"}
    if "grid_kw" in have and parts:
        raise at(path, 1, f"both grid_kw and {', '.join(sorted(parts))} are there",
                 "map either the power at the point of connection or its parts")  # fmt: skip
    if "grid_kw" not in have and not have & {"load_kw", "pv_kw"}:
        raise at(path, 1, f"no column gives grid_kw or load_kw; there are {_list(names)}",
                 "name one: --map 'grid_kw=COLUMN:kW'")  # fmt: skip


def value(column: Column, path: Path, row: int, cell: str, comma: bool) -> float | None:
    """A cell in the channel's unit; None where it is empty. Raises DataError."""
    try:
        number = float(cell)
    except ValueError:
        word = cell.strip()
        if word.lower() in _EMPTY_WORDS:
            return None
        number = _loose(column, path, row, word, comma)
    if not math.isfinite(number):
        if math.isnan(number):
            return None
        raise at(path, row, f"column {column.heading!r} is {cell!r}", "a finite number is wanted")
    return number * column.factor + column.offset


def _loose(column: Column, path: Path, row: int, word: str, comma: bool) -> float:
    """A number with a decimal comma, or the error that says what is wrong. Raises DataError."""
    swapped = _plain(word.replace(".", "").replace(",", "."))
    if comma and swapped is not None:
        return swapped
    where = f"column {column.heading!r} is {word[:40]!r}"
    if swapped is not None:
        raise at(path, row, where, "a decimal comma? say --decimal-comma")
    if re.fullmatch(r"[-+0-9.,]+\s*[A-Za-z°²/]+", word):
        raise at(path, row, where, "cells with units may mix them: keep one unit for the whole "
                 "column and name it in the heading or the map")  # fmt: skip
    raise at(path, row, where, "a number, or nothing where there is none, is wanted")


def _plain(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
