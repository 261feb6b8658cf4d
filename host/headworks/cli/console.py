"""`headworks console`: look at the station and act, in a terminal or at a serial port.

Looking is free. Acting takes a PIN: `headworks user pin NAME`. Works on a terminal that can do
nothing but characters.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from headworks import paths
from headworks.cli.parser import above_zero
from headworks.cli.station_client import add_socket

EXIT_CANNOT = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks console`."""
    add = parser.add_argument
    add("--serial", metavar="PORT", help="serve a serial port, such as /dev/ttyAMA0, for ever")
    add("--baud", type=int, default=115200, metavar="N", help="of the port (default 115200)")
    add(
        "--idle", type=above_zero, default=300.0, metavar="S",
        help="log off after S s without a line (default 300)",
    )  # fmt: skip
    add("--state", type=Path, metavar="DIR", help="folder of PINs and guesses")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 ended in order, 1 a line of a pipe was not answered, 4 the options cannot be."""
    from headworks.faces.console.login import Login
    from headworks.faces.console.piped import from_pipe
    from headworks.faces.console.serve import Port, at_port, on_terminal

    people, state = args.state or paths.people_dir(), args.state or paths.state_dir()
    login = Login(people, state, args.idle)
    if args.serial is not None:
        if args.baud <= 0:
            return _refuse(f"--baud {args.baud}: write a number above 0, such as 115200")
        asyncio.run(at_port(Port(args.serial, args.baud), login, args.socket))
    elif sys.stdin.isatty() and sys.stdout.isatty():
        asyncio.run(on_terminal(login, args.socket))
    else:
        return asyncio.run(from_pipe(sys.stdin, args.socket))
    return 0


def _refuse(text: str) -> int:
    print(f"headworks console: {text}", file=sys.stderr)
    return EXIT_CANNOT
