"""Keeps alarms on disk until the webhook has taken them, in their order.

What a receiver refuses for good, such as with 400, is tried for a day too: a wrong header can be
mended without losing an alarm. Then it is given up, counted and told in the log. It is given up
sooner where the receiver takes another alarm: one text that it does not like must not keep back
what may be graver. The day is one of this process, since the wall clock may jump.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from headworks.faces.backoff import wait_s
from headworks.faces.client import State
from headworks.faces.follow import follow
from headworks.faces.kept import KeptOutbox
from headworks.faces.notify.alarms import Alarms
from headworks.faces.notify.webhook import Outcome, Webhook
from headworks.faces.outbox import Cursor, Message, OutboxError, Waiting
from headworks.faces.say import Say
from headworks.model.outside import NotifySpec
from headworks.model.template import FIELDS

EVERY_S = 0.5  # between two looks at the station
GIVE_UP_S = 86_400.0  # after which what is refused for good is given up
FEW = 3  # refusals of one alarm, after which another one is tried
Pause = Callable[[float], Awaitable[object]]


class Refused(NamedTuple):
    """The first alarm of the queue is refused for good: since when, how often, up to which of the
    others were tried, and whether the receiver has taken one of them."""

    seq: int
    since_s: float
    tried: int
    times: int = 0
    others_pass: bool = False


class Notifier:
    """`run` it until it is cancelled."""

    def __init__(
        self,
        spec: NotifySpec,
        webhook: Webhook,
        kept: KeptOutbox,
        *,
        socket: Path | None,
        say: Say,
        pause: Pause = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._webhook, self._kept, self._socket = webhook, kept, socket
        self._say, self._pause, self._clock = say, pause, clock
        self._refused: Refused | None = None
        self._alarms = Alarms(spec.least, ends=spec.ends)
        self._dropped = 0

    async def run(self) -> None:
        """Raises OutboxError where the file cannot be begun."""
        self._dropped = await self._kept.do(self._kept.outbox.dropped)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow(self._socket, self, EVERY_S))
            tasks.create_task(self._deliver())

    async def cursor(self) -> Cursor | None:
        """Up to where events were taken."""
        return await self._kept.cursor()

    async def take(self, state: State, missed: int) -> None:
        """Keep the alarms of a state; how far was read only when all of it is settled."""
        if missed:
            self._say(f"{missed} events of the station were missed; it keeps no more")
        first = self._kept.at is None
        found = self._alarms.look(state)
        tell = self._alarms.all(state) if first else found.tell
        cursor = Cursor(state["run"], state["last_event"])
        if not first and not found.settled:
            cursor = self._kept.at or cursor
        if tell or cursor != self._kept.at:
            await self._kept.put([_message(one) for one in tell], cursor)
            await self._look_at_drops()

    async def lose(self, cause: str) -> None:
        """The station is not there."""
        self._say(cause)

    async def _look_at_drops(self) -> None:
        dropped = await self._kept.do(self._kept.outbox.dropped)
        if dropped > self._dropped:
            self._say(f"{dropped - self._dropped} alarms were given up, too many wait")
            self._dropped = dropped

    async def _deliver(self) -> None:
        tries = 0
        while True:
            self._kept.fresh.clear()
            try:
                waiting = await self._kept.first()
                if waiting is None:
                    await self._kept.fresh.wait()
                    continue
                outcome = await self._webhook.tell(waiting.message.key, fields(waiting))
                tries = await self._after(waiting, outcome, tries)
            except OutboxError as error:
                self._say(str(error))
                tries, outcome = tries + 1, Outcome(False)
            if tries:
                await self._pause(wait_s(tries, asked_s=outcome.wait_s))

    async def _after(self, waiting: Waiting, outcome: Outcome, tries: int) -> int:
        """How many tries in a row have failed now."""
        if outcome.done:
            await self._kept.done(waiting.seq)
            return 0
        self._say(f"an alarm is not taken: {outcome.cause}; it is tried again")
        if not outcome.final:
            return tries + 1
        held = self._refused
        if held is None or held.seq != waiting.seq:
            held = Refused(waiting.seq, self._clock(), waiting.seq)
        held = self._refused = held._replace(times=held.times + 1)
        if held.others_pass:
            await self._give_up(waiting, "is refused while others are taken")
            return 0
        if self._clock() - held.since_s > GIVE_UP_S:
            await self._give_up(waiting, "was refused for a day")
        elif held.times >= FEW:
            self._refused = await self._try_another(held)
        return tries + 1

    async def _try_another(self, held: Refused) -> Refused:
        """Whether the receiver takes the next of those behind. The first one is tried once more
        before it is given up: it may have been mended in between."""
        behind = await self._kept.do(lambda: self._kept.outbox.first(held.tried))
        if behind is None:
            return held._replace(tried=held.seq)
        outcome = await self._webhook.tell(behind.message.key, fields(behind))
        if outcome.done:
            await self._kept.done(behind.seq)
        return held._replace(tried=behind.seq, others_pass=outcome.done)

    async def _give_up(self, waiting: Waiting, why: str) -> None:
        await self._kept.do(lambda: self._kept.outbox.give_up(waiting.seq))
        self._dropped += 1
        self._say(f"alarm {waiting.message.key} {why} and is given up")


def _message(one: dict[str, Any]) -> Message:
    return Message(one["key"], "", json.dumps(one))


def fields(waiting: Waiting) -> dict[str, str]:
    """The fields of a template, as texts."""
    one = json.loads(waiting.message.body)
    return {name: "" if one.get(name) is None else str(one[name]) for name in FIELDS}
