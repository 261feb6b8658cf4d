"""The meters behind one connection: who is read next.

Everybody is read at its own period. On a shared line a meter that does not answer is asked so
seldom and so briefly that all such probes take at most a tenth of the line's time, and yet each is
asked often enough to be found again within 5 s.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence

from headworks.field.meters.device import MeterDevice
from headworks.field.modbus.link import Link

_LOG = logging.getLogger("headworks.meters")
PROBE_SHARE = 0.1  # of the line's time
RETURN_S = 4.5  # each dead meter is asked this often, so that its return is seen within 5 s
_DEAD_AFTER = 2  # unanswered polls
_OVERHEAD_S = 0.03  # drain and silence around a probe
_SHORTEST_S = 0.01


class Bus:
    """One task that reads all meters of one link in turn."""

    def __init__(self, link: Link, devices: Sequence[MeterDevice]) -> None:
        self.link = link
        self.devices = list(devices)
        self._task: asyncio.Task[None] | None = None
        self._waker: asyncio.Future[None] | None = None
        self._probe_s = 0.0  # no probe before this
        self._alive: set[int] = set()  # units that gave a late sign of life
        link.on_up = self._hurry
        link.on_alive = self._revive

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(_tell)

    async def stop(self) -> None:
        """Stop reading; the link stays as it is."""
        self.link.on_up = self.link.on_alive = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            now = time.monotonic()
            device, when_s = self._next(now)
            if when_s > now:
                await self._until(when_s)
            else:
                await self._read(device, now)

    def _next(self, now: float) -> tuple[MeterDevice, float]:
        """Who is next, and when. A probe that its share allows goes first, or a line that live
        meters fill would never see a dead one return."""
        if len(self.devices) == 1:
            return self.devices[0], self.devices[0].next_s
        live = [d for d in self.devices if not self._is_dead(d)]
        dead = [d for d in self.devices if self._is_dead(d)]
        if not live:
            probe = min(dead, key=_due)
            return probe, probe.next_s
        first = min(live, key=_due)
        if dead:
            probe = min(dead, key=_due)
            probe_at = max(self._probe_s, probe.next_s)
            if probe_at <= max(now, first.next_s):
                return probe, probe_at
        return first, first.next_s

    def _is_dead(self, device: MeterDevice) -> bool:
        return device.misses >= _DEAD_AFTER and len(self.devices) > 1

    async def _read(self, device: MeterDevice, now: float) -> None:
        was_dead = self._is_dead(device)
        timeout_s = self._probe_timeout(device) if was_dead else None
        device.next_s = _after(device, now)
        await device.poll(self.link, timeout_s)
        if was_dead and device.misses:
            end_s = time.monotonic()
            self._probe_s = end_s + (end_s - now + _OVERHEAD_S) * (1 / PROBE_SHARE - 1)
        if not self.link.up:
            self._tell_silent(device)

    def _probe_timeout(self, device: MeterDevice) -> float:
        """How long a probe may wait: a tenth of the line's time, shared by all dead meters."""
        dead = sum(1 for d in self.devices if self._is_dead(d))
        share = PROBE_SHARE if dead < len(self.devices) else 1.0
        allowed_s = RETURN_S * share / dead - _OVERHEAD_S
        return min(device.spec.timeout_s, max(_SHORTEST_S, allowed_s))

    def _tell_silent(self, device: MeterDevice) -> None:
        """No connection: that holds for all meters behind it, without asking each."""
        now = time.monotonic()
        for other in self.devices:
            if other is not device and other.next_s <= now:
                other.next_s = _after(other, now)
                other.silent(self.link.cause)

    async def _until(self, when_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._waker = loop.create_future()
        timer = loop.call_at(when_s, self._wake)
        try:
            await self._waker
        finally:
            timer.cancel()
            self._waker = None

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def _hurry(self) -> None:
        """There is a connection again: read everybody now, unless a read waits for it already."""
        if self._waker is None:
            return
        for device in self.devices:
            device.next_s = 0.0
        self._wake()

    def _revive(self, unit: int) -> None:
        """A unit answered late: it lives, so ask it properly next."""
        for device in self.devices:
            if device.spec.unit == unit and self._is_dead(device):
                device.misses = 0
                device.next_s = 0.0
                self._wake()


def _tell(task: asyncio.Task[None]) -> None:
    """A fault of ours ends the reading; the meters then go stale, and this says why."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.critical("reading meters has stopped", exc_info=error)


def _due(device: MeterDevice) -> float:
    return device.next_s


def _after(device: MeterDevice, now: float) -> float:
    """The next due time at a fixed period and phase; what was missed is not made up for."""
    poll_s = device.spec.poll_s
    if device.next_s > now - poll_s:
        return device.next_s + poll_s
    if device.phase_s is None:
        return now + poll_s
    turns = math.floor((now - device.phase_s) / poll_s) + 1
    return turns * poll_s + device.phase_s
