"""`headworks export samples|journal|ledger`: records as CSV, JSON lines or Parquet.

Exit code 0: done; 1: the records are damaged there; 2: there are none, or a wrong call.
"""

import argparse
import csv
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headworks.cli.records_options import (
    add_records,
    add_span,
    folder,
    name_folder,
    none_there,
    span,
)

Json = dict[str, Any]


class Table(NamedTuple):
    """What is exported: its rows, as often as they are wanted, and its columns."""

    rows: Callable[[], Iterator[Json]]
    columns: Callable[[], list[str]]


_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
PIECE_ROWS = 10_000
_INSTALL = "Parquet wants pyarrow: .venv/bin/pip install 'headworks[parquet]', or write --csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks export`."""
    from headworks.record.tiers import TIERS

    parser.add_argument("what", choices=("samples", "journal", "ledger"), help="what to export")
    kinds = parser.add_mutually_exclusive_group()
    for kind, text in (("csv", "a table (default)"), ("json", "one line of JSON a row"),
                       ("parquet", "Parquet; wants --out and pyarrow")):  # fmt: skip
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=text)
    parser.set_defaults(kind="csv")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: here)")
    parser.add_argument(
        "--tier",
        choices=[tier.name for tier in TIERS],
        default="1s",
        help="of samples (default: 1s)",
    )
    parser.add_argument(
        "--timezone", type=zone, metavar="ZONE", help="of all times (default: this machine's)"
    )
    add_records(parser)
    add_span(parser)


def zone(text: str) -> ZoneInfo:
    """A zone of the IANA database. Raises ArgumentTypeError."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r}: write a zone such as Asia/Karachi") from None


def run(args: argparse.Namespace) -> int:
    """Write the rows."""
    from headworks.record.packing import PackingError

    if args.kind == "parquet" and args.out is None:
        return _say("Parquet is no text; name a file with --out FILE", 2)
    where = folder(args)
    try:
        table = _table(args, where)
        none = next(iter(table.rows()), None) is None
        _export(args, table)
    except FileNotFoundError as error:
        if args.out is not None and error.filename == str(args.out):
            raise
        return none_there(where)
    except FileExistsError:
        return _say(f"{args.out} is there already; name a new file", 2)
    except (sqlite3.Error, PackingError, ValueError, KeyError) as error:
        return _say(f"{error}; headworks verify says where", 1)
    except ModuleNotFoundError:
        return _say(_INSTALL, 2)
    name_folder(where)
    if none:
        print(f"headworks: no rows of {args.what} in this span", file=sys.stderr)
    return 0


def _table(args: argparse.Namespace, where: Path) -> Table:
    from headworks.record import export

    zone = args.timezone
    when = span(args, zone)
    if args.what == "samples":
        return Table(
            lambda: export.sample_rows(where, when, zone, args.tier),
            lambda: export.sample_columns(where, when, args.tier),
        )
    of = export.journal_rows if args.what == "journal" else export.ledger_rows

    def rows() -> Iterator[Json]:
        return of(where, when, zone)

    return Table(rows, lambda: export.columns(rows))


def _export(args: argparse.Namespace, table: Table) -> None:
    """Into a part of a file that gets its name when it is whole, or to standard output."""
    if args.out is None:
        _write(args.kind, table, sys.stdout)
        return
    if args.out.exists():
        raise FileExistsError(str(args.out))
    part = args.out.with_name(f"{args.out.name}.part")
    try:
        if args.kind == "parquet":
            _parquet(table, part)
        else:
            with part.open("w", encoding="utf-8", newline="") as file:
                _write(args.kind, table, file)
        with part.open("rb") as file:
            os.fsync(file.fileno())  # or a power cut may leave the name with nothing in it
        os.rename(part, args.out)
    finally:
        part.unlink(missing_ok=True)


def _write(kind: str, table: Table, file: IO[str]) -> None:
    if kind == "json":
        for row in table.rows():
            file.write(json.dumps(row) + "\n")
        return
    # a channel that appears while this runs is left for the next export
    names = table.columns()
    out = csv.DictWriter(file, names, lineterminator="\n", extrasaction="ignore")
    if names:
        out.writeheader()
    for row in table.rows():
        out.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _parquet(table: Table, path: Path) -> None:
    """In pieces, so that a year needs no more memory than an hour."""
    import pyarrow
    from pyarrow import parquet

    names = table.columns()
    flat = ({n: _cell(row.get(n)) for n in names} for row in table.rows())
    kinds = {n: _kind(n) for n in names}
    schema = pyarrow.schema([(n, getattr(pyarrow, kind)()) for n, kind in kinds.items()])
    with parquet.ParquetWriter(path, schema) as writer:
        while piece := list(islice(flat, PIECE_ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(piece, schema))


def _kind(name: str) -> str:
    """The type of a column by its name."""
    texts = ("time", "from", "to", "boot", "clock", "quality", "kind", "source", "code", "note",
             "who", "role", "origin", "values", "hash")  # fmt: skip
    if name == "seq":
        return "int64"
    return "string" if name in texts or name.endswith(("_how", ".how")) else "float64"


def _say(text: str, code: int) -> int:
    print(f"headworks: {text}", file=sys.stderr)
    return code
