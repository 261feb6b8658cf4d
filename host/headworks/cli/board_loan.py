"""A board's port on loan from the running station, and back in order whatever ends it."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from headworks.cli.board_ports import port_again
from headworks.cli.board_show import shown
from headworks.cli.board_work import in_order
from headworks.cli.station_client import actor
from headworks.faces.client import RefusedError, StationClient, StationError
from headworks.flash import work
from headworks.flash.errors import FlashError
from headworks.flash.hold import hold
from headworks.hardware.sensor import load_sensor

LENT_S = 300.0
Board = dict[str, Any]


async def flash_on_loan(client: StationClient, board: Board, args: argparse.Namespace) -> work.Done:
    """Borrow its port, flash it, and give the port back. Raises FlashError and StationError."""
    with hold(board["port"]):
        async with _lent(client, board, actor(args.actor)) as port:
            target = target_of(board, (await client.state())["boards"], port)
            flash = partial(work.flash, target, force=args.force, downgrade=args.downgrade)
            with shown(target.name, quiet=args.json) as show:
                return await in_order(
                    flash,
                    show,
                    f"{target.name}: interrupted; it starts again, then the station has it back",
                )


def target_of(board: Board, boards: list[Board], port: str) -> work.Target:
    """The board that is meant, at the port that was borrowed; none of the station's others."""
    name, model = board["name"], board["model"]
    return work.Target(
        name,
        load_sensor(model),
        board["address"],
        lambda: port_again(port, board["uid"], name),
        board["uid"],
        frozenset(one["name"] for one in boards) - {name},
        f"stop the station and run: headworks board flash --name {name} --model {model}",
    )


@asynccontextmanager
async def _lent(client: StationClient, board: Board, who: str) -> AsyncIterator[str]:
    """Its port, which the station has back at the end, also where the wait for it was cut."""
    asked = asyncio.ensure_future(_lend(client, board["name"], who))
    try:
        yield await asyncio.shield(asked)
    finally:
        with suppress(StationError):  # what happened before is what a person must hear
            await asked
            await client.board("return", board["name"], actor=who)


async def _lend(client: StationClient, name: str, who: str) -> str:
    """Its port. As nobody else holds it, one that is lent already was to a program that died."""
    for is_last in (False, True):
        try:
            lent = await client.board("lend", name, actor=who, for_s=LENT_S)
            return str(lent["port"])
        except RefusedError:
            if is_last:
                raise
            await client.board("return", name, actor=who)
    raise FlashError(f"{name}: the station does not give its port away")
