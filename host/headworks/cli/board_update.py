"""`headworks board update`: the running station's boards, one at a time, its zone held off."""

import argparse
import asyncio
import json
import sys
from typing import Any

from headworks.cli.asked import says_yes
from headworks.cli.board_each import FAILED, each, tell_failed
from headworks.cli.board_flash import tell_done
from headworks.cli.board_loan import flash_on_loan
from headworks.cli.board_ports import near
from headworks.cli.board_work import INTERRUPTED, until_interrupted
from headworks.cli.station_client import add_actor, add_socket
from headworks.faces.client import RefusedError, State, StationClient, StationError
from headworks.faces.trips import trips
from headworks.flash.build import check_name, fingerprints
from headworks.flash.errors import DoesNotStartError, FlashError
from headworks.hardware.sensor import load_sensor
from headworks.model.text import clean
from headworks_fw import VERSION

HEALTHY_S = 30.0  # after a board is back, until the station knows everything of it
_LOOK_S = 0.5
Board = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board update`."""
    parser.add_argument("name", nargs="*", metavar="NAME", help="boards of the station")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--yes", action="store_true", help="do not ask before racks go off")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen; no more")
    parser.add_argument("--force", action="store_true", help="even what is up to date already")
    parser.add_argument("--downgrade", action="store_true", help="allow an older firmware")
    parser.add_argument("--json", action="store_true", help="one JSON object a board, for tools")
    add_actor(parser)
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when every board is verified and the station hears it again."""
    chosen, why = asyncio.run(_look(args))
    beyond = _beyond(chosen)
    boards = [board for board in chosen if why[board["name"]] and board["name"] not in beyond]
    for board in chosen:
        if board["name"] in beyond:
            tell_failed(board["name"], beyond[board["name"]], as_json=args.json)
        elif board not in boards:
            _tell(args, board, "up-to-date", f"holds v{VERSION} already; nothing is done")
    if args.dry_run:
        for board in boards:
            _tell(args, board, "dry-run", f"{why[board['name']]}; {_would(board)}")
        return FAILED if beyond else 0
    if boards and not args.yes and not _agreed(boards):
        print("headworks board: nothing was changed; it takes the word yes", file=sys.stderr)
        return FAILED
    code = asyncio.run(until_interrupted(_update(args, boards, beyond)))
    if code == INTERRUPTED:
        asyncio.run(_tell_what_runs(args, boards))
    return code


async def _look(args: argparse.Namespace) -> tuple[list[Board], dict[str, str]]:
    """The boards that are meant, and by name why each should be flashed; empty where it is ours."""
    async with StationClient(args.socket) as client:
        chosen = _chosen(args, (await client.state())["boards"])
        forced = "asked for with --force" if args.force else ""
        return chosen, {one["name"]: forced or await _why_not(client, one) for one in chosen}


async def _update(args: argparse.Namespace, boards: list[Board], beyond: dict[str, str]) -> int:
    by_name = {board["name"]: board for board in boards}
    async with StationClient(args.socket) as client:

        async def one(name: str) -> None:
            await _one(client, by_name[name], args)

        return await each(list(by_name), one, before=beyond, as_json=args.json)


def _chosen(args: argparse.Namespace, boards: list[Board]) -> list[Board]:
    known = [board["name"] for board in boards]
    if args.all == bool(args.name):
        raise FlashError(f"name boards, or write --all; there are: {', '.join(known) or 'none'}")
    for name in args.name:
        if name not in known:
            raise FlashError(f"no board is called {name!r}{near(name, known)}")
    chosen = [board for board in boards if args.all or board["name"] in args.name]
    for board in chosen:
        check_name(board["name"])
    return chosen


def _beyond(boards: list[Board]) -> dict[str, str]:
    """By name, why boards cannot be updated as things are; known before any rack goes off."""
    found = {board["name"]: _why_beyond(board) for board in boards}
    return {name: why for name, why in found.items() if why}


def _why_beyond(board: Board) -> str:
    if board["state"] == "no-port":
        return f"it cannot be reached: {board['cause']}"
    if board["state"] == "other-board":
        return str(board["cause"])
    if load_sensor(board["model"]).link == "rs485":
        return (
            "it hangs on RS-485, which does not reach its prompt; plug in its USB port and run: "
            f"headworks board flash --name {board['name']} --port PORT"
        )
    return ""


async def _why_not(client: StationClient, board: Board) -> str:
    """Why it does not run this program's firmware, byte for byte, by its own word; "": it does."""
    if board["state"] != "runs":
        return f"it does not run ({board['state']})"
    if board["firmware"] != VERSION:
        return f"it runs v{board['firmware']}, this program has v{VERSION}"
    try:
        lines = (await client.board("board", board["name"], line="info"))["lines"]
    except RefusedError as error:
        return f"it does not say what is on it ({error})"
    told = next((line.split()[-1] for line in lines if line.startswith("manifest ")), "")
    profile = load_sensor(board["model"])
    ours = await asyncio.to_thread(fingerprints, profile, board["name"], board["address"])
    return "" if told in ours else f"its v{VERSION} has other files than this program's"


def _would(board: Board) -> str:
    if board["firmware"] in ("", VERSION):
        what = f"would get v{VERSION} anew"
    else:
        what = f"would go from v{board['firmware']} to v{VERSION}"
    return f"{what}; racks held off meanwhile: {_racks(board)}"


def _racks(board: Board) -> str:
    return ", ".join(board["zone"]) or "none"


def _tell(args: argparse.Namespace, board: Board, result: str, text: str) -> None:
    if args.json:
        told = {"name": board["name"], "result": result, "before": board["firmware"]}
        print(json.dumps({**told, "version": VERSION, "racks": board["zone"]}), flush=True)
    else:
        print(f"{board['name']}: {text}", flush=True)


def _agreed(boards: list[Board]) -> bool:
    """Say which racks go off, and ask."""
    for board in boards:
        print(f"{board['name']}: racks held off meanwhile: {_racks(board)}", file=sys.stderr)
    if not sys.stdin.isatty():
        raise FlashError("add --yes to go on without a terminal to ask at")
    return says_yes("type yes to go on: ")


async def _one(client: StationClient, board: Board, args: argparse.Namespace) -> None:
    name = board["name"]
    before = _ways_out(await client.state())
    done = await flash_on_loan(client, board, args)
    state = await _healthy(client, name)
    tell_done(done, args)
    for way_out in sorted(_ways_out(state) - before):
        print(f"{name}: before its racks run again: {way_out}", file=sys.stderr)


def _ways_out(state: State) -> set[str]:
    """What a person has to type before all racks may run."""
    return {item["way_out"] for item in trips(state)} - {""}


async def _tell_what_runs(args: argparse.Namespace, boards: list[Board]) -> None:
    """After an interruption: what the station hears of each board, and how to go on."""
    again = "headworks board update " + " ".join(board["name"] for board in boards)
    try:
        async with StationClient(args.socket) as client:
            for board in boards:
                state = await _heard(client, board["name"])
                now = state["firmware"] if state["state"] == "runs" else ""
                told = f"runs v{now}" if now else f"{state['state']}, {state['cause']}"
                print(f"{board['name']}: {told}", file=sys.stderr)
    except StationError as error:
        print(f"headworks board: {clean(str(error))}", file=sys.stderr)
    print(f"headworks board: not finished; run it again: {clean(again)}", file=sys.stderr)


async def _heard(client: StationClient, name: str) -> Board:
    """A board, as soon as it runs; as it is where that takes too long."""
    board: Board = {}
    for _ in range(round(HEALTHY_S / _LOOK_S)):
        state = await client.state()
        board = next(one for one in state["boards"] if one["name"] == name)
        if board["state"] == "runs":
            break
        await asyncio.sleep(_LOOK_S)
    return board


async def _healthy(client: StationClient, name: str) -> State:
    """The state, once the station hears it again. Raises StationError and DoesNotStartError."""
    board: Board = {}
    try:
        for _ in range(round(HEALTHY_S / _LOOK_S)):
            state = await client.state()
            board = next(one for one in state["boards"] if one["name"] == name)
            if board["state"] == "runs":
                return state
            await asyncio.sleep(_LOOK_S)
    except asyncio.CancelledError:
        print(f"{name}: it is flashed, and the station has it back", file=sys.stderr)
        raise
    except StationError as error:
        raise StationError(f"{name}: it is flashed, but {error}") from error
    raise DoesNotStartError(f"{name}: it is flashed, but the station says: {board.get('cause')}")
