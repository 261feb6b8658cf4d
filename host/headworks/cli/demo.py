"""`headworks demo`: a simulated substation and the real station against it, shown live.

The weather of a day runs through in about five minutes, the station keeps real time. Ends when
the day is over, after --for, or with Ctrl-C; always with every rack off and no process left.
"""

import argparse
import sys
from pathlib import Path

DAY_S = 86_400.0
LENGTH_S = 300.0  # of a day, unless --speed says otherwise
RAMP_S = 1.0  # of a miner to full power; some five minutes where the day is not compressed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks demo`."""
    from headworks.sim.days import DAYS

    add = parser.add_argument
    add("--site", type=Path, metavar="SITE", help="your own site file; its addresses are replaced")
    add("--day", choices=DAYS, default="cloudy", help="the weather (default: cloudy)")
    add("--data", type=Path, metavar="CSV", help="play a recording instead of a built-in day")
    add("--date", metavar="DATE", help="which day of the recording, such as 2017-06-21")
    add("--start", metavar="HH:MM", help="time of day to begin at (default: the day's own)")
    add(
        "--speed", type=_above_zero, default=DAY_S / LENGTH_S, metavar="X",
        help=f"how much faster the weather runs (default {DAY_S / LENGTH_S:.0f}: a day in 5 min)",
    )  # fmt: skip
    add("--for", dest="for_s", type=_above_zero, metavar="S", help="end after S seconds")
    add("--json", action="store_true", help="one line of JSON for each scan, then a summary")
    add("--seed", type=int, default=1, help="of clouds and noise (default 1)")
    add("--peak-load-kw", type=float, metavar="KW", help="peak of the site's other load")
    add("--pv-kw", type=float, metavar="KW", help="photovoltaic capacity")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 1 something ended too early or stayed on, 2 bad site file."""
    from headworks.cli.demo_run import show_demo

    if args.date and not args.data:
        return _refuse("--date chooses a day of a recording; name the file with --data")
    if args.data and not args.date:
        return _refuse("--data wants --date too: the day of the recording to play")
    try:
        return show_demo(args)
    except OSError as error:
        return _refuse(f"{error.filename or 'demo'}: {error.strerror or error}")


def sim_words(args: argparse.Namespace) -> list[str]:
    """What the simulator is told of all this."""
    words = ["--speed", repr(args.speed), "--seed", str(args.seed), "--ramp-s", repr(RAMP_S)]
    if args.data:
        words += ["--data", str(args.data.absolute()), "--date", args.date]
    else:
        words += ["--day", args.day]
    for name in ("start", "peak_load_kw", "pv_kw"):
        if getattr(args, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    return words


def _above_zero(text: str) -> float:
    """A finite number above zero. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: write a number above 0")
    return value


def _refuse(text: str) -> int:
    print(f"headworks demo: {text}", file=sys.stderr)
    return 2
