"""`headworks reset NAME`: clear the latch of a rack, interlock or board, once its cause is gone."""

import argparse

from headworks.cli.station_client import actor, add_actor, add_socket, command
from headworks.faces.done import DONE
from headworks.faces.held import way_lines
from headworks.model.live import Action


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks reset`."""
    parser.add_argument("name", metavar="NAME", help="the rack, interlock or sensor board")
    parser.add_argument("--note", default="", help="what was found and done")
    add_actor(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it is done and on disk, 1 when refused, 3 when no station runs."""
    return command(
        args.socket,
        "reset",
        args.name,
        who=actor(args.actor),
        note=args.note,
        done=DONE[Action.RESET].format(name=args.name),
        advice=way_lines,
    )
