"""`tools/bench`: measures the promised figures and prints them as a table. Judges nothing.

The exit code is 0 unless a case crashes: a busy machine is no defect of the station.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from benchlib import rig
from benchlib.cases import BY_NAME, CASES
from benchlib.rows import Row, table


def main(argv: Sequence[str] | None = None) -> int:
    """Run the named cases, or all of them."""
    args = _parser().parse_args(argv)
    rows, failed = [], 0
    for name in args.names or CASES:
        case = (CASES | BY_NAME)[name]
        print(f"{name}: {(case.__doc__ or '').strip()}", file=sys.stderr)
        try:
            rows += case(args.quick)
        except rig.BenchError as error:
            failed += 1
            print(f"{name}: cannot be measured: {error}", file=sys.stderr)
    print(json.dumps([_plain(row) for row in rows], indent=1) if args.json else table(rows))
    if not rig.HAVE_AFFINITY:
        print("processes could not be pinned to one processor here", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", type=_case, metavar="NAME",
                        help=f"cases to run: {', '.join(CASES)} (default: all of these), "
                        f"and by name only {', '.join(BY_NAME)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few trials: does every case run?")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    return parser


def _case(name: str) -> str:
    known = CASES | BY_NAME
    if name not in known:
        raise argparse.ArgumentTypeError(f"no case {name!r}; there are {', '.join(known)}")
    return name


def _plain(row: Row) -> dict:
    return row._asdict() | {"met": row.met}
