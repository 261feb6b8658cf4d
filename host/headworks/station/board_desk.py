"""Carries out what clients ask of sensor boards, and says how the boards do.

Nothing here is on the way from a sample to a switch.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from headworks.field.boards import BoardError, Boards, BoardView
from headworks.model.live import Observation
from headworks.station import journal
from headworks.station.answers import Kept, warnings
from headworks.station.board_requests import BoardRequest
from headworks.station.journal import Journal
from headworks.station.keeper import Keeper
from headworks.station.socket import AtEnd, Reply

Json = dict[str, Any]
MOST_CHANGES = 30  # of one board within WITHIN_S: each is in the journal, which has an end [ours]
WITHIN_S = 600.0


class BoardDesk:
    """The boards, for the socket."""

    def __init__(self, boards: Boards, log: Journal, keeper: Keeper) -> None:
        self._boards, self._log, self._keeper = boards, log, keeper
        self._running: set[asyncio.Future[None]] = set()
        self._asked_s: dict[str, deque[float]] = {}  # when changes of each board were asked for
        self._full: set[str] = set()  # boards of which it was told that they are asked too often

    def ask(self, request: BoardRequest, uid: int, reply: Reply, at_end: AtEnd) -> None:
        """Do it, and reply when it is done. A port is lent as long as its client is there."""
        kept = None
        too_often = self._too_often(request) if request.changes else ""
        if too_often and request.op != "return":  # what was lent may always be given back
            reply({"ok": False, "error": too_often})
            return
        if request.changes and not too_often:
            r, kept = request, self._keeper.board(request, uid)
            self._log.write(
                journal.NOTICE, "board", op=r.op, board=r.board, line=r.line, actor=r.actor,
                role=r.role, uid=uid,
            )  # fmt: skip
        is_lend = request.op == "lend"
        work = self._lent(request, at_end, kept) if is_lend else self._done(request)
        self._begin(work, reply, kept)

    def _too_often(self, request: BoardRequest) -> str:
        """Why this is refused: the board was asked for so much within a while; "" if it was not."""
        board, t_s = request.board, time.monotonic()
        asked_s = self._asked_s.setdefault(board, deque(maxlen=MOST_CHANGES))
        if len(asked_s) < MOST_CHANGES or t_s - asked_s[0] >= WITHIN_S:
            asked_s.append(t_s)
            self._full.discard(board)
            return ""
        if board not in self._full:
            self._full.add(board)
            self._log.write(
                journal.WARNING, "asked too often, refused from now on", board=board,
                actor=request.actor,
            )  # fmt: skip
        return (
            f"{board}: asked for {MOST_CHANGES} changes within {WITHIN_S / 60:.0f} min; "
            f"try again in {WITHIN_S - (t_s - asked_s[0]):.0f} s"
        )

    def reset(self, board: str, reply: Reply, kept: Kept) -> None:
        """Reset a board, and reply with what became of it once the journal has it."""
        self._begin(self._reset(board), reply, kept)

    def _begin(self, work: Coroutine[Any, Any, Json], reply: Reply, kept: Kept | None) -> None:
        task = asyncio.ensure_future(self._do(work, reply, kept))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _do(self, work: Coroutine[Any, Any, Json], reply: Reply, kept: Kept | None) -> None:
        try:
            done = await work
            reply({"ok": True, **done, **await warnings(None, [kept])})
        except BoardError as error:
            reply({"ok": False, "error": str(error)})

    async def _reset(self, board: str) -> Json:
        await self._boards.reset(board)
        return {}

    async def _done(self, request: BoardRequest) -> Json:
        if request.op == "board":
            r = request
            return {"lines": await self._boards.console(r.board, r.line, r.actor)}
        self._boards.take_back(request.board)
        return {}

    async def _lent(self, request: BoardRequest, at_end: AtEnd, kept: Kept | None) -> Json:
        """Lend a port; where it is, once the journal has it, unless it is ours again by then."""
        board = request.board
        where = await self._boards.lend(board, request.for_s)
        loan = self._boards.loan(board)
        at_end(board, partial(self._left, board, loan))
        await warnings(None, [kept])
        if loan is None or self._boards.loan(board) is not loan:
            raise BoardError(f"{board}: its port was asked back before it was lent")
        return {"port": where}

    def _left(self, board: str, loan: object) -> None:
        """A client has hung up that had borrowed a port; a later loan is not its."""
        if loan is not None and self._boards.loan(board) is loan:
            self._log.write(journal.WARNING, "a port comes back, its client has gone", board=board)
            self._boards.take_back(board)


def boards_view(
    views: list[BoardView], seen: Mapping[str, Observation], t_s: float, number: Callable[..., Any]
) -> list[Json]:
    """Every board as JSON-ready data, with its channels."""
    return [_board(view, seen, t_s, number) for view in views]


def _board(
    view: BoardView, seen: Mapping[str, Observation], t_s: float, number: Callable[..., Any]
) -> Json:
    prefix = f"{view.name}."
    return {
        "name": view.name,
        "model": view.model,
        "state": view.state_at(t_s).value,
        "cause": view.cause,
        "port": view.port,
        "zone": list(view.zone),
        "address": view.address,
        "firmware": view.firmware,
        "uid": view.uid,
        "reset_reason": view.reset_reason,
        "age_s": None if view.heard_s is None else number(t_s - view.heard_s),
        "latches": dict(view.latches),
        "to_reset": list(view.to_reset),
        "console": list(view.console),
        "counters": view.counters._asdict(),
        "channels": {
            key.removeprefix(prefix): _channel(one, t_s, number)
            for key, one in seen.items()
            if key.startswith(prefix)
        },
    }


def _channel(one: Observation, t_s: float, number: Callable[..., Any]) -> Json:
    value = number(one.value) if isinstance(one.value, float) else one.value
    age_s = None if math.isinf(one.t_s) else number(t_s - one.t_s)
    return {"value": value, "quality": one.quality.value, "age_s": age_s, "cause": one.cause}
