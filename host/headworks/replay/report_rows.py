"""The tables of a report: headings and cells as text, for the page and for the terminal."""

from collections.abc import Callable, Sequence
from typing import Any

from headworks.replay.report_figures import Figures
from headworks.replay.report_words import energy, number, power, seconds, share

Table = tuple[list[str], list[list[str]]]

_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("Surplus there was", lambda f: energy(f["surplus_kwh"])),
    ("Surplus used by racks", lambda f: energy(f["used_kwh"])),
    ("Share of the surplus used", lambda f: share(f["used_share"])),
    ("Surplus not used", lambda f: energy(f["unserved_kwh"])),
    ("Imported because of racks", lambda f: energy(f["imported_because_of_racks_kwh"])),
    ("… as a share of racks' energy", lambda f: share(f["imported_share_of_racks"], 2)),
    ("Utilisation of racks", lambda f: share(f["utilisation"])),
    ("Switchings a rack and day", lambda f: number(f["switchings_per_rack_day"], 2)),
    ("Starts a rack and day", lambda f: number(f["starts_per_rack_day"], 2)),
    ("Surplus there → next rack started, mean", lambda f: _mean(f["time_to_follow_a_rise"])),
    ("… longest", lambda f: seconds(f["time_to_follow_a_rise"]["longest_s"])),
    ("Import because of racks → ended, mean", lambda f: _mean(f["time_to_end_an_import"])),
    ("… longest", lambda f: seconds(f["time_to_end_an_import"]["longest_s"])),
    ("Largest step up at once", lambda f: power(f["largest_step_up_kw"])),
    ("Largest step down at once", lambda f: power(f["largest_step_down_kw"])),
    ("Racks", lambda f: f"{f['site']['racks']}, {power(f['site']['rated_kw'])} together"),
    ("Time without data", lambda f: seconds(f["unknown_s"])),
)


def _mean(found: dict[str, Any]) -> str:
    times = found["times"]
    return seconds(found["mean_s"]) + (f" ({times:,} times)" if times else "")


def comparison(cases: Sequence[Figures]) -> Table:
    """A row for each figure, a column for each case."""
    head = ["", *(case["label"] for case in cases)]
    return head, [[name, *(tell(case) for case in cases)] for name, tell in _ROWS]


def racks(case: Figures) -> Table:
    """A row for each rack."""
    head = ["Rack", "Rated", "Energy", "Utilisation", "Time on", "Starts", "Most starts a day"]
    rows = [
        [
            rack["name"],
            power(rack["rated_kw"]),
            energy(rack["energy_kwh"]),
            share(rack["utilisation"]),
            seconds(rack["on_s"]),
            f"{rack['starts']:,}",
            f"{rack['most_starts_a_day']:,}",
        ]
        for rack in case["racks"]
    ]
    return head, rows


def limits(case: Figures) -> Table:
    """A row for each limit that bound."""
    rows = [
        [limit["source"], limit["sentence"], seconds(limit["bound_s"]), share(limit["share"])]
        for limit in case["limits"]
    ]
    return ["Limit", "What it means", "Bound for", "Share of time"], rows
