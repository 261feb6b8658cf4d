"""`headworks replay`: what would the station have done on measured data, and with a recording?

Plays a file through the scan that runs live, in a closed loop with modelled racks, and writes a
report. Exit code 0: done; 1: the data or the site cannot be used; nothing that was there before
is changed then.
"""

import argparse
import sys
from pathlib import Path

from headworks.cli.replay_args import add_data, add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `headworks replay`."""
    add_data(parser)
    add_out(parser, "replay-report")
    add = parser.add_argument
    add("--racks", type=int, metavar="N", help="play N racks: the site's own and copies of them")
    add(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="OTHER.toml",
        help="another site file on the same data, side by side; may be given more than once",
    )
    add("--fault", action="append", default=[], metavar="NAME[@TARGET][=VALUE][,FROM[,UNTIL]]",
        help="a fault of `headworks sim faults` at a meter, rack, board, channel or `all`, FROM "
             "and UNTIL as 2017-06-18T12:00 (default: all the time)")  # fmt: skip
    add("--recording", type=Path, metavar="FILE",
        help="compare a station's recording (.rec) with today's code, plan by plan")  # fmt: skip
    add("--most", type=int, default=10, metavar="N",
        help="differences of a recording that are shown in full (default 10)")  # fmt: skip
    add(
        "--rivals",
        action="store_true",
        help="models of other controllers' published rules on the same data, in the report",
    )


def run(args: argparse.Namespace) -> int:
    """Play one file."""
    if args.recording is not None:
        from headworks.cli.replay_recording import compare

        return compare(args)
    from headworks.replay.data_error import DataError
    from headworks.sim.faults.active import FaultError

    try:
        from headworks.cli.replay_run import replay
        from headworks.replay.rows import RowsError
    except ImportError as error:
        print(
            f"headworks replay: it wants {error.name}; pip install 'headworks[replay]'",
            file=sys.stderr,
        )
        return 1
    try:
        return replay(args)
    except (DataError, RowsError, FaultError) as error:
        print(f"headworks replay: {error}", file=sys.stderr)
        return 1
