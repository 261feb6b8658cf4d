"""`headworks verify`: were the records, or a statement, changed? Names the first that is broken.

Exit code 0: good; 1: broken; 2: there are none. Changes nothing; a station may be running.
"""

import argparse
import json
import re
from pathlib import Path

from headworks.cli.records_options import add_records, add_span, folder, none_there, span
from headworks.model.text import clean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks verify`."""
    add_records(parser)
    add_span(parser)
    parser.add_argument(
        "--expect", type=public_key, metavar="KEY",
        help="the public key that you have noted; seals of any other are broken",
    )  # fmt: skip
    parser.add_argument("--key", action="store_true", help="print the public key and end")
    parser.add_argument("--statement", type=Path, metavar="FILE", help="check a statement's file")
    parser.add_argument(
        "--site", type=Path, default=Path("site.toml"), metavar="SITE",
        help="with --statement: the site file, to compare it with the records",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="for tools: one line of JSON")


def public_key(text: str) -> str:
    """A public key as `--key` prints it."""
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("write the 64 digits that `verify --key` printed")
    return text.lower()


def run(args: argparse.Namespace) -> int:
    """Check, and say what was found."""
    from headworks.record.verify import verify

    where = folder(args)
    if args.key:
        return _print_key(args)
    if args.statement:
        from headworks.cli import statement_check

        return statement_check.run(args)
    try:
        report = verify(where, span(args), args.expect or "")
    except FileNotFoundError:
        return none_there(where)
    if args.json:
        print(json.dumps({"ok": not report.broken, "folder": str(where), **report._asdict()}))
        return 1 if report.broken else 0
    print(f"journal      {report.entries} entries, the last has hash {report.head[:16]}")
    print(f"seals        {report.seals}, up to entry {report.sealed_to}")
    print(f"ledger       {report.intervals} intervals")
    print(f"samples      {report.sample_rows} rows")
    print(f"recordings   {report.recordings} files")
    print(f"public key   {report.key or 'none'}")
    for note in report.notes:
        print(f"note: {clean(note)}")
    for text in report.broken:
        print(f"BROKEN: {clean(text)}")
    print("broken" if report.broken else "good: nothing was changed, nothing is missing")
    return 1 if report.broken else 0


def _print_key(args: argparse.Namespace) -> int:
    import sys

    from headworks.record.seal import KeyFileError, load_key

    try:
        print(load_key(folder(args)).public)
    except FileNotFoundError:
        return none_there(folder(args))
    except KeyFileError as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 1
    return 0
