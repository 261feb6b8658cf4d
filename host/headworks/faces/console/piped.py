"""Lines from a pipe: what looks is answered; what acts is refused, as a PIN wants a person."""

import sys
from collections.abc import Iterable
from pathlib import Path

from headworks.faces.client import StationClient, StationError
from headworks.faces.console.looks import LOOKS
from headworks.faces.console.net import net_lines
from headworks.faces.console.orders import Order, OrderError, help_lines, parse
from headworks.model.text import clean

NO_PERSON = "{} wants a person at a terminal; in a shell: headworks rack, headworks reset"


async def from_pipe(lines: Iterable[str], socket: Path | None) -> int:
    """Answer each line. 0 when all were, 1 when one was not."""
    code = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            order = parse(clean(line.strip()))
            if order.word == "exit":
                break
            for text in await _answer(order, socket):
                print(clean(text))
        except (OrderError, StationError) as error:
            print(f"headworks console: {error}", file=sys.stderr)
            code = 1
    return code


async def _answer(order: Order, socket: Path | None) -> list[str]:
    if order.word in LOOKS:
        async with StationClient(socket) as client:
            return LOOKS[order.word](await client.state(), *(order.args or ("",)))
    if order.word == "help":
        return help_lines()
    if order.word == "net":
        return net_lines()
    raise OrderError(NO_PERSON.format(order.word))
