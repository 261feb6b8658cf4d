"""`headworks restore FILE`: what `headworks backup` has packed, back in place.

Never over a station that runs. What was there is moved aside, not deleted. Exit code 0: done;
1: nothing was changed.
"""

import argparse
import shlex
import sys
from pathlib import Path

from headworks import paths
from headworks.cli.backup import add_state


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks restore`."""
    parser.add_argument("file", type=Path, help="a file that `headworks backup` has made")
    parser.add_argument(
        "--site", type=Path, metavar="SITE", help="where to put the site file (default: nowhere)"
    )
    parser.add_argument("--check", action="store_true", help="look through it and change nothing")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Look through it, then put it in place."""
    from headworks.record.backup import BackupError, check, restore
    from headworks.station.lock import StartError, held

    state: Path = args.state or paths.state_dir()
    try:
        if args.check:
            found = check(args.file)
            print(f"{args.file}: {found.files} files of version {found.version}, all good")
            return 0
        if not args.file.exists():
            raise BackupError(f"{args.file} is not there")
        with held(state / "station.lock"):
            found, aside = restore(args.file, state, args.site)
    except (BackupError, StartError) as error:
        hint = "; stop the station first" if isinstance(error, StartError) else ""
        print(f"headworks: {error}{hint}", file=sys.stderr)
        return 1
    print(f"{state}: {found.files} files restored")
    if aside:
        print(f"what was there is in {aside}")
    if found.has_site and args.site is None:
        print("the backup holds a site file too; restore it with --site SITE")
    print(f"check it: headworks verify --records {shlex.quote(str(state / 'records'))}")
    return 0
