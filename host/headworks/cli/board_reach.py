"""The way to a board's console: through the running station, else straight at its port."""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headworks.cli.board_list import station_boards
from headworks.cli.board_ports import near, port_of, site_or_none, spec_of
from headworks.cli.station_client import actor, add_actor, add_socket
from headworks.faces.board_lines import heard_lines, link_lines
from headworks.faces.client import RefusedError, StationClient
from headworks.flash.errors import FlashError
from headworks.flash.meet import way, why_no_talk
from headworks.flash.talk import Talk
from headworks.hardware.files import HardwareError
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec
from headworks.model.text import clean
from headworks.station.board_requests import LONGEST_LINE

Ask = Callable[[str], list[str]]  # a console line -> what it answers; raises FlashError
_MORE = {"counters": link_lines, "log": heard_lines}  # a word -> what the station adds to it


def add_reach(parser: argparse.ArgumentParser) -> None:
    """The options that say where boards are."""
    parser.add_argument("--site", type=Path, metavar="SITE", help="default: site.toml, if there")
    parser.add_argument("--port", help="the board's port, where no station runs")
    add_actor(parser)
    add_socket(parser)


def names(args: argparse.Namespace) -> list[str]:
    """Every board that can be meant: the running station's, else the site file's."""
    boards = asyncio.run(station_boards(args.socket))
    if boards is not None:
        return [board["name"] for board in boards]
    site = site_or_none(args.site)
    return [spec.name for spec in site.boards] if site else []


def one_of(args: argparse.Namespace, name: str | None, or_else: str = "") -> str:
    """The board that is meant; the only one there is, unless it is named. Raises FlashError.

    `or_else` tells what else may be written where none is named.
    """
    if name is None and args.port:
        return args.port  # type: ignore[no-any-return]
    known = names(args)
    if name is None:
        if len(known) == 1:
            return known[0]
        if not known:
            raise FlashError("which board? there is none in the site; name a --port")
        raise FlashError(f"which board? {', '.join(known)}{or_else}")
    if known and name not in known and not args.port:
        raise FlashError(f"no board is called {name!r}{near(name, known)}")
    return name


@contextmanager
def console(args: argparse.Namespace, name: str) -> Iterator[Ask]:
    """The console of one board. Raises FlashError."""
    if not args.port and asyncio.run(station_boards(args.socket)) is not None:
        yield lambda line: asyncio.run(_through_station(args, name, line))
        return
    spec = _spec(args, name)
    port = args.port or port_of(_known(spec))
    baud = load_sensor(spec.model).baud if spec else 115200
    with Talk(port, baud, spec.address if spec else 0) as talk:
        hello = talk.hello()
        why = why_no_talk(talk, hello, way(spec.name) if spec else way("", port))
        if hello is None or why:
            raise FlashError(why)
        if name != args.port:
            _is_meant(port, hello, name, spec.uid if spec else "")
        yield lambda line: _straight(talk, line)


def outputs_of(args: argparse.Namespace, name: str) -> tuple[str, ...]:
    """The outputs that a board's model has, as far as a station or a site file tells the model."""
    running = asyncio.run(station_boards(args.socket)) or ()
    models = {board["name"]: str(board.get("model", "")) for board in running}
    spec = None if name in models else _spec(args, name)
    model = models.get(name) or (spec.model if spec else "")
    try:
        return load_sensor(model).outputs if model else ()
    except HardwareError:
        return ()


def _spec(args: argparse.Namespace, name: str) -> BoardSpec | None:
    """What the site file says of a board; at a port that was named it need not say anything."""
    if name == args.port:
        return None
    site = site_or_none(args.site)
    if args.port:
        return next((one for one in site.boards if one.name == name), None) if site else None
    return spec_of(site, name) if site else None


def _known(spec: BoardSpec | None) -> BoardSpec:
    if spec is None:
        raise FlashError("no station runs and there is no site file; name the board's --port")
    return spec


def _is_meant(port: str, hello: Mapping[str, Any], name: str, uid: str) -> None:
    """A word for one board is never said to another, for it may move a relay."""
    said, its_uid = str(hello.get("nm")), str(hello.get("uid"))
    if said != name or (uid and its_uid.lower() != uid.lower()):
        raise FlashError(
            f"{port}: the board there is {clean(said)} (uid {clean(its_uid)}), not the {name} that "
            f"was meant; to talk to it all the same, leave out the name: --port {port}"
        )


def _straight(talk: Talk, line: str) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise FlashError(f"the line is longer than {LONGEST_LINE} characters")
    why, lines = talk.command(c="con", l=line)
    if why:
        raise FlashError("\n".join((*lines, why)))
    return lines


async def _of_the_station(client: StationClient, name: str, line: str) -> list[str]:
    """What the station itself knows of a board, below the board's own answer to some words."""
    more = _MORE.get(" ".join(line.lower().split()[:1]))
    if more is None:
        return []
    boards = (await client.state()).get("boards", ())
    return [text for one in boards if one["name"] == name for text in more(one)]


async def _through_station(args: argparse.Namespace, name: str, line: str) -> list[str]:
    async with StationClient(args.socket) as client:
        try:
            reply = await client.board("board", name, line=line, actor=actor(args.actor))
        except RefusedError as error:
            known = await _of_the_station(client, name, line)
            raise FlashError("\n".join((*known, str(error)))) from error
        return [*reply["lines"], *await _of_the_station(client, name, line)]
