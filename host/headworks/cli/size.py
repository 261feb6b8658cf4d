"""`headworks size`: how many racks, and how large, does this feeder deserve?

Plays the same data with several numbers and sizes of racks and shows where a further one stops
paying. Exit codes as of `headworks replay`.
"""

import argparse
import sys

from headworks.cli.replay_args import add_data, add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `headworks size`."""
    add_data(parser)
    add_out(parser, "size-report")
    add = parser.add_argument
    add("--racks", metavar="N,N,…", help="numbers to try (default: eight, up to the peak)")
    add("--rack-kw", metavar="KW,KW,…", help="sizes to try (default: that of the first rack)")


def run(args: argparse.Namespace) -> int:
    """Sweep and report."""
    from headworks.replay.data_error import DataError

    try:
        from headworks.cli.size_run import size
        from headworks.replay.rows import RowsError
    except ImportError as error:
        print(f"headworks size: it wants {error.name}; pip install 'headworks[replay]'",
              file=sys.stderr)  # fmt: skip
        return 1
    try:
        return size(args)
    except (DataError, RowsError) as error:
        print(f"headworks size: {error}", file=sys.stderr)
        return 1
