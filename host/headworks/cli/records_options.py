"""What the commands on records share: which folder, from when to when."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from headworks import paths
from headworks.record.reading import Span


def add_records(parser: argparse.ArgumentParser) -> None:
    """The option that says where the records are."""
    parser.add_argument(
        "--records", type=Path, metavar="DIR", help="folder of records (default: the station's)"
    )


def add_span(parser: argparse.ArgumentParser) -> None:
    """From when to when."""
    for name, text in (("from", "the first instant"), ("to", "the instant after the last")):
        parser.add_argument(
            f"--{name}", dest=f"{name}_s", type=instant, metavar="TIME",
            help=f"{text}: 2026-11-01, 2026-11-01T10:30 or with an offset (+05:00)",
        )  # fmt: skip


def instant(text: str) -> float:
    """Unix seconds of a date or time; without an offset in this machine's zone."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{text!r}: write a date such as 2026-11-01, or a time such as 2026-11-01T10:30"
        ) from None


def folder(args: argparse.Namespace) -> Path:
    """The folder of records that is meant."""
    given: Path | None = args.records
    return given or paths.records_dir()


def span(args: argparse.Namespace) -> Span:
    """From when to when."""
    return Span(args.from_s, args.to_s)


def none_there(path: Path) -> int:
    """Say that there are no records; the exit code."""
    print(
        f"headworks: there are no records in {path}; a station keeps them there once it runs, "
        "or name another folder with --records",
        file=sys.stderr,
    )
    return 2
