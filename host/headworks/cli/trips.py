"""`headworks trips`: what has tripped, latched or is locked out, and what to do about it."""

import argparse
import json
import sys

from headworks.cli.station_client import add_socket, talk
from headworks.cli.table import show
from headworks.faces.client import State, StationClient
from headworks.faces.held import way_lines
from headworks.faces.trips import trip_row, trips


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks trips`."""
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is latched, 1 when something is, 3 when no station runs."""

    async def work(client: StationClient) -> int:
        state = await client.state()
        found = trips(state)
        if args.json:
            print(json.dumps(found))
        elif found:
            _show(state, found)
        else:
            print("nothing has tripped, latched or is locked out")
        return 1 if found else 0

    return talk(args.socket, work)


def _show(state: State, found: list[State]) -> None:
    """On a terminal those that say the same share a row, and the way back follows in order."""
    if not sys.stdout.isatty():
        show((), [trip_row(item) for item in found])
        return
    rows: dict[tuple[str, str], list[str]] = {}
    for item in found:
        what, word, why, _ = trip_row(item)
        rows.setdefault((word, why), []).append(what)
    show(("what", "state", "why"), [(", ".join(n), word, why) for (word, why), n in rows.items()])
    unlocks = [item["way_out"] for item in found if item["state"] == "locked-out"]
    for line in (*way_lines(state), *unlocks):
        print(line)
