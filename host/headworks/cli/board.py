"""`headworks board list | flash | update | console | selftest | label`: sensor boards.

With a running station its boards are reached through it; without one, at their ports.
"""

import argparse
import importlib
import sys

from headworks.cli.parser import explained
from headworks.faces.client import NotRunningError, StationError
from headworks.flash.errors import FlashError
from headworks.hardware.files import HardwareError
from headworks.model.text import clean
from headworks.site.problems import SiteErrors, SiteUnreadable

FAILED, WRONG = 1, 2
# name -> one line of help; each is a module board_NAME with add_arguments(parser) and run(args)
ACTIONS = {
    "list": "every port that may hold a board, and what is on it",
    "flash": "put the firmware on a board: an empty one, MicroPython, or an older Headworks",
    "update": "bring the running station's boards up to date, one after another",
    "console": "talk to a board: help, info, sensors, outputs, selftest, log and more",
    "selftest": "let boards check their sensors, memory and flash",
    "label": "a label for the enclosure: text and QR code",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in ACTIONS.items():
        _module(name).add_arguments(explained(commands, name, text))


def run(args: argparse.Namespace) -> int:
    """0 when all went well, 1 when something failed, 2 for a wrong call, 3 without a station."""
    try:
        return int(_module(args.action).run(args))
    except (FlashError, StationError) as error:
        _say(error)
        return 3 if isinstance(error, NotRunningError) else FAILED
    except (HardwareError, SiteUnreadable) as error:
        _say(error)
    except SiteErrors:
        print("headworks board: the site file has mistakes; see: headworks check", file=sys.stderr)
    return WRONG


def _say(error: Exception) -> None:
    """What went wrong, though a part of it came from a board or from a station."""
    for line in str(error).splitlines():
        print(f"headworks board: {clean(line)}", file=sys.stderr)


def _module(action: str):  # type: ignore[no-untyped-def]
    return importlib.import_module(f"headworks.cli.board_{action}")
