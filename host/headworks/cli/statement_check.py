"""`headworks verify --statement FILE`: whether a statement is what a station has signed."""

import argparse
import json
import sys
from pathlib import Path

from headworks.cli.records_options import meant
from headworks.model.text import clean
from headworks.record.seal import KeyFileError, load_key
from headworks.site import SiteErrors, SiteUnreadable, load_site
from headworks.statement.gather import gather
from headworks.statement.model import Statement, StatementError
from headworks.statement.verify import MOST_BYTES, Verdict, verify

_MARKS = {True: "good", False: "BAD", None: "not checked"}


def run(args: argparse.Namespace) -> int:
    """0 where nothing is wrong, 1 where something is, 2 where the file is no statement."""
    try:
        verdict = check(args)
    except StatementError as error:
        print(f"headworks: {clean(f'{args.statement}: {error}')}", file=sys.stderr)
        return 2
    if args.json:
        found = [finding._asdict() for finding in verdict.findings]
        print(json.dumps({"ok": verdict.good, "file": str(args.statement), "findings": found}))
        return 0 if verdict.good else 1
    for name, good, text in verdict.findings:
        print(f"{name:<9}{_MARKS[good]:<13}{clean(text)}")
    if not verdict.good:
        print(f"headworks: {clean(str(args.statement))}: do not rely on this file", file=sys.stderr)
    return 0 if verdict.good else 1


def check(args: argparse.Namespace) -> Verdict:
    """All checks that can be made here. Raises StatementError, or OSError for the file."""
    with args.statement.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    site, where = meant(args)
    try:
        key = args.expect or load_key(where).public
    except (OSError, KeyFileError):
        key = ""  # without records the file is checked against its own key
    found = verify(data, key)
    if found.statement is None:
        return found
    return verify(data, key, _now(site, where, found.statement))


def _now(path: Path, where: Path, stated: Statement) -> Statement | str:
    """What the records give today for the month and the time of a statement, or why they do not."""
    if not where.is_dir():
        return f"there are none in {where}; name their folder with --records"
    try:
        site = load_site(path)
        if site.name != stated.site:
            return (
                f"{path} is of the site {site.name}, not {stated.site}; name the file with --site"
            )
        return gather(where, site, stated.month, stated.made_s, stated.evidence.software)
    except SiteErrors:
        return f"{path} has mistakes; see: headworks check {path}"
    except (SiteUnreadable, StatementError) as error:
        return str(error)
    except OSError as error:
        return f"{where} cannot be read: {error.strerror or error}"
