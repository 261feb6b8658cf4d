"""`headworks backup FILE`: configuration, key and records in one file, looked through at once.

Exit code 0: done; 1: it could not be made. The station may run meanwhile.
"""

import argparse
import sys
from pathlib import Path

from headworks import __version__, paths
from headworks.cli.records_options import running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks backup`."""
    parser.add_argument("file", type=Path, help="the new file; it holds the private key, keep it")
    parser.add_argument(
        "--site",
        type=Path,
        metavar="SITE",
        help="the site file (default: of the station that runs, else "
        f"{paths.SERVICE_SITE}, if it is there)",
    )
    add_state(parser)


def add_state(parser: argparse.ArgumentParser) -> None:
    """Which state folder."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="the station's state folder")


def run(args: argparse.Namespace) -> int:
    """Make it."""
    import sqlite3

    from headworks.record.backup import BackupError, backup

    state, site = _meant(args)
    try:
        made = backup(state, site, args.file, __version__)
    except (BackupError, sqlite3.Error) as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 1
    print(
        f"{args.file}: {made.files} files, {made.size_bytes / 1e6:.1f} MB unpacked, all read back\n"
        f"of the station in {state}"
    )
    if site is None:
        print("without a site file: none was found; name yours with --site")
    else:
        print(f"with the site file {site}")
    return 0


def _meant(args: argparse.Namespace) -> tuple[Path, Path | None]:
    """State folder and site file: as named, else of the station that runs, else the service's."""
    files = running() if args.state is None else {}
    if files:
        site = Path(files["site"])
        return Path(files["state"]), args.site or (site if site.is_file() else None)
    services = paths.SERVICE_SITE if paths.SERVICE_SITE.exists() else None
    return args.state or paths.records_dir().parent, args.site or services
