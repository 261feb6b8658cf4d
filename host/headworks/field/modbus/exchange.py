"""The transactions of one Modbus connection: one request at a time, and no wrong value ever.

Wire format comes from pymodbus; who asks when and what a late answer means is ours. A reply is
handed over in the very turn of the event loop that reads it. `link` is what others use.
"""

import random
import time
from collections.abc import Callable

from headworks.field.modbus.channel import Channel
from headworks.field.modbus.errors import (
    LinkDown,
    LinkError,
    LinkNoise,
    LinkTimeout,
    ModbusException,
)
from headworks.field.modbus.framing import Framing
from headworks.field.modbus.late import LateBook
from headworks.field.modbus.pending import LinkCounters, Pending, UnitCounters
from headworks.field.modbus.waiting import Timer, Waiting
from headworks.field.modbus.wire import Frame, FrameError

_DRAIN_S = 0.02  # after a timeout: this long without a byte before the next request
_CONTENDED_S = 5.0  # after a foreign frame: this long nothing is trusted blindly
_LAIN_S = 1.0  # a reply read so long after its deadline has lain in a buffer while we stood still
_BACK_OFF_S = (0.05, 0.15)
_ANOTHER = "another master speaks on this bus; only one may"


class Exchange:
    """Requests out, replies in; the owner of a channel."""

    def __init__(self, channel: Channel, framing: Framing, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.framing = framing
        self.cause = "not connected yet"
        self.on_alive: Callable[[int], None] | None = None
        self.on_up: Callable[[], None] | None = None
        self._channel = channel
        self._units: dict[int, UnitCounters] = {}
        self._counters = LinkCounters()
        self._books: dict[int, LateBook] = {}
        self._waiting = Waiting()
        self._current: Pending | None = None
        self._free_s = 0.0  # no request before this
        self._heard_s = 0.0
        self._contended_s = 0.0  # until then another master is about
        self._deaf = 0  # timeouts in a row without a single byte
        self._was_up = False
        self._deadline = Timer(self._tick)
        self._turn = Timer(self._pump)
        self._gap = Timer(self._after_gap)

    def close_timers(self) -> None:
        """Nothing happens later."""
        self._deadline.cancel()
        self._turn.cancel()
        self._gap.cancel()

    def unit(self, unit: int) -> UnitCounters:
        """One unit's counters."""
        return self._units.setdefault(unit, UnitCounters())

    def opened(self) -> None:
        """There is a connection."""
        self.cause = ""
        self._was_up = True
        self._deaf = 0
        self.framing.rest = b""
        self._pump()
        if self.on_up is not None:
            self.on_up()

    def closed(self, cause: str) -> None:
        """The connection broke, or a try failed. What waits may outlast a break, not a failure."""
        self.cause = cause
        current, self._current = self._current, None
        if current is not None:
            self._book(current)
            current.finish(LinkDown(cause), time.monotonic())
        if self._was_up:
            self._was_up = False
            self._pump()
        else:
            self._fail_all(cause)

    def received(self, data: bytes) -> None:
        """Bytes came: the expected reply at once, anything else after a closer look."""
        now = time.monotonic()
        self._heard_s = now
        self._deaf = 0
        current = self._current
        if current is not None and now > current.deadline_s + _LAIN_S:
            self._expire(current, now)
            self._look(data, now, final=False)
        elif (
            current is not None
            and not current.spoiled
            and current.wanted is None
            and self.framing.is_reply(data, current)
        ):
            self._accept(current, self.framing.payload(data, current), now)
        else:
            self._look(data, now, final=False)

    def _pump(self) -> None:
        """Send the next request, if it may be sent now."""
        if self._current is not None or not self._waiting:
            return
        if not self._channel.up:
            self._wait_for_connection()
            return
        now = time.monotonic()
        if now < self._free_s:
            self._turn.at(self._free_s)
            return
        pending = self._waiting.take()
        book = self._books.get(pending.request.unit)
        if book:
            book.expire(now)
        if book and book.collides(pending.request):
            self._probe(pending, book, now)
        else:
            self._send(pending, now)

    def _wait_for_connection(self) -> None:
        head = self._waiting.head()
        if not head.deadline_s:
            head.deadline_s = time.monotonic() + head.timeout_s
        self._deadline.at(head.deadline_s)

    def _probe(self, wanted: Pending, book: LateBook, now: float) -> None:
        """Get in step first: send a read whose reply cannot be a late one."""
        request = book.probe(wanted.request)
        if request is not None:
            self._send(Pending(request, None, wanted.timeout_s, wanted.counters, wanted), now)
        else:
            wanted.finish(LinkNoise("waiting until no late reply can come any more"), now)
            self._pump()

    def _send(self, pending: Pending, now: float) -> None:
        self._current = pending
        pending.counters.requests += 1
        pending.deadline_s = now + pending.timeout_s
        self._counters.noise += self.framing.reset()
        self._channel.send(self.framing.frame(pending))
        self._deadline.at(pending.deadline_s)

    def _accept(self, current: Pending, payload: bytes, now: float) -> None:
        """A good reply that can be no other's."""
        self._current = None
        self._free_s = now + self.framing.silence_s
        current.counters.replies += 1
        book = self._books.get(current.request.unit)
        if book:
            book.clear()
        if current.wanted is not None:
            self._waiting.put_back(current.wanted)
        current.finish(payload, now)
        self._pump()
        if self._current is None and not self._waiting:
            self._deadline.cancel()  # it would wake us for nothing

    def _end(self, current: Pending, error: LinkError, now: float, pump: bool = True) -> None:
        """No good reply. Unless it was a refusal, the line must be quiet before we go on."""
        self._current = None
        drain_s = 0.0 if isinstance(error, ModbusException) else self.framing.drain_s
        self._free_s = max(self._free_s, now + max(self.framing.silence_s, drain_s))
        current.finish(error, now)
        if pump:
            self._pump()

    # frames

    def _look(self, data: bytes, now: float, final: bool) -> None:
        """Cut the bytes into frames, and see what each is."""
        try:
            frames, noise = self.framing.split(data, final)
        except FrameError as error:
            self._channel.renew(str(error))
            return
        self._counters.noise += noise
        if self._current is None:
            self._free_s = max(self._free_s, now + self.framing.drain_s)
        elif noise:
            self._current.noisy = True
        for frame in frames:
            self._route(frame, now)
        current = self._current
        if current is not None and current.noisy and self.framing.spoilt(current):
            current.counters.crc += 1
            self._book(current)
            self._end(current, LinkNoise("a reply with a bad checksum"), now)
        if self.framing.rest and self.framing.gap_s:
            self._gap.at(now + self.framing.gap_s)

    def _after_gap(self) -> None:
        """If the line was quiet, half a frame will not become a whole one."""
        now = time.monotonic()
        if now - self._heard_s >= 0.9 * self.framing.gap_s:
            self._look(b"", now, final=True)
        elif self.framing.rest:
            self._gap.at(self._heard_s + self.framing.gap_s)

    def _route(self, frame: Frame, now: float) -> None:
        current, book = self._current, self._books.get(frame.unit)
        if current is not None and self.framing.answers(frame, current):
            if current.wanted is None and not current.request.is_read:
                self._answered(current, frame, now)
            elif book and book.ambiguous(frame.pdu):
                self._ambiguous(current, book, frame, now)
            else:
                self._answered(current, frame, now)
        elif book and book.swallow(frame.pdu):
            self._late(frame.unit)
        elif current is None or not self.framing.is_echo(frame, current):
            self._foreign(now)

    def _answered(self, current: Pending, frame: Frame, now: float) -> None:
        """The reply to the current request, good or refusing."""
        refused = frame.pdu[0] & 0x80
        if current.spoiled:
            self._book(current)
            self._end(current, LinkNoise(_ANOTHER), now)
        elif refused and current.wanted is None:
            current.counters.exceptions += 1
            self._end(current, ModbusException(frame.pdu[1]), now)
        else:
            self._accept(current, frame.pdu[2:] if current.request.is_read else b"", now)

    def _ambiguous(self, current: Pending, book: LateBook, frame: Frame, now: float) -> None:
        """It fits an older request too, so it is taken for that one's. A probe is then followed
        by another that nothing late resembles."""
        book.swallow(frame.pdu)
        self._late(frame.unit)
        if current.wanted is not None:
            self._book(current)
            self._current = None
            self._free_s = now + self.framing.silence_s
            self._waiting.put_back(current.wanted)
            self._pump()

    def _late(self, unit: int) -> None:
        self.unit(unit).late += 1
        if self.on_alive is not None:
            self.on_alive(unit)

    def _foreign(self, now: float) -> None:
        """Nobody asked for this frame. On a bus that is another master: back off."""
        self._counters.unsolicited += 1
        if not self.framing.is_bus:
            return
        self._contended_s = now + _CONTENDED_S
        self._free_s = now + random.uniform(*_BACK_OFF_S)
        if self._current is not None:
            self._current.spoiled = True

    def _book(self, pending: Pending) -> None:
        """A reply to this one may still come."""
        book = self._books.setdefault(pending.request.unit, LateBook())
        book.add(pending.request, time.monotonic())

    # time

    def _tick(self) -> None:
        """A deadline may have come."""
        now = time.monotonic()
        current = self._current
        if current is not None:
            if now >= current.deadline_s - 0.0002:
                self._expire(current, now)
            else:
                self._deadline.at(current.deadline_s)
        elif self._waiting and not self._channel.up:
            self._give_up_waiting(now)

    def _give_up_waiting(self, now: float) -> None:
        if now >= self._waiting.head().deadline_s - 0.0002:
            self._waiting.take().finish(LinkDown(self.cause or "no connection"), now)
        self._pump()

    def _expire(self, current: Pending, now: float) -> None:
        """The time of the current request ran out; its reply may still come."""
        current.counters.timeouts += 1
        self._book(current)
        self._deaf += 1
        error = LinkNoise if current.noisy else LinkTimeout
        text = "only noise came" if current.noisy else f"no reply in {current.timeout_s:g} s"
        renew = self.framing.over_tcp and self._deaf >= min(2, len(self._units))
        self._end(current, error(text), now, pump=not renew)
        if renew and self._current is None:
            self._channel.renew(text)

    def _fail_all(self, cause: str) -> None:
        now = time.monotonic()
        for pending in self._waiting.drain():
            pending.finish(LinkDown(cause), now)
