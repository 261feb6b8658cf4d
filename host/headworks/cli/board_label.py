"""`headworks board label`: what stands on the enclosure, as text and as QR code."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headworks.cli.board_list import station_boards
from headworks.cli.board_ports import port_of, site_or_none, spec_of
from headworks.cli.station_client import add_socket
from headworks.flash.errors import FlashError
from headworks.flash.label import Label, write
from headworks.flash.talk import Talk
from headworks.hardware.sensor import config_crc, load_sensor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board label`."""
    parser.add_argument("name", metavar="NAME", help="a board of the site")
    parser.add_argument("--site", type=Path, metavar="SITE", help="default: site.toml")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: here")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 with the files' names on standard output."""
    site = site_or_none(args.site)
    if site is None:
        raise FlashError("a label names the site; give its file with --site")
    spec = spec_of(site, args.name)
    profile = load_sensor(spec.model)
    said = _said(args, spec.name) or _asked(lambda: port_of(spec), profile.baud, spec.address)
    label = Label(
        site=site.name,
        name=spec.name,
        model=spec.model,
        uid=str(said.get("uid") or spec.uid or "unknown"),
        firmware=str(said.get("fw") or "not read"),
        config=config_crc(profile, spec.name, spec.address),
    )
    for line in label.lines():
        print(line, file=sys.stderr)
    for path in write(label, args.out):
        print(path)
    return 0


def _said(args: argparse.Namespace, name: str) -> Mapping[str, Any]:
    """What a running station knows."""
    boards = asyncio.run(station_boards(args.socket)) or []
    board = next((one for one in boards if one["name"] == name), None)
    return {"uid": board["uid"], "fw": board["firmware"]} if board else {}


def _asked(find: Any, baud: int, address: int) -> Mapping[str, Any]:
    """What the board says itself; nothing where it is not there."""
    try:
        with Talk(find(), baud, address) as talk:
            return talk.hello() or {}
    except FlashError:
        return {}
