"""`headworks board selftest`: every sensor, contact and output, memory and flash; moves nothing."""

import argparse
import json
import sys

from headworks.cli.board_reach import add_reach, console, names, one_of
from headworks.faces.board_lines import readable
from headworks.flash.errors import FlashError
from headworks.model.text import clean

_GOOD, _BAD = "ok", "BAD"
_ALL_WELL = "all well"  # the board's own sum, the last line; without it lines were lost


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board selftest`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the only board, unless given")
    parser.add_argument("--all", action="store_true", help="every board")
    parser.add_argument("--json", action="store_true", help="one JSON object a board, for tools")
    add_reach(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every board says that all is well, else 1."""
    if args.all and args.port:
        raise FlashError("--all looks at every board of the site, --port at one; give one of them")
    chosen = names(args) if args.all else [one_of(args, args.name, "; or --all")]
    if not chosen:
        raise FlashError("there is no board; name a --port")
    results = [_one(args, name) for name in chosen]
    return 0 if all(results) else 1


def _one(args: argparse.Namespace, name: str) -> bool:
    try:
        with console(args, name) as ask:
            lines = ask("selftest")
    except FlashError as error:
        if args.json:
            print(json.dumps({"name": name, "good": False, "error": str(error)}), flush=True)
        else:
            print(f"{name}: {error}", file=sys.stderr)
        return False
    looks = [line for line in lines if line.split(maxsplit=1)[:1] in ([_GOOD], [_BAD])]
    good = lines[-1:] == [_ALL_WELL] and not any(line.startswith(_BAD) for line in looks)
    if args.json:
        print(json.dumps({"name": name, "good": good, "looks": looks}), flush=True)
    else:
        for line in lines:
            print(f"{clean(name)}: {readable(clean(line))}")
    return good
