"""What the commands on records share: which folder, from when to when."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path

from headworks import paths
from headworks.cli.check import DEFAULT_SITE
from headworks.faces.client import StationClient, StationError
from headworks.record.reading import Span


def add_records(parser: argparse.ArgumentParser) -> None:
    """The option that says where the records are."""
    parser.add_argument(
        "--records",
        type=Path,
        metavar="DIR",
        help="folder of records (default: of the station that runs)",
    )


def add_span(parser: argparse.ArgumentParser) -> None:
    """From when to when."""
    for name, text in (("from", "the first instant"), ("to", "the instant after the last")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_s", type=instant, metavar="TIME",
            help=f"{text}: 2026-11-01, 2026-11-01T10:30 or with an offset (+05:00)",
        )  # fmt: skip


def instant(text: str) -> datetime:
    """A date or time, with an offset or without. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
        found.astimezone().timestamp()
        return found
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a date such as 2026-11-01, or a time such as 2026-11-01T10:30"
        ) from None


def folder(args: argparse.Namespace) -> Path:
    """The folder of records that is meant: the one named, else that of the station that runs."""
    if args.records is None:
        state = running().get("state")
        args.records = Path(state) / "records" if state else paths.records_dir()
    named: Path = args.records
    return named


def meant(args: argparse.Namespace) -> tuple[Path, Path]:
    """Site file and folder of records of a month, as named, else such as belong together.

    The site file is site.toml of this folder, else that of the station that runs, else the
    service's. The records are those of the station that runs only where it runs this site file:
    a month of one's own site is never made from the records of a demo.
    """
    files = {} if args.site and args.records else running()
    theirs = Path(files["site"]) if files else None
    site = args.site or _site(theirs)
    if args.records is None and theirs is not None and theirs.absolute() == site.absolute():
        return site, Path(files["state"]) / "records"
    return site, args.records or paths.records_dir()


def _site(theirs: Path | None) -> Path:
    if DEFAULT_SITE.exists():
        return DEFAULT_SITE
    if theirs is not None:
        return theirs
    return paths.SERVICE_SITE if paths.SERVICE_SITE.exists() else DEFAULT_SITE


def add_site(parser: argparse.ArgumentParser, use: str) -> None:
    """The site file, for what `use` says."""
    parser.add_argument(
        "--site", type=Path, metavar="SITE",
        help=f"{use} (default: {DEFAULT_SITE} here, else of the station that runs, "
        f"else {paths.SERVICE_SITE})",
    )  # fmt: skip


def running() -> Mapping[str, str]:
    """Files of the station that `status` finds; none where HEADWORKS_STATE names a folder."""
    if os.environ.get("HEADWORKS_STATE"):
        return {}

    async def ask() -> Mapping[str, str]:
        async with StationClient() as client:
            files: Mapping[str, str] = (await client.state()).get("files", {})
            return files

    try:
        return asyncio.run(ask())
    except StationError:
        return {}


def name_folder(where: Path) -> None:
    """Say whose records these are, beside what a program may read."""
    print(f"headworks: records of {where}", file=sys.stderr)


def span(args: argparse.Namespace, zone: tzinfo | None = None) -> Span:
    """From when to when; what has no offset is of this zone, None = this machine's.

    Ends with exit code 2 where it would end before it begins.
    """
    from_s, to_s = _unix_s(args.from_s, zone), _unix_s(args.to_s, zone)
    if from_s is not None and to_s is not None and to_s <= from_s:
        print("headworks: --to must be later than --from", file=sys.stderr)
        raise SystemExit(2)
    return Span(from_s, to_s)


def _unix_s(at: datetime | None, zone: tzinfo | None) -> float | None:
    if at is None:
        return None
    try:
        return (at if at.tzinfo or zone is None else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        print(f"headworks: {at} is no time that can be had; write another", file=sys.stderr)
        raise SystemExit(2) from None


def none_there(path: Path) -> int:
    """Say that there are no records; the exit code."""
    print(
        f"headworks: there are no records in {path}; a station keeps them there once it runs, "
        "or name another folder with --records",
        file=sys.stderr,
    )
    return 2
