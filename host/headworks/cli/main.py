"""The `headworks` command: picks the subcommand and imports only that one.

Each subcommand is a module of this package with `add_arguments(parser)` and `run(args) -> int`.
Importing one must stay cheap; start to first meter read is measured.
"""

import argparse
import importlib
import io
import os
import sys
from contextlib import suppress

from headworks.cli.parser import WRONG_CALL, Parser

# name -> (module, one line of help), in the order in which people meet them
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "a simulated substation and the real station, live in this terminal"),
    "sim": ("sim", "the simulated substation: serve it, inject faults, see its true state"),
    "meter": ("meter", "list, read and identify meters"),
    "board": ("board", "list, flash and update sensor boards, and talk to them"),
    "init": ("init", "write a commented site file to start from"),
    "check": ("check", "check a site file and name every mistake in it"),
    "replay": ("replay", "what the station would have done on measured data, with a report"),
    "size": ("size", "how many racks a feeder deserves: energy used against utilisation"),
    "doctor": ("doctor", "check this machine: ports, GPIO, watchdog, clock, disk"),
    "run": ("run", "run the station"),
    "web": ("web", "the status page and its JSON API, for phones and computers"),
    "user": ("user", "who may sign in: passwords, tokens for programs, PINs for the console"),
    "console": ("console", "look and act in a terminal, or serve a serial cable"),
    "mqtt": ("mqtt", "the station on an MQTT broker: state, events, Home Assistant, commands"),
    "notify": ("notify", "alarms to a webhook, each until it is taken"),
    "status": ("status", "what the station sees and does"),
    "racks": ("racks", "each rack, its state and one sentence why"),
    "rack": ("rack", "switch one rack off, lock it out, or hand it back"),
    "trips": ("trips", "what has tripped, latched or is locked out, and the way out"),
    "statement": ("statement", "a month as a signed document: PDF, HTML or CSV"),
    "export": ("export", "samples, journal or energy ledger as CSV, JSON or Parquet"),
    "verify": ("verify", "check that the records were not changed; print the public key"),
    "backup": ("backup", "configuration, key and records into one file"),
    "restore": ("restore", "bring them back from such a file"),
    "reset": ("reset", "clear a latch after the cause is gone"),
}
_EPILOG = """\
to start:   headworks demo                a station at work, nothing to set up
your site:  headworks init, then check, doctor, run
at work:    headworks status, racks, trips
Each command explains itself: headworks COMMAND --help"""


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser; only the chosen subcommand's module is imported and gets its arguments."""
    from headworks import __version__

    parser = Parser(
        prog="headworks",
        description="Racks beside a substation, on surplus power only.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"headworks {__version__}")
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for name, (module, text) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == chosen:
            importlib.import_module(f"headworks.cli.{module}").add_arguments(sub)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run a subcommand; the return value is the exit code."""
    _tame_streams()
    words = sys.argv[1:] if argv is None else argv
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"headworks: {place}{error.strerror or error}", file=sys.stderr)
        _let_go_of_stdout()
        return 1
    return code


def _run(words: list[str]) -> int:
    chosen = next((word for word in words if word in COMMANDS), None)
    parser = build_parser(chosen)
    args, unknown = parser.parse_known_args(words)
    if args.command is None:
        parser.print_help(sys.stderr)
        return WRONG_CALL
    if unknown:
        parser.prog += f" {args.command}"
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    module = importlib.import_module(f"headworks.cli.{COMMANDS[args.command][0]}")
    return int(module.run(args))


def _tame_streams() -> None:
    """Text that a stream cannot show becomes a question mark; a closed stream swallows all."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _let_go_of_stdout() -> None:
    """Make Python's own last flush harmless where nothing can be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
