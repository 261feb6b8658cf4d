"""`headworks racks`: each rack, its state and one sentence why."""

import argparse
import json

from headworks.cli.station_client import add_socket, talk
from headworks.cli.table import show
from headworks.faces.client import StationClient
from headworks.faces.rows import rack_row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks racks`."""
    parser.add_argument("--json", action="store_true", help="the racks as one line of JSON")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0, or 3 when no station runs."""

    async def work(client: StationClient) -> int:
        state = await client.state()
        racks = state["racks"]
        if args.json:
            print(json.dumps(racks))
        else:
            show(
                ("rack", "kind", "state", "kW", "starts", "why"),
                [rack_row(state, rack) for rack in racks],
                right=("kW", "starts"),
            )
        return 0

    return talk(args.socket, work)
