"""Takes commands from the broker: judged, marked on disk, handed to the station, answered.

The mark is on the disk before the station hears of the command, so a stop in between loses it
and never repeats it; who sent it gets no answer then, looks at the state and sends a new one.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headworks.faces.client import RefusedError, StationClient, StationError
from headworks.faces.kept import KeptOutbox
from headworks.faces.mqtt.broker import Message as Received
from headworks.faces.mqtt.marks import Marks
from headworks.faces.mqtt.orders import Order, RefusedOrder, allow, judge, read
from headworks.faces.mqtt.topics import ANSWER
from headworks.faces.outbox import Message, OutboxError
from headworks.faces.people.accounts import AccountFile, AccountsError
from headworks.faces.say import Say
from headworks.faces.words import sentence
from headworks.field.signals.clock import synchronised, wall_clock

BURST, EACH_S = 10, 1.0  # answers to what is no order: so many at once, then one in a while
Json = dict[str, Any]
Clock = Callable[[], tuple[float | None, bool]]


def clock() -> tuple[float | None, bool]:
    """The time of day in s, None where it was never set; and whether a time service keeps it."""
    now = wall_clock(unsynced_ok=True)
    return (None if now is None else now.timestamp()), synchronised()


class Desk:
    """One bridge's commands. `say` logs, `clock` tells the time."""

    def __init__(
        self,
        kept: KeptOutbox,
        accounts: AccountFile,
        *,
        socket: Path | None,
        commands: str,
        say: Say,
        clock: Clock = clock,
    ) -> None:
        self._kept, self._accounts, self._socket = kept, accounts, socket
        self._commands, self._say, self._clock = commands, say, clock
        self._marks = Marks(kept.outbox)
        self._left, self._left_s = float(BURST), time.monotonic()
        self.taken = self.refused = 0

    async def begin(self) -> None:
        """Begin the record of taken commands. Raises OutboxError."""
        await self._kept.do(self._marks.begin)

    async def take(self, received: Received) -> Json | None:
        """Judge a message and carry it out; what to answer at once, where it is nobody's."""
        if received.retained and not received.payload:
            return None  # so one that lies there is cleared
        try:
            order = await self._order(received)
            answer = await self._act(order)
        except RefusedOrder as refused:
            self.refused += 1
            self._say(f"command refused: {_whose(refused.order)}{refused}")
            if refused.order is None:
                answer = {**refused.told, "ok": False, "error": str(refused)}
                return answer if self._may_answer() else None
            order, answer = refused.order, {"ok": False, "error": str(refused)}
        except OutboxError as error:
            self.refused += 1
            self._say(f"command refused, as nothing can be kept on disk: {error}")
            return {"ok": False, "error": "nothing can be kept on disk"}
        return await self._answered(order, answer)

    async def _order(self, received: Received) -> Order:
        """A command that is on disk as taken. Raises RefusedOrder, OutboxError."""
        try:
            tokens = self._accounts.read().tokens
        except AccountsError as error:
            self._say(str(error))
            raise RefusedOrder("the file of tokens cannot be read") from error
        retained = received.retained
        order = read(received.payload, received.topic, retained=retained, tokens=tokens)
        allow(order, self._commands)
        mark = await self._kept.do(lambda: self._marks.of(order.sender))
        since_s = await self._kept.do(self._marks.since_s)
        now_s, synced = self._clock()
        judge(order, now_s, synced=synced, mark=mark, since_s=since_s)
        if not await self._kept.do(lambda: self._marks.take(order.sender, order.counter)):
            raise RefusedOrder("taken before", order)
        now_s, synced = self._clock()  # the disk may have been slow
        judge(order, now_s, synced=synced, mark=0, since_s=since_s)
        return order

    async def _act(self, order: Order) -> Json:
        self.taken += 1
        o = order
        try:
            async with StationClient(self._socket) as client:
                reply = await client.command(
                    o.action, o.target, actor=o.sender, role=o.role.word, note=o.note,
                    face="mqtt", ref=f"{o.sender} {o.id}",
                )  # fmt: skip
        except RefusedError as error:
            text = sentence(error.code, error.values, o.target) if error.code else str(error)
            data = {"code": error.code, "values": error.values} if error.code else {}
            return {"ok": False, "error": text, **data}
        except StationError as error:
            self._say(f"command not carried out: {_whose(o)}{error}")
            return {"ok": False, "error": str(error)}
        return {"ok": True, **({"warning": reply["warning"]} if "warning" in reply else {})}

    async def _answered(self, order: Order, answer: Json) -> Json | None:
        """Queue an answer; where the disk refuses, it is returned to be sent as it is."""
        key = f"answer-{order.sender}-{order.counter}-{order.id}"
        whole = {"key": key, "id": order.id, "from": order.sender, "counter": order.counter}
        whole |= answer
        try:
            await self._kept.put([Message(key, ANSWER, json.dumps(whole))])
        except OutboxError as error:
            self._say(f"an answer cannot be kept: {error}")
            return whole
        return None

    def _may_answer(self) -> bool:
        """Whoever floods gets few answers."""
        now_s = time.monotonic()
        self._left = min(BURST, self._left + (now_s - self._left_s) / EACH_S)
        self._left_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def _whose(order: Order | None) -> str:
    return f"{order.id} of {order.sender}: " if order else ""
