"""`headworks rack NAME off|auto|lock|unlock`: one rack, by a person."""

import argparse

from headworks.cli.station_client import actor, add_actor, add_socket, command
from headworks.faces.done import DONE
from headworks.model.live import Action

ACTIONS = ("off", "auto", "lock", "unlock")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks rack`."""
    parser.add_argument("name", metavar="NAME", help="the rack")
    parser.add_argument(
        "action",
        choices=ACTIONS,
        metavar="|".join(ACTIONS),
        help="off: until auto; lock: a person works on it, only unlock frees it",
    )
    parser.add_argument("--note", default="", help="why, for whoever comes next")
    add_actor(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when it is done and on disk, 1 when refused, 3 when no station runs."""
    done = DONE[Action(args.action)].format(name=args.name, prefix="headworks ")
    return command(
        args.socket, args.action, args.name, who=actor(args.actor), note=args.note, done=done
    )
