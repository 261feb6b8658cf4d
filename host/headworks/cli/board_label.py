"""`headworks board label`: what stands on the enclosure, as text and as QR code.

Which board is meant is the same for all words of `headworks board`: the running station's, else
the site file's. A site file that was named counts before both, and what the station says of its
board then counts only where it runs that very file.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headworks.cli.board_ports import near, port_of, site_or_none, spec_of
from headworks.cli.station_client import add_socket
from headworks.faces.client import NotRunningError, State, StationClient, StationError
from headworks.flash.build import check_name
from headworks.flash.errors import FlashError
from headworks.flash.label import Label, write
from headworks.flash.talk import Talk
from headworks.hardware.sensor import config_crc, load_sensor
from headworks.model.site import BoardSpec, Site
from headworks.model.text import clean

_LONGEST = 64  # letters of one figure on a label


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board label`."""
    parser.add_argument("name", metavar="NAME", help="a board of the running station, or of SITE")
    parser.add_argument(
        "--site", type=Path, metavar="SITE", help="default: the running station's, else site.toml"
    )
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="default: here")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 with the files' names on standard output."""
    try:
        state = asyncio.run(_state(args.socket))
    except StationError:
        if args.site is None:
            raise
        state = None
    if args.site is None and state is not None:
        label = _of_station(state, args.name)
    else:
        site = site_or_none(args.site)
        if site is None:
            raise FlashError("no station runs and there is no site.toml; name one with --site")
        label = _of_file(site, state, args.name)
    for line in label.lines():
        print(line, file=sys.stderr)
    paths = write(label, args.out)
    print(f"written to {args.out.absolute()}:", file=sys.stderr)
    for path in paths:
        print(path)
    return 0


async def _state(socket: Path | None) -> State | None:
    """What a running station says; None where none runs. Raises StationError."""
    try:
        async with StationClient(socket) as client:
            return await client.state()
    except NotRunningError:
        return None


def _of_station(state: State, name: str) -> Label:
    """A board of the running station. Raises FlashError."""
    boards = {board["name"]: board for board in state["boards"]}
    if name not in boards:
        raise FlashError(f"no board is called {name!r}{near(name, boards)}")
    board = boards[name]
    spec = BoardSpec(name, board["model"], board["port"], address=board["address"])
    said = {"uid": board["uid"], "fw": board["firmware"]}
    return _label(str(state["site"]["name"]), spec, said)


def _of_file(site: Site, state: State | None, name: str) -> Label:
    """A board of a site file: what it says itself, or the station that runs this file. Raises."""
    spec = spec_of(site, name)
    if state is not None and state["site"]["sha256"] == site.sha256:
        return _of_station(state, name)
    return _label(site.name, spec, _asked(spec))


def _asked(spec: BoardSpec) -> Mapping[str, Any]:
    """What the board says itself; nothing where it is not there. Raises FlashError."""
    try:
        port = port_of(spec)
    except FlashError:
        return {}
    with Talk(port, load_sensor(spec.model).baud, spec.address) as talk:
        said = talk.hello() or {}
    its_name, its_uid = str(said.get("nm", spec.name)), str(said.get("uid", ""))
    if its_name != spec.name or (spec.uid and its_uid.lower() not in ("", spec.uid.lower())):
        raise FlashError(
            f"{port}: the board there is {clean(its_name)} (uid {clean(its_uid)}), not the "
            f"{spec.name} of the site file; plug in the right one, or flash it first"
        )
    return said


def _label(site: str, spec: BoardSpec, said: Mapping[str, Any]) -> Label:
    check_name(spec.name)
    return Label(
        site=_short(site),
        name=spec.name,
        model=spec.model,
        uid=_short(said.get("uid") or spec.uid or "unknown"),
        firmware=_short(said.get("fw") or "not read"),
        config=config_crc(load_sensor(spec.model), spec.name, spec.address),
    )


def _short(figure: object) -> str:
    """A figure as it may stand on a label, whoever has told it."""
    return clean(str(figure))[:_LONGEST]
