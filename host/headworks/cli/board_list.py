"""`headworks board list`: ports, what is on them, and which board of the site that is."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

from headworks.cli.board_ports import SerialPort, candidates, port_of, site_or_none
from headworks.cli.station_client import add_socket
from headworks.cli.table import show
from headworks.faces.client import StationClient, StationError
from headworks.flash.errors import FlashError
from headworks.flash.meet import found, found_at
from headworks.flash.talk import Talk
from headworks.flash.uf2 import chip_of, volumes
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec, Site
from headworks.model.text import clean

COLUMNS = (
    "port", "what", "firmware", "name", "model", "uid", "board of the site", "usb serial",
)  # fmt: skip
_UF2 = "headworks board flash --name NAME --uf2 FILE"
_INDENT = "    "
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
    elif rows and not sys.stdout.isatty():
        show(COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    elif rows:
        print("\n".join(line for row in rows for line in block(row, get_terminal_size().columns)))
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


def block(row: Row, width: int) -> list[str]:
    """One board for people: who it is, what it is, where it is; no line longer than can be."""
    meant, _, use = row["board of the site"].partition(", ")
    name = row["name"] or meant or "?"
    other = f", which the site file means as {meant}" if meant not in ("", "none", name) else ""
    stranger = ", not in the site file" if meant == "none" else ""
    said = (row["model"], row["firmware"] and f"firmware {row['firmware']}")
    facts = ", ".join(fact for fact in (*said, row["uid"] and f"uid {row['uid']}") if fact)
    place = f'in the site file: connect = "usb:{row["usb serial"]}"' if row["usb serial"] else ""
    what = ", ".join(text for text in (row["what"], use) if text)
    first = _whole(f"{name}{other}{stranger}: {what}", width, "")
    texts = (facts, row["port"], place)
    return first + [line for text in texts for line in _whole(text, width, _INDENT)]


def _whole(text: str, width: int, indent: str) -> list[str]:
    """Lines of whole words, for ports are copied from here."""
    return wrap(
        text, width, initial_indent=indent, subsequent_indent=_INDENT, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _rows(site: Site | None, running: list[dict[str, Any]]) -> Iterator[Row]:
    """The station's boards, then other ports of the site, other ports, and waiting boards."""
    ports = candidates()
    serials = {os.path.realpath(port.device): port.serial for port in ports}
    names = {board["name"] for board in running}
    found = [_of_station(board) for board in running]
    found += [_of_site(spec) for spec in (site.boards if site else ()) if spec.name not in names]
    for row in found:
        yield row | {"usb serial": clean(serials.get(os.path.realpath(row["port"]), ""))}
    taken = {os.path.realpath(row["port"]) for row in found}
    for port in ports:
        if os.path.realpath(port.device) not in taken:
            yield _at_port(port) | {"usb serial": clean(port.serial)}
    for volume in volumes():
        yield _row(str(volume), f"empty {chip_of(volume)}; {_UF2}")


def _row(port: str, what: str, hello: Mapping[str, Any] | None = None, meant: str = "") -> Row:
    said = hello or {}
    fields = [clean(str(said.get(key, ""))) for key in ("fw", "nm", "bd", "uid")]
    return dict(zip(COLUMNS, (clean(port), clean(what), *fields, meant, ""), strict=True))


def _of_station(board: dict[str, Any]) -> Row:
    what = "Headworks" if board["state"] == "runs" else f"{board['state']}: {board['cause']}"
    if missing := _missing(board) if board["state"] == "runs" else "":
        what += f", no value of {missing}"
    said = {"fw": board["firmware"], "nm": board["name"], "bd": board["model"], "uid": board["uid"]}
    return _row(board["port"], what, said, f"{board['name']}, in use by the station")


def _missing(board: dict[str, Any]) -> str:
    """The channels of a running board that give no value, each with why."""
    channels = board["channels"].items()
    ill = [(name, one) for name, one in channels if one["quality"] not in ("good", "never")]
    return ", ".join(f"{name} ({one['cause'] or one['quality']})" for name, one in ill)


def _of_site(spec: BoardSpec) -> Row:
    try:
        port = port_of(spec)
        with Talk(port, load_sensor(spec.model).baud, spec.address) as talk:
            what, hello = found(talk, spec)
    except FlashError as error:
        return _row(spec.connect, str(error).removeprefix(f"{spec.name}: "), None, spec.name)
    return _row(port, what, hello, spec.name)


def _at_port(port: SerialPort) -> Row:
    if port.waits:
        return _row(port.stable, "its own loader; waits for an image")
    try:
        with Talk(port.device) as talk:
            what, hello = found_at(talk, port.stable)
    except FlashError as error:
        return _row(port.stable, str(error))
    return _row(port.stable, what, hello, "none")
