"""A line of RS-485 with several boards: the host asks, and one board answers, one frame each.

Boards are asked in rounds. One that does not answer is asked less and less often, and a round
waits in vain once at most, so that however many are dead the others keep their pace. What waits
for a board goes before the question whether it has news.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from headworks.field.boards.line import Item, Line
from headworks.field.boards.session import Session
from headworks_fw.wire import Frame

ANSWER_S = 0.1  # the longest frame takes 22 ms at 115200 baud [ours]
ROUND_S = 0.05  # a pause when no board had anything to say
SLOWEST_S = 2.0  # a dead board is asked this often
STOP_S = 1.0  # the longest that an end may take
_QUEUED = 32  # frames that may wait for one board
_MOST_ACKS = 1024  # bytes; an event whose word is lost is told again


_OWN = ("hi", "ack", "do", "poll")


def _is_own(frame: Frame) -> bool:
    """Whether it is a question of the host."""
    return frame.kind in _OWN or (frame.kind == "beat" and "m" not in frame.fields)


class _Station:
    """What the master keeps of one board."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.waiting: deque[tuple[object, bytes]] = deque(maxlen=_QUEUED)  # a command's id
        self.acks = b""  # they get no answer, so they go with the next question
        self.missed = 0
        self.due_s = 0.0
        self.answered_s = float("-inf")

    def next(self) -> bytes | None:
        """What waits longest; a command that is not under way any more is passed over."""
        while self.waiting:
            number, data = self.waiting.popleft()
            if number is None or self.session.doing.asks(number):
                return data
        return None


class SharedLine(Line):
    """One port with its boards, by their addresses."""

    def __init__(
        self, connect: str, baud: int, sessions: Sequence[Session], changed: Callable[[], None]
    ) -> None:
        super().__init__(connect, baud, sessions, changed)
        self._stations = {session.spec.address: _Station(session) for session in sessions}
        self._asked: _Station | None = None
        self._answer = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the port and begin to ask around."""
        super().start()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ask no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        await super().stop()  # first, so that its port is given away once only
        if task is not None:
            await asyncio.wait({task}, timeout=STOP_S)

    def _shut(self) -> None:
        super()._shut()
        for station in self._stations.values():  # what was said to a board that is gone
            station.waiting.clear()
            station.acks = b""

    def send(self, session: Session, kind: str, fields: dict[str, Any]) -> None:
        """A frame waits for its board's turn; until then another board may be speaking."""
        data = self.framed(session, kind, fields)
        station = self._stations[session.spec.address]
        if kind == "ack":
            station.acks = (station.acks + data)[-_MOST_ACKS:]
        elif data:
            station.waiting.append((fields["i"] if kind == "do" else None, data))

    def take(self, items: list[Item], t_s: float) -> None:
        """A frame is for the board that it comes from; noise counts for the one that was asked."""
        for item in items:
            if isinstance(item, Frame) and _is_own(item):
                continue  # an adapter that hears itself; the answer is still to come
            is_frame = isinstance(item, Frame)
            station = self._stations.get(item.address) if isinstance(item, Frame) else self._asked
            if station is None:
                continue
            session = station.session
            self.guarded(session, partial(session.received, [item], t_s))
            if is_frame and station is self._asked:
                self._answer.set()

    async def _run(self) -> None:
        """Ask around for ever."""
        while True:
            if await self._round():
                await asyncio.sleep(ROUND_S)

    async def _round(self) -> bool:
        """Ask until one does not answer; whether nobody had anything to say."""
        idle = True
        for station in self._order():
            idle = await self._turn(station) and idle
            if station.missed:
                break
        return idle

    def _order(self) -> list[_Station]:
        """Those that answer, the latest first, then one of those that did not and are due.

        So a board that has just died stands behind all that are sure to live.
        """
        every, now_s = self._stations.values(), time.monotonic()
        alive = [station for station in every if not station.missed]
        alive.sort(key=lambda station: station.answered_s, reverse=True)
        due = [station for station in every if station.missed and station.due_s <= now_s]
        due.sort(key=lambda station: station.due_s)
        return alive + due[:1]

    async def _turn(self, station: _Station) -> bool:
        """One question to one board; whether it had nothing to say."""
        session = station.session
        waits = station.next()
        had = waits is not None
        question = self.framed(session, "poll", {}) if waits is None else waits
        before = session.heard_frames
        self._asked = station
        self._answer.clear()
        self.write(station.acks + question)
        station.acks = b""
        try:
            # not wait_for: before Python 3.12 that loses a cancellation that meets the answer
            async with asyncio.timeout(ANSWER_S):
                await self._answer.wait()
        except TimeoutError:
            station.missed += 1
            pause_s = min(SLOWEST_S, ROUND_S * 2.0**station.missed)
            station.due_s = time.monotonic() + pause_s
            return True
        finally:
            self._asked = None
        station.missed, station.answered_s = 0, time.monotonic()
        return not had and session.heard_frames == before
