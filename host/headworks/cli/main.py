"""The `headworks` command: picks the subcommand and imports only that one.

Each subcommand is a module of this package with `add_arguments(parser)` and `run(args) -> int`.
Importing one must stay cheap; start to first meter read is measured.
"""

import argparse
import importlib
import sys

# name -> (module, one line of help), in the order in which people meet them
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "a simulated substation and the real station, live in this terminal"),
    "init": ("init", "write a commented site file to start from"),
    "check": ("check", "check a site file and name every mistake in it"),
    "doctor": ("doctor", "check this machine: ports, GPIO, watchdog, clock, disk"),
    "run": ("run", "run the station"),
    "status": ("status", "what the station sees and does"),
    "racks": ("racks", "each rack, its state and one sentence why"),
    "rack": ("rack", "rack NAME off|auto|lock|unlock"),
    "trips": ("trips", "what has tripped or latched"),
    "reset": ("reset", "clear a latch after the cause is gone"),
    "meter": ("meter", "list, read and identify meters"),
    "sim": ("sim", "the simulated substation: serve, fault, faults"),
}


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser; only the chosen subcommand's module is imported and gets its arguments."""
    from headworks import __version__

    parser = argparse.ArgumentParser(
        prog="headworks", description="Racks beside a substation, on surplus power only."
    )
    parser.add_argument("--version", action="version", version=f"headworks {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == chosen:
            importlib.import_module(f"headworks.cli.{module}").add_arguments(sub)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; the return value is the exit code."""
    words = sys.argv[1:] if argv is None else argv
    chosen = next((word for word in words if word in COMMANDS), None)
    args = build_parser(chosen).parse_args(words)
    module = importlib.import_module(f"headworks.cli.{COMMANDS[args.command][0]}")
    try:
        return int(module.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
