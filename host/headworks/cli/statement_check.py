"""`headworks verify --statement FILE`: whether a statement is what a station has signed."""

import argparse
import sys
from pathlib import Path

from headworks.cli.statement import SITE, records_dir
from headworks.record.seal import KeyFileError, load_key
from headworks.site import SiteErrors, SiteUnreadable, load_site
from headworks.statement.gather import gather
from headworks.statement.model import Statement, StatementError
from headworks.statement.signature import is_hex
from headworks.statement.verify import MOST_BYTES, Verdict, verify

_MARKS = {True: "good", False: "BAD", None: "not checked"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that go with --statement."""
    parser.add_argument("--statement", type=Path, metavar="FILE", help="check a statement's file")
    parser.add_argument("--key", default="", metavar="HEX", help="the station's public key")
    parser.add_argument("--site", type=Path, default=SITE, metavar="SITE", help="site file")
    parser.add_argument("--records", type=Path, metavar="DIR", help="folder of the records")


def run(args: argparse.Namespace) -> int:
    """0 where nothing is wrong, 1 where something is, 2 where the file is no statement."""
    try:
        verdict = check(args)
    except StatementError as error:
        print(f"headworks: {args.statement}: {error}", file=sys.stderr)
        return 2
    for finding in verdict.findings:
        print(f"{finding.name}\t{_MARKS[finding.good]}\t{finding.text}")
    if not verdict.good:
        print(f"headworks: {args.statement}: do not rely on this file", file=sys.stderr)
    return 0 if verdict.good else 1


def check(args: argparse.Namespace) -> Verdict:
    """All checks that can be made here. Raises StatementError, or OSError for the file."""
    key = str(args.key).lower().replace(" ", "")
    if key and not is_hex(key):
        raise StatementError("--key is no public key; write its 64 hexadecimal digits")
    with args.statement.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    folder = records_dir(args.records)
    try:
        key = key or load_key(folder).public
    except (OSError, KeyFileError):
        key = ""  # without records the file is checked against its own key
    found = verify(data, key)
    if found.statement is None:
        return found
    return verify(data, key, _now(args.site, folder, found.statement))


def _now(path: Path, folder: Path, stated: Statement) -> Statement | None:
    """What the records give today for the month and the time of a statement."""
    try:
        site = load_site(path)
        if site.name != stated.site:
            return None
        return gather(folder, site, stated.month, stated.made_s, stated.evidence.software)
    except (SiteErrors, SiteUnreadable, StatementError, OSError):
        return None
