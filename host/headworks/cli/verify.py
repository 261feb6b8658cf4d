"""`headworks verify`: were the records, or a statement, changed? Names the first that is broken.

Exit code 0: good; 1: broken; 2: there are none. Changes nothing; a station may be running.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from headworks.cli.records_options import (
    add_records,
    add_site,
    add_span,
    folder,
    name_folder,
    none_there,
    span,
)
from headworks.model.text import clean

if TYPE_CHECKING:
    from headworks.record.verify import Report


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
    add_site(parser, "with --statement: the site file, to compare it with the records")
    parser.add_argument("--json", action="store_true", help="for tools: one line of JSON")


def public_key(text: str) -> str:
    """A public key as `--key` prints it."""
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("write the 64 digits that `verify --key` printed")
    return text.lower()


def run(args: argparse.Namespace) -> int:
    """Check, and say what was found."""
    from headworks.record.verify import verify

    if args.statement and not args.key:
        from headworks.cli import statement_check

        return statement_check.run(args)
    where = folder(args)
    if args.key:
        return _print_key(where)
    try:
        report = verify(where, span(args), args.expect or "")
    except FileNotFoundError:
        return none_there(where)
    if args.json:
        print(json.dumps({"ok": not report.broken, "folder": str(where), **report._asdict()}))
        return 1 if report.broken else 0
    _print(report, where, is_part=_is_part(args))
    return 1 if report.broken else 0


def _print(report: "Report", where: Path, *, is_part: bool) -> None:
    """For people; `is_part` where only a span was looked at."""
    last = f", the last has hash {report.head[:16]}" if report.entries else ""
    sealed = f"{report.seals}, up to entry {report.sealed_to}" if report.seals else "none"
    print(f"records      {clean(str(where))}")
    print(f"journal      {report.entries} entries{last}")
    print(f"seals        {sealed}{' in this span' if is_part and not report.seals else ''}")
    print(f"ledger       {report.intervals} intervals")
    print(f"samples      {report.sample_rows} rows")
    print(f"recordings   {report.recordings} files")
    print(f"public key   {report.key or 'none'}")
    for note in report.notes:
        print(f"note: {clean(note)}")
    for text in report.broken:
        print(f"BROKEN: {clean(text)}")
    print(verdict(report, is_part=is_part))


def _is_part(args: argparse.Namespace) -> bool:
    return args.from_s is not None or args.to_s is not None


def verdict(report: "Report", *, is_part: bool) -> str:
    """The last line: no more than what was looked at can show."""
    if report.broken:
        return "broken"
    if not report.entries:
        return "nothing was checked: no entry of the journal lies in this span"
    if report.begun:
        return (
            "has only begun: the first samples are not on the disk yet, and nothing is sealed; "
            "look again in a minute"
        )
    if not report.seals and is_part:
        return "no seal lies in this span; the chain there is consistent in itself"
    if not report.seals:
        return (
            "nothing is sealed yet; the chain is consistent in itself. A seal comes once a day and "
            "when the station stops"
        )
    what = "in this span nothing" if is_part else "nothing"
    return f"good: {what} was changed, nothing is missing"


def _print_key(where: Path) -> int:
    from headworks.record.seal import KeyFileError, load_key

    try:
        print(load_key(where).public)
    except FileNotFoundError:
        return none_there(where)
    except KeyFileError as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 1
    name_folder(where)
    return 0
