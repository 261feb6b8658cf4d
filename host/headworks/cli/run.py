"""`headworks run`: the station, in the foreground, for systemd or a terminal."""

import argparse
import asyncio
import sys
from pathlib import Path

from headworks import paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks run`."""
    parser.add_argument(
        "--site", type=Path, default=paths.SERVICE_SITE, metavar="SITE",
        help=f"the site file (default {paths.SERVICE_SITE})",
    )  # fmt: skip
    parser.add_argument("--state", type=Path, metavar="DIR", help="folder of what must last")
    parser.add_argument("--socket", type=Path, metavar="PATH", help="socket to serve")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 1 mistakes in the site file, 2 it cannot be read,
    4 cannot start, 5 crash loop, 70 a scan failed."""
    from headworks.site import SiteErrors, SiteUnreadable, load_site

    try:
        site = load_site(args.site)
    except SiteUnreadable as error:
        print(f"headworks: {error}", file=sys.stderr)
        return 2
    except SiteErrors as errors:
        print(errors, file=sys.stderr)
        return 1
    from headworks.station.station import run_station

    socket_path = args.socket or paths.station_socket()
    state_dir = args.state or paths.state_dir()
    return asyncio.run(run_station(site, socket_path=socket_path, state_dir=state_dir))
