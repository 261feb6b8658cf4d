"""`headworks sim`: serve a simulated substation, inject faults, look at its true state."""

import argparse
import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from headworks import paths
from headworks.cli import sim_print
from headworks.cli.parser import above_zero, explained

_REFUSED = 1
_UNREADABLE = 2
_NOT_SERVED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks sim` and its subcommands."""
    subs = parser.add_subparsers(
        dest="sim", metavar="serve|fault|faults|status|reset-breaker|setpoint", required=True
    )
    _serve_arguments(explained(subs, "serve", "serve a site's meters, relays and pins"))
    fault = explained(subs, "fault", "inject a fault by name, or clear it")
    fault.add_argument("name", help="`headworks sim faults` lists them")
    fault.add_argument("target", nargs="?", default="", help="a meter, rack, …; all for each")
    fault.add_argument("--clear", action="store_true", help="end it (name `all`: end every fault)")
    fault.add_argument(
        "--for", dest="for_s", type=above_zero, metavar="S", help="end it after S seconds"
    )
    fault.add_argument("--value", type=float, help="how much, in the fault's own unit")
    explained(subs, "faults", "list the faults and what they can be aimed at")
    explained(subs, "status", "the true state, which no meter or station can colour")
    explained(subs, "reset-breaker", "close the breaker that an upstream trip opened")
    setpoint = explained(subs, "setpoint", "order a limit as a SCADA master would")
    _site_argument(setpoint)
    setpoint.add_argument("--kw", required=True, help="the limit in kW, or none for no limit")
    setpoint.add_argument("--valid-for", type=int, default=60, metavar="S", help="seconds (60)")
    setpoint.add_argument("--signal", help="which setpoint signal, where there are several")
    setpoint.add_argument("--keep", type=float, metavar="S", help="stay and beat every S seconds")
    for name in ("fault", "faults", "status", "reset-breaker"):
        _socket_arguments(subs.choices[name])


def _socket_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--socket", type=Path, metavar="PATH", help="the simulator's command socket"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _site_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", type=Path, required=True, metavar="SITE", help="the site file")


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    from headworks.sim.days import DAYS

    add = parser.add_argument
    _site_argument(parser)
    _socket_arguments(parser)
    add("--pins", type=Path, metavar="PATH", help="pin socket (default: connect of [gpio])")
    add("--ready-fd", type=int, metavar="FD", help="write one line there once all is served")
    add("--day", choices=DAYS, default="cloudy", help="a built-in day (cloudy)")
    add("--seed", type=int, default=1, help="of weather and noise (1)")
    add("--speed", type=float, default=1.0, help="the weather's; a day in five minutes is 288 (1)")
    add("--start", metavar="HH:MM", help="time of day to begin at")
    add("--data", type=Path, metavar="CSV", help="play a recording instead (.gz allowed)")
    add("--date", metavar="YYYY-MM-DD", help="the day of the recording")
    add("--load", default="Zone1", metavar="COLUMN", help="the load's column (Zone1)")
    add("--irradiance", default="general diffuse flows", metavar="COLUMN", help="in W/m²")
    add("--temperature", default="Temperature", metavar="COLUMN", help="in °C")
    add("--peak-load-kw", type=float, help="the load's peak (45 %% of the largest feeder)")
    add("--pv-kw", type=float, help="photovoltaic capacity (90 %% of the largest feeder)")
    add("--ramp-s", type=float, default=300.0, help="a miner's way to full power, s (300)")
    add("--deadman-s", type=float, default=2.0, help="time of the dead-man's watchdog, s (2)")
    add("--step-s", type=float, default=0.05, help="step of the plant, s (0.05)")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 well, 1 refused or mistakes in the site, 2 unreadable, 4 cannot serve."""
    if args.sim == "serve":
        return _serve(args)
    if args.sim == "setpoint":
        return _setpoint(args)
    return _ask(args)


def _fail(text: object, code: int) -> int:
    print(f"headworks sim: {text}", file=sys.stderr)
    return code


def _ask(args: argparse.Namespace) -> int:
    """One question to a running simulator."""
    from headworks.sim.client import SimError, ask

    try:
        reply = ask(args.socket or paths.sim_socket(), **_question(args))
    except SimError as error:
        if args.sim != "faults" or args.socket:
            return _fail(error, _REFUSED)
        reply = _faults_alone()
    shown = reply.get("status") or reply.get("faults", [])
    print(
        json.dumps(shown)
        if args.json
        else sim_print.text(args.sim, shown, args.sim == "fault" and args.clear)
    )
    return 0


def _faults_alone() -> dict[str, Any]:
    """The catalogue where no simulator runs, so that backtests can be planned without one."""
    from headworks.sim.faults.kinds import catalogue

    print(
        "headworks sim: no simulator runs; the names of its meters, racks and boards are left out",
        file=sys.stderr,
    )
    return {"faults": catalogue()}


def _question(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line asks, as a request of the command socket."""
    if args.sim != "fault":
        return {"op": args.sim}
    if not args.clear:
        return {"op": "fault", "name": args.name, "target": args.target, "value": args.value,
                "for_s": args.for_s}  # fmt: skip
    return {"op": "clear", "name": None if args.name == "all" else args.name, "target": args.target}


def _load(path: Path) -> Any:
    """The site, or an exit code after saying why not."""
    from headworks.site import SiteErrors, SiteUnreadable, load_site

    try:
        return load_site(path)
    except SiteUnreadable as error:
        return _fail(error, _UNREADABLE)
    except SiteErrors as errors:
        print(errors, file=sys.stderr)
        return _REFUSED


def _setpoint(args: argparse.Namespace) -> int:
    """Order a limit as a SCADA master."""
    from headworks.sim.master import MasterError, limit, order, pick

    site = _load(args.site)
    if isinstance(site, int):
        return site
    try:
        signal = pick(site, args.signal)
        limit_kw = limit(args.kw, args.valid_for)
        said = partial(print, flush=True)  # a pipe would show it when the last beat is over
        asyncio.run(order(signal, limit_kw, args.valid_for, beat_s=args.keep, say=said))
    except MasterError as error:
        return _fail(error, _REFUSED)
    return 0


def _serve(args: argparse.Namespace) -> int:
    """Serve a site until a signal comes."""
    from headworks.cli.sim_serve import serve

    site = _load(args.site)
    if isinstance(site, int):
        return site
    return serve(site, args)
