"""Brings the station to the broker and back: what is new, what waits, what is commanded.

The station may go, the broker may go; each comes back by itself. States are sent as they are now;
events wait on disk (`outbox`). Decides nothing.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from headworks.faces.backoff import wait_s
from headworks.faces.client import State
from headworks.faces.follow import follow
from headworks.faces.kept import KeptOutbox
from headworks.faces.mqtt.broker import Access, Broker, BrokerError, connected
from headworks.faces.mqtt.desk import Desk
from headworks.faces.mqtt.discovery import discovery
from headworks.faces.mqtt.topics import (
    ANSWER,
    BRIDGE,
    COMMAND,
    EVENT,
    HEALTH,
    OFFLINE,
    ONLINE,
    STATION,
    Due,
    Topic,
    topics,
)
from headworks.faces.outbox import Cursor, Message, OutboxError
from headworks.faces.say import Say
from headworks.faces.told import Severities, severities, told
from headworks.model.outside import MqttSpec

EVERY_S = 0.5  # between two looks at the station
AGAIN_S = 0.2  # between two tries to end a task
LONGEST_S = 30.0  # between two tries to reach the broker
LAST_S = 1.5  # at the end, for the message that is on its way, and for the good-bye
SETTLED_S = 60.0  # of uptime, after which what is not there any more is removed from the broker
_PUBLISHED = "published"  # names of retained topics, in the outbox


class Bridge:
    """`run` it until it is cancelled. `spec.prefix` must be set."""

    def __init__(
        self,
        spec: MqttSpec,
        to: Access,
        kept: KeptOutbox,
        desk: Desk,
        *,
        socket: Path | None,
        say: Say,
    ) -> None:
        self._spec, self._to, self._kept, self._desk = spec, to, kept, desk
        self._socket, self._say = socket, say
        self._state: State | None = None
        self._cause = "the station has not been reached yet"
        self._before: Severities = {}
        self._changed = asyncio.Event()
        self._due = Due(spec.every_s)
        self._published: set[str] = set()
        self._ending = False

    async def run(self) -> None:
        """Raises OutboxError where the file cannot be begun."""
        await self._desk.begin()
        self._published = set(json.loads(await self._fact(_PUBLISHED) or "[]"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow(self._socket, self, EVERY_S))
            tasks.create_task(self._broker())

    # --- from the station -----------------------------------------------------------------

    async def cursor(self) -> Cursor | None:
        """Up to where events were taken."""
        return await self._kept.cursor()

    async def take(self, state: State, missed: int) -> None:
        """Keep the events, then show the state."""
        cursor = Cursor(state["run"], state["last_event"])
        if cursor != self._kept.at:
            first = self._kept.at is None  # what was before this bridge is no news
            await self._kept.put([] if first else _events(state, missed, self._before), cursor)
        self._state, self._cause = state, ""
        self._before = severities(state)
        self._changed.set()

    async def lose(self, cause: str) -> None:
        """The station is not there."""
        self._say(cause)
        self._cause = cause
        self._changed.set()

    # --- to the broker --------------------------------------------------------------------

    async def _broker(self) -> None:
        tries = 0
        while True:
            began_s = time.monotonic()
            try:
                async with connected(self._to, self._spec.prefix) as broker:
                    self._say(f"connected to {self._spec.broker}")
                    await self._serve(broker)
            except BrokerError as error:
                if _ends():  # it broke while it was saying good-bye
                    raise asyncio.CancelledError from error
                tries = 1 if time.monotonic() - began_s > LONGEST_S else tries + 1
                self._say(f"broker {self._spec.broker}: {error}; it is tried again")
            await asyncio.sleep(wait_s(tries, longest_s=LONGEST_S))

    async def _serve(self, broker: Broker) -> None:
        """Until the connection breaks. Raises BrokerError. Says good-bye when it is cancelled."""
        if self._spec.commands != "none":
            await broker.subscribe(COMMAND)
        if _ends():  # and that was swallowed while it connected
            raise asyncio.CancelledError
        work = (self._states(broker), self._deliver(broker), self._commands(broker))
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._finish(tasks[1])
            await _cancel(tasks)
            await broker.leave(LAST_S)
            raise
        ended = [task for task in tasks if task.done()]
        await _cancel(tasks)
        for task in ended:
            task.result()

    async def _finish(self, delivering: "asyncio.Future[None]") -> None:
        """Wait for the message that is on its way: what the broker has does not come again."""
        self._ending = True
        self._kept.fresh.set()
        await asyncio.wait([delivering], timeout=LAST_S)

    async def _states(self, broker: Broker) -> None:
        """What is retained, as it is now; all of it at the start."""
        self._due.forget()
        found: dict[str, str] = {}
        await broker.publish(BRIDGE, ONLINE, retain=True, sure=True)
        while True:
            self._changed.clear()
            now = {STATION: self._station(), HEALTH: await self._health(broker)}
            if self._state is not None and not self._cause:
                now |= topics(self._state)
                found = await self._discover(broker, self._state, found)
            for name, payload in self._due.choose(time.monotonic(), now).items():
                await broker.publish(name, payload, retain=True, sure=name in (STATION, HEALTH))
            await self._tidy(broker, {*now}, {*found})
            await self._changed.wait()

    def _station(self) -> Topic:
        word = OFFLINE if self._cause else ONLINE
        return Topic(word, word)

    async def _health(self, broker: Broker) -> Topic:
        """What waits and what was given up, of events and of commands."""
        try:
            waiting = await self._kept.do(self._kept.outbox.waiting)
            dropped = await self._kept.do(self._kept.outbox.dropped)
        except OutboxError as error:
            self._say(str(error))
            return Topic(json.dumps({"error": "the outbox cannot be read"}), "error")
        steady = {
            "dropped": dropped, "commands_taken": self._desk.taken,
            "outbox_set_aside": bool(self._kept.outbox.set_aside), "station": self._cause,
        }  # fmt: skip
        moving = {
            "waiting": waiting, "commands_refused": self._desk.refused,
            "commands_overflown": broker.overflow(),
        }  # fmt: skip
        return Topic(json.dumps(steady | moving), steady)

    async def _discover(self, broker: Broker, state: State, sent: dict[str, str]) -> dict[str, str]:
        """Tell Home Assistant what is new to it; all that it has been told."""
        if not self._spec.discovery:
            return {}
        now = discovery(state, self._spec.prefix, self._spec.discovery)
        for topic, payload in now.items():
            if sent.get(topic) != payload:
                await broker.publish_at(topic, payload, retain=True)
        return sent | now

    async def _tidy(self, broker: Broker, names: set[str], found: set[str]) -> None:
        """Note what is retained at the broker, and remove what the site no longer has."""
        state = self._state
        if state is None or self._cause:
            return
        now = {f"{self._spec.prefix}/{name}" for name in names} | found
        keep = now | self._published
        if state["uptime_s"] >= SETTLED_S:
            for topic in sorted(self._published - now):
                await broker.publish_at(topic, None, retain=True, sure=True)
            keep = now
        if keep != self._published:
            with suppress(OutboxError):  # then they are removed another time
                text = json.dumps(sorted(keep))
                await self._kept.do(lambda: self._kept.outbox.set_fact(_PUBLISHED, text))
                self._published = keep

    async def _deliver(self, broker: Broker) -> None:
        """What waits, in its order; each is gone from the disk when the broker has it."""
        while not self._ending:
            self._kept.fresh.clear()
            try:
                waiting = await self._kept.first()
                if waiting is None:
                    await self._kept.fresh.wait()
                    continue
                message = waiting.message
                await broker.publish(message.topic, message.body, sure=True)
                await self._kept.done(waiting.seq)
            except OutboxError as error:
                self._say(str(error))
                await asyncio.sleep(1.0)

    async def _commands(self, broker: Broker) -> None:
        """What comes from the broker. Listens where nothing is taken, too: so a break is seen."""
        async for message in broker.messages():
            answer = await self._desk.take(message)
            if answer is not None:
                await broker.publish(ANSWER, json.dumps(answer))

    async def _fact(self, name: str) -> str | None:
        return await self._kept.do(lambda: self._kept.outbox.fact(name))


def _events(state: State, missed: int, before: Severities) -> list[Message]:
    """Events as messages; before them one that says how many are lost, where some are."""
    found = [told(state, event, before) for event in state["events"]]
    if missed:
        key = f"{state['run']}-missed-{state['last_event']}"
        site = state["site"]["name"]
        text = f"{missed} events were not told: the station keeps no more."
        lost = {"key": key, "time": state["time"], "site": site, "kind": "missed", "text": text}
        found.insert(0, lost | {"count": missed})
    return [Message(one["key"], EVENT, json.dumps(one)) for one in found]


def _ends() -> bool:
    """Whether this task has been asked to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _cancel(tasks: Sequence["asyncio.Future[None]"]) -> None:
    """End tasks. More than once: `wait_for` of Python 3.11 may swallow a cancellation."""
    while any(not task.done() for task in tasks):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
