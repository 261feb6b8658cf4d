"""`headworks backup FILE`: configuration, key and records in one file, looked through at once.

Exit code 0: done; 1: it could not be made. The station may run meanwhile.
"""

import argparse
import sys
from pathlib import Path

from headworks import __version__, paths

SITE = Path("/etc/headworks/site.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks backup`."""
    parser.add_argument("file", type=Path, help="the new file; it holds the private key, keep it")
    parser.add_argument(
        "--site", type=Path, metavar="SITE", help=f"the site file (default {SITE}, if it is there)"
    )
    add_state(parser)


def add_state(parser: argparse.ArgumentParser) -> None:
    """Which state folder."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="the station's state folder")


def run(args: argparse.Namespace) -> int:
    """Make it."""
    import sqlite3

    from headworks.record.backup import BackupError, backup

    site = args.site or (SITE if SITE.exists() else None)
    try:
        made = backup(args.state or paths.records_dir().parent, site, args.file, __version__)
    except (BackupError, sqlite3.Error) as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 1
    print(
        f"{args.file}: {made.files} files, {made.size_bytes / 1e6:.1f} MB unpacked, all read back"
    )
    if site is None:
        print(f"without a site file: there is none at {SITE}; name yours with --site")
    return 0
