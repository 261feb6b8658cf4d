"""Plays days of a recording through the demo, one after the other, and prints a table.

Everything is real but the plant: Modbus over sockets, the station's own clock and decision. The
figures are the simulator's own account of true powers. Only the weather is compressed, so a
rack's ramp and every timer weigh as many times more as the day is shorter; the table says how many.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

DAY_S = 86_400.0
DATES = "2017-06-18,2017-06-13,2017-02-06"
FEEDER_KW, PV_KW = 1000.0, 900.0
HEAD = (
    "| day | surplus kWh | used | imported because of racks | switchings a rack (most) |\n"
    "| --- | ---: | ---: | ---: | ---: |"
)


class DayError(Exception):
    """A day could not be played; the text says why."""


def command(options: argparse.Namespace, date: str) -> list[str]:
    """The demo's command line for one day."""
    speed = DAY_S / (60.0 * options.minutes)
    return [
        *(sys.executable, "-I", "-m", "headworks", "demo", "--json"),
        *("--data", str(options.data), "--date", date, "--speed", repr(speed)),
        *("--pv-kw", repr(options.pv_kw), "--peak-load-kw", repr(options.peak_load_kw)),
    ]


def play(options: argparse.Namespace, date: str) -> dict[str, Any]:
    """One day; the demo's summary. Raises DayError."""
    summary: dict[str, Any] | None = None
    hour = ""
    with subprocess.Popen(command(options, date), stdout=subprocess.PIPE, text=True) as demo:
        for line in demo.stdout or ():
            found = json.loads(line)
            if found["event"] == "summary":
                summary = found
            elif found["clock"][:2] != hour:
                hour = found["clock"][:2]
                say(f"\r{date} {hour}:00")
    say(f"\r{date} done \n")
    if demo.returncode != 0 or summary is None:
        raise DayError(f"the demo of {date} ended with exit code {demo.returncode}")
    return summary


def say(text: str) -> None:
    """Progress, where somebody looks."""
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)


def row(found: dict[str, Any]) -> str:
    """A day as a row of the table."""
    share, wasted = found["used_share"], found["imported_share"]
    used = "none came" if share is None else f"{100 * share:.1f} %"
    part = "" if wasted is None else f" ({100 * wasted:.2f} % of theirs)"
    most = max(found["switchings"].values(), default=0)
    return (
        f"| {found['day']} | {found['available_kwh']:.0f} | {used} "
        f"| {found['imported_kwh']:.1f} kWh{part} "
        f"| {found['switchings_per_rack']:.1f} ({most}) |"
    )


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of tools/days."""
    parser = argparse.ArgumentParser(prog="tools/days", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="CSV", help="the recording")
    parser.add_argument("--dates", default=DATES, metavar="A,B,C", help=f"days (default {DATES})")
    parser.add_argument("--minutes", type=float, default=5.0, help="length of a day (default 5)")
    parser.add_argument("--pv-kw", type=float, default=PV_KW, help=f"default {PV_KW:.0f}")
    parser.add_argument(
        "--peak-load-kw",
        type=float,
        default=0.45 * FEEDER_KW,
        help="to which the recording's highest load is scaled (default 450)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Play the days and print the table; 1 when one could not be played."""
    options = parse(arguments)
    try:
        found = [play(options, date) for date in options.dates.split(",")]
    except DayError as error:
        print(f"tools/days: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    speed = DAY_S / (60.0 * options.minutes)
    print(f"Each day in {options.minutes:g} minutes: weather × {speed:.0f}, timers in real time.\n")
    print("\n".join([HEAD, *map(row, found)]))
    return 0
