"""What the commands that talk to the station share: options, errors, exit codes."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from headworks.faces.client import (
    NotRunningError,
    RefusedError,
    State,
    StationClient,
    StationError,
)
from headworks.model.text import clean

Advice = Callable[[State], Iterable[str]]
EXIT_REFUSED, EXIT_NOT_RUNNING = 1, 3


def add_socket(parser: argparse.ArgumentParser) -> None:
    """The option that every client has."""
    parser.add_argument("--socket", type=Path, metavar="PATH", help="the station's socket")


def add_actor(parser: argparse.ArgumentParser) -> None:
    """Who acts; it goes into the log and onto a lock-out."""
    parser.add_argument("--as", dest="actor", metavar="NAME", help="who acts (you, unless given)")


def actor(given: str | None) -> str:
    """The name given, else the login name."""
    return given or getpass.getuser()


def talk(path: Path | None, work: Callable[[StationClient], Awaitable[int]]) -> int:
    """Connect, do the work, and turn every way it can fail into one line and an exit code."""
    try:
        return asyncio.run(_with_client(path, work))
    except NotRunningError as error:
        return _say(str(error), EXIT_NOT_RUNNING)
    except RefusedError as error:
        return _say(_refusal(error, ""), EXIT_REFUSED)
    except StationError as error:
        return _say(str(error), EXIT_NOT_RUNNING)


def command(
    path: Path | None,
    action: str,
    target: str,
    *,
    who: str,
    note: str = "",
    done: str,
    advice: Advice = lambda _: (),
) -> int:
    """Have one command carried out; say what came of it, `done` when all went well.

    `advice` makes lines from the station's state; they follow a refusal.
    """

    async def work(client: StationClient) -> int:
        try:
            reply = await client.command(action, target, actor=who, note=note)
        except RefusedError as error:
            _say(f"refused: {_refusal(error, target)}", EXIT_REFUSED)
            for line in advice(await client.state()):
                _say(line, EXIT_REFUSED)
            return EXIT_REFUSED
        if "warning" in reply:
            _say(f"warning: {reply['warning']}", 0)
        print(clean(done))
        return 0

    return talk(path, work)


def _refusal(error: RefusedError, target: str) -> str:
    if not error.code:
        return str(error)
    from headworks.faces.words import sentence

    return sentence(error.code, error.values, target)


async def _with_client(path: Path | None, work: Callable[[StationClient], Awaitable[int]]) -> int:
    async with StationClient(path) as client:
        return await work(client)


def _say(text: str, code: int) -> int:
    print(f"headworks: {text}", file=sys.stderr)
    return code
