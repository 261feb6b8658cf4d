"""`headworks board update`: the running station's boards, one at a time, its zone held off."""

import argparse
import asyncio
import sys
import threading
from contextlib import suppress
from typing import Any

from headworks.cli.board_flash import tell_done
from headworks.cli.board_ports import near, port_again
from headworks.cli.board_show import shown
from headworks.cli.station_client import actor, add_actor, add_socket
from headworks.faces.client import StationClient
from headworks.flash import work
from headworks.flash.errors import FlashError
from headworks.hardware.sensor import load_sensor

LENT_S = 300.0
HEALTHY_S = 30.0  # after a board is back, until the station knows everything of it
_LOOK_S = 0.5
Board = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board update`."""
    parser.add_argument("name", nargs="*", metavar="NAME", help="boards of the station")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--yes", action="store_true", help="do not ask before racks go off")
    parser.add_argument("--force", action="store_true", help="even what is up to date already")
    parser.add_argument("--downgrade", action="store_true", help="allow an older firmware")
    parser.add_argument("--json", action="store_true", help="one JSON object a board, for tools")
    add_actor(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every board is verified and the station hears it again; the first failure ends it."""
    return asyncio.run(_update(args))


async def _update(args: argparse.Namespace) -> int:
    async with StationClient(args.socket) as client:
        boards = _chosen(args, (await client.state())["boards"])
        if not args.yes and not _agreed(boards):
            print("headworks board: nothing was changed", file=sys.stderr)
            return 1
        for board in boards:
            await _one(client, board, args)
    return 0


def _chosen(args: argparse.Namespace, boards: list[Board]) -> list[Board]:
    known = [board["name"] for board in boards]
    if args.all == bool(args.name):
        raise FlashError(f"name boards, or write --all; there are: {', '.join(known) or 'none'}")
    for name in args.name:
        if name not in known:
            raise FlashError(f"no board is called {name!r}{near(name, known)}")
    chosen = [board for board in boards if args.all or board["name"] in args.name]
    for board in chosen:
        if board["state"] == "other-board":
            raise FlashError(f"{board['name']}: {board['cause']}")
        if load_sensor(board["model"]).link == "rs485":
            raise FlashError(
                f"{board['name']} hangs on RS-485, which does not reach its prompt; plug in its "
                f"USB port and run: headworks board flash --name {board['name']} --port PORT"
            )
    return chosen


def _agreed(boards: list[Board]) -> bool:
    """Say which racks go off, and ask."""
    for board in boards:
        racks = ", ".join(board["zone"]) or "none"
        print(f"{board['name']}: racks held off meanwhile: {racks}", file=sys.stderr)
    if not sys.stdin.isatty():
        raise FlashError("add --yes to go on without a terminal to ask at")
    print("type yes to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


async def _one(client: StationClient, board: Board, args: argparse.Namespace) -> None:
    name, who = board["name"], actor(args.actor)
    lent = await client.board("lend", name, actor=who, for_s=LENT_S)
    target = work.Target(
        name,
        load_sensor(board["model"]),
        board["address"],
        lambda: port_again(lent["port"], board["uid"]),
        board["uid"],
    )
    try:
        with shown(name, quiet=args.json) as show:
            done = await _flashed(target, show, args)
    finally:
        await client.board("return", name, actor=who)
    await _healthy(client, name)
    tell_done(done, args)


async def _flashed(target: work.Target, show: work.Show, args: argparse.Namespace) -> work.Done:
    """Flash it in a thread, which on Ctrl-C ends first: the station gets no port that is in use."""
    stop = threading.Event()
    flash = asyncio.create_task(
        asyncio.to_thread(
            work.flash,
            target,
            _stoppable(show, stop),
            force=args.force,
            downgrade=args.downgrade,
        )
    )
    try:
        return await asyncio.shield(flash)
    except asyncio.CancelledError:
        show.say(f"{target.name}: interrupted; it starts again, then the station has it back")
        stop.set()
        with suppress(FlashError):
            await flash
        raise


def _stoppable(show: work.Show, stop: threading.Event) -> work.Show:
    """The same, but whoever shows something after a stop is interrupted."""

    def say(text: str) -> None:
        show.say(text)
        _go_on(stop)

    def progress(sent: int, total: int) -> None:
        show.progress(sent, total)
        _go_on(stop)

    return work.Show(say, progress)


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise FlashError("interrupted; what is whole on the board runs again")


async def _healthy(client: StationClient, name: str) -> None:
    """Wait until the station hears the board again. Raises FlashError."""
    board: Board = {}
    for _ in range(round(HEALTHY_S / _LOOK_S)):
        boards = (await client.state())["boards"]
        board = next(one for one in boards if one["name"] == name)
        if board["state"] == "runs":
            return
        await asyncio.sleep(_LOOK_S)
    raise FlashError(f"{name}: it is flashed, but the station says: {board.get('cause')}")
