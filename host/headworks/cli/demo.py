"""`headworks demo`: a simulated substation and the real station against it, shown live.

The ten hours of a day in which it has surplus run through in five minutes, a recorded day from
midnight to midnight; the station keeps real time. Ends after that, after --for, or with Ctrl-C;
always with every rack off and no process left.
"""

import argparse
import sys
from pathlib import Path

from headworks.cli.parser import above_zero, time_of_day, zero_or_more
from headworks.cli.web import address

DAY_S = 86_400.0
SHOWN_S = 36_000.0  # of a built-in day
LENGTH_S = 300.0  # of what is shown, unless --speed says otherwise
STARTS = {"clear": "07:30", "cloudy": "07:30", "overnight": "21:00", "evening": "12:00"}
RAMP_S = 1.0  # of a miner to full power; some five minutes where the day is not compressed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks demo`."""
    from headworks.sim.days import DAYS

    add = parser.add_argument
    add("--site", type=Path, metavar="SITE", help="your own site file; its addresses are replaced")
    add("--day", choices=DAYS, default="cloudy", help="the weather (default: cloudy)")
    add("--data", type=Path, metavar="CSV", help="play a recording instead of a built-in day")
    add("--date", metavar="DATE", help="which day of the recording, such as 2017-06-21")
    add(
        "--start", type=time_of_day, metavar="HH:MM",
        help="time of day to begin at (default: shortly before the surplus comes)",
    )  # fmt: skip
    add(
        "--speed", type=above_zero, metavar="X",
        help="how much faster the weather runs (default 120: ten hours in 5 min)",
    )  # fmt: skip
    add(
        "--for", dest="for_s", type=above_zero, metavar="S",
        help="end after S seconds (default: when the day is over, which is in 5 min)",
    )  # fmt: skip
    add("--json", action="store_true", help="one line of JSON for each scan, then a summary")
    add(
        "--listen", type=address, metavar="HOST:PORT",
        help="where to serve the page (default 127.0.0.1:8080, or a free port; none with --json)",
    )  # fmt: skip
    add("--seed", type=int, default=1, help="of clouds and noise (default 1)")
    add("--peak-load-kw", type=zero_or_more, metavar="KW", help="peak of the site's other load")
    add("--pv-kw", type=zero_or_more, metavar="KW", help="photovoltaic capacity")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 1 something ended too early or stayed on, 2 bad site file."""
    from headworks.cli.demo_run import show_demo

    if args.date and not args.data:
        return _refuse("--date chooses a day of a recording; name the file with --data")
    if args.data and not args.date:
        return _refuse("--data wants --date too: the day of the recording to play")
    for path, advice in ((args.site, "`headworks init` writes one"), (args.data, "name another")):
        if path and not path.exists():
            return _refuse(f"{path}: there is no such file; {advice}")
    fill_in(args)
    try:
        return show_demo(args)
    except OSError as error:
        return _refuse(f"{error.filename or 'demo'}: {error.strerror or error}")


def fill_in(args: argparse.Namespace) -> None:
    """What was not asked for: where the day begins, how fast it runs, when it ends."""
    shown_s = DAY_S if args.data else SHOWN_S
    if not args.data:
        args.start = args.start or STARTS[args.day]
    args.speed = args.speed or shown_s / LENGTH_S
    args.for_s = args.for_s or shown_s / args.speed


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


def _refuse(text: str) -> int:
    print(f"headworks demo: {text}", file=sys.stderr)
    return 2
