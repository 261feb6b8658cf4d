"""`headworks status`: what the station sees and does, once or as it happens."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import datetime

from headworks.cli.parser import zero_or_more
from headworks.cli.station_client import add_socket, talk
from headworks.faces.client import State, StationClient

Show = Callable[[State], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks status`."""
    parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="the whole state, one line each")
    parser.add_argument(
        "--every",
        type=zero_or_more,
        default=0.5,
        metavar="S",
        help="with --watch: at most every S s",
    )
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the station is healthy, 1 when it is not, 3 when none runs."""
    if not args.watch:
        return talk(args.socket, lambda client: _once(client, args.json))
    show = _print_json if args.json else _print_lines
    if sys.stdout.isatty() and not args.json:
        return talk(args.socket, lambda client: _live(client, args.every))
    return talk(args.socket, lambda client: _each(client, args.every, show))


async def _once(client: StationClient, as_json: bool) -> int:
    state = await client.state()
    if as_json:
        _print_json(state)
    elif sys.stdout.isatty():
        _print_view(state)
    else:
        _print_lines(state, ages=True)
    return 0 if state["healthy"] else 1


async def _each(client: StationClient, every_s: float, show: Show) -> int:
    async for state in client.subscribe(every_s):
        show(state)
        sys.stdout.flush()
    return 0


async def _live(client: StationClient, every_s: float) -> int:
    from rich.live import Live

    from headworks.faces.lines import past
    from headworks.faces.live import View

    view = View(ascii_only=_ascii_only())
    with Live(view, screen=True, auto_refresh=False) as live:
        first = True
        async for state in client.subscribe(every_s):
            view.see(state, _clock(state), past(state) if first else None)
            first = False
            live.refresh()
    return 0


def _print_json(state: State) -> None:
    print(json.dumps(state, separators=(",", ":")))


def _print_lines(state: State, ages: bool = False) -> None:
    """Overview, alarms and events; events of the past come with their age."""
    from headworks.faces.board_lines import board_lines
    from headworks.faces.held import way_lines
    from headworks.faces.lines import alarm_lines, happenings, overview, past

    print(overview(state, state["time"] or ""))
    for line in board_lines(state) if ages else ():
        print(line)
    for severity, text in alarm_lines(state):
        print(f"{severity} {text}")
    for line in way_lines(state):
        print(line)
    for line in past(state) if ages else happenings(state):
        print(line)


def _print_view(state: State) -> None:
    """As in `--watch`, as tall as it is."""
    from rich.console import Console

    from headworks.faces.lines import past
    from headworks.faces.live import View

    view = View(ascii_only=_ascii_only())
    view.see(state, _clock(state), past(state))
    console = Console()
    console.print(view, height=len(state["racks"]) + len(state["feeders"]) + 30)


def _clock(state: State) -> str:
    """The time of day at the site, where the station knows it."""
    if not state["time"]:
        return ""
    return datetime.fromisoformat(state["time"]).strftime("%H:%M:%S")


def _ascii_only() -> bool:
    return not (sys.stdout.encoding or "").lower().startswith("utf")
