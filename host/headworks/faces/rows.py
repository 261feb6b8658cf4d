"""Racks, meters and signals as rows of text, and rows as aligned lines. Decides nothing."""

from collections.abc import Iterable, Sequence

from headworks.faces.client import State
from headworks.faces.lines import plain, why_now
from headworks.faces.sentences import QUALITIES
from headworks.faces.words import duration


def rack_row(state: State, rack: State) -> tuple[str, ...]:
    """Name, kind, state, kW, starts in the last 24 h, and one sentence why."""
    name = plain(rack["name"])
    power = "?" if rack["power_kw"] is None else f"{rack['power_kw']:.1f}"
    told = why_now(state, rack, name, dated=False)
    return (name, rack["kind"], rack["state"], power, str(rack["starts_today"]), told)


def meter_rows(state: State) -> list[tuple[str, str, str, str]]:
    """Of each meter its name, kW and Hz, how good its value is, and how old."""
    return [
        (plain(one["name"]), _figures(one), _quality(one), _age(one["age_s"]))
        for one in state["meters"]
    ]


def signal_rows(state: State) -> list[tuple[str, str, str, str]]:
    """Of each signal its name and kind, what it allows, and how good it is."""
    return [
        (plain(one["name"]), one["kind"], _allows(one), _quality(one)) for one in state["signals"]
    ]


def _figures(meter: State) -> str:
    power, frequency = meter["power_kw"], meter["frequency_hz"]
    figures = "? kW" if power is None else f"{power:.1f} kW"
    return figures if frequency is None else f"{figures}, {frequency:.2f} Hz"


def _allows(signal: State) -> str:
    kw = signal["limit_kw"]
    return "no limit" if kw is None else f"{kw:.0f} kW"


def _quality(item: State) -> str:
    word = QUALITIES.get(item["quality"], plain(item["quality"]))
    cause = plain(item.get("cause") or item.get("note") or "")
    return f"{word}: {cause}" if cause else word


def _age(age_s: float | None) -> str:
    return "never heard" if age_s is None else f"{duration(age_s)} ago"


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines with their columns below each other; the last is as long as it likes."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return ["  ".join((*map(str.ljust, row, widths), row[-1])).rstrip() for row in rows]
