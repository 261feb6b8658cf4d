"""`headworks board list`: ports, what is on them, and which board of the site that is."""

import argparse
import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headworks.cli.board_ports import SerialPort, candidates, port_of, site_or_none
from headworks.cli.station_client import add_socket
from headworks.cli.table import show
from headworks.faces.client import StationClient, StationError
from headworks.flash.errors import FlashError
from headworks.flash.talk import Talk
from headworks.flash.uf2 import chip_of, volumes
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec, Site
from headworks.model.text import clean

COLUMNS = ("port", "what", "firmware", "name", "model", "uid", "board of the site")
_SILENT = "does not answer: MicroPython without firmware, or another"
Row = dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board list`."""
    parser.add_argument("--site", type=Path, metavar="SITE", help="default: site.toml, if there")
    parser.add_argument("--json", action="store_true", help="one JSON array, for tools")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """Always 0: an empty list is an answer too."""
    running = asyncio.run(station_boards(args.socket)) or []
    rows = list(_rows(site_or_none(args.site), running))
    if args.json:
        print(json.dumps(rows))
    elif rows:
        show(COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    else:
        print("no port has a board; plug one in, or hold its BOOTSEL button while you do")
    return 0


async def station_boards(socket: Path | None) -> list[dict[str, Any]] | None:
    """What a running station says of its boards; None where none runs."""
    try:
        async with StationClient(socket) as client:
            found: list[dict[str, Any]] = (await client.state()).get("boards", [])
            return found
    except StationError:
        return None


def _rows(site: Site | None, running: list[dict[str, Any]]) -> Iterator[Row]:
    """The station's boards, then other ports of the site, other ports, and waiting boards."""
    taken = {os.path.realpath(board["port"]) for board in running}
    yield from (_of_station(board) for board in running)
    names = {board["name"] for board in running}
    for spec in site.boards if site else ():
        if spec.name not in names:
            row = _of_site(spec)
            taken.add(os.path.realpath(row["port"]))
            yield row
    for port in candidates():
        if port.device not in taken:
            yield _at_port(port)
    for volume in volumes():
        yield _row(str(volume), f"empty {chip_of(volume)}, waits for --uf2")


def _row(port: str, what: str, hello: dict[str, Any] | None = None, meant: str = "") -> Row:
    said = hello or {}
    fields = [clean(str(said.get(key, ""))) for key in ("fw", "nm", "bd", "uid")]
    return dict(zip(COLUMNS, (port, what, *fields, meant), strict=True))


def _of_station(board: dict[str, Any]) -> Row:
    what = "Headworks" if board["state"] == "runs" else f"{board['state']}: {board['cause']}"
    said = {"fw": board["firmware"], "nm": board["name"], "bd": board["model"], "uid": board["uid"]}
    return _row(board["port"], clean(what), said, f"{board['name']}, in use by the station")


def _of_site(spec: BoardSpec) -> Row:
    try:
        port = port_of(spec)
        with Talk(port, load_sensor(spec.model).baud, spec.address) as talk:
            hello = talk.hello()
    except FlashError as error:
        return _row(spec.connect, str(error), None, spec.name)
    what = "Headworks" if hello else _SILENT
    return _row(port, what, dict(hello) if hello else None, spec.name)


def _at_port(port: SerialPort) -> Row:
    if port.waits:
        return _row(port.stable, "its own loader; waits for an image")
    try:
        with Talk(port.device) as talk:
            hello = talk.hello()
    except FlashError as error:
        return _row(port.stable, str(error), {"uid": port.serial})
    if hello:
        return _row(port.stable, "Headworks", dict(hello), "none")
    return _row(port.stable, _SILENT, {"uid": port.serial}, "none")
