"""One meter on a link: which blocks are read when, and what is done when the device refuses.

A poll reads all fast blocks, the one with the power last; its reply makes the reading, in the same
turn of the event loop. Counters in blocks of their own are read every few seconds.
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from headworks.field.meters.judge import Judge
from headworks.field.meters.sunspec import find_model
from headworks.field.modbus.errors import LinkError, LinkTimeout, ModbusException
from headworks.field.modbus.link import Link
from headworks.field.modbus.request import Request, read_request
from headworks.hardware.meter import Block, BlockDecoder, Decoded, MeterProfile, Register
from headworks.hardware.meter_plan import located, plan
from headworks.hardware.meter_words import width
from headworks.model.live import Quality, Reading
from headworks.model.site import MeterSpec, Sign

SLOW_S = 5.0  # counters that need a read of their own
_HOLE_TCP, _HOLE_SERIAL = 60, 12  # registers nobody wants that cost less than one more read
_SEARCH_S = 30.0  # between two searches for registers that are not there
_RETRIES, _RETRY_S = 2, 0.05  # for "busy" and "needs longer" only
_REFUSED = frozenset((2, 3))
_ABSENT = frozenset((10, 11))  # a gateway that does not reach the device

OnReading = Callable[[Reading], None]
OnNote = Callable[[str, str], None]


class _Read(NamedTuple):
    """A planned block, ready to ask."""

    block: Block
    request: Request
    decoder: BlockDecoder


class MeterDevice:
    """Polls one meter. `on_note(meter, text)` is for people: dropped registers and the like."""

    def __init__(
        self, spec: MeterSpec, profile: MeterProfile, on_reading: OnReading, on_note: OnNote
    ) -> None:
        self.spec = spec
        self.profile = profile
        self.misses = 0  # polls in a row without any answer
        self.next_s = 0.0  # when the next poll is due
        self.phase_s: float | None = None  # when in each period of the clock; None = whenever
        self._on_reading = on_reading
        self._on_note = on_note
        self._judge = Judge(spec.name, spec.frozen_s)
        self._registers: tuple[Register, ...] | None = None
        self._hole = _HOLE_SERIAL if spec.connect.startswith("serial:") else _HOLE_TCP
        self._max_block = profile.max_block
        self._fast: list[_Read] = []
        self._slow: list[_Read] = []
        self._before: list[tuple[bytes, Decoded]] = []  # fast blocks ahead of the last one
        self._counters: dict[int, tuple[float, bytes, Decoded]] = {}  # of slow blocks
        self._slow_next = 0
        self._slow_s = float("-inf")
        self._contended = False
        self._search_s = 0.0  # no search for absent registers before this

    async def poll(self, link: Link, timeout_s: float | None = None) -> None:
        """Read once and deliver one Reading, good or bad."""
        try:
            if self._registers is None:
                await self._locate(link)
            await self._read_fast(link, timeout_s)
        except ModbusException as error:
            self._missed(error.code in _ABSENT)
            self._deliver_error(error)
            await self._refused(link, error)
            return
        except LinkError as error:
            self._missed(isinstance(error, LinkTimeout))
            self._deliver_error(error)
            return
        self.misses = 0
        await self._read_slow(link)

    @property
    def registers(self) -> tuple[Register, ...]:
        """The registers that are read, at their wire addresses; empty before the first poll."""
        return self._registers or ()

    def silent(self, cause: str) -> None:
        """There is no connection at all."""
        self._on_reading(self._judge.bad(Quality.SILENT, cause, time.monotonic()))

    def _missed(self, silent: bool) -> None:
        self.misses = self.misses + 1 if silent else 0

    def _deliver_error(self, error: LinkError) -> None:
        where = self.profile.model if isinstance(error, ModbusException) else ""
        self._on_reading(self._judge.failed(error, where, time.monotonic()))

    # planning

    async def _locate(self, link: Link) -> None:
        sunspec = self.profile.sunspec
        base = await find_model(link, self.spec.unit, sunspec) if sunspec else 0
        self._registers = located(self.profile, base)
        self._plan()

    def _plan(self) -> None:
        blocks = plan(self._registers or (), self._max_block, self.profile.gaps, self._hole)
        reads = [self._prepare(block) for block in blocks]
        self._fast = [read for read in reads if not read.block.slow]
        self._slow = [read for read in reads if read.block.slow]
        self._counters.clear()

    def _prepare(self, block: Block) -> _Read:
        spec = self.spec
        request = read_request(spec.unit, block.function, block.address, block.count, block.spare)
        decoder = BlockDecoder(
            block.registers,
            block.address,
            block.count,
            scale=spec.scale,
            flip=spec.sign is Sign.EXPORT_POSITIVE,
        )
        return _Read(block, request, decoder)

    # reading

    async def _read_fast(self, link: Link, timeout_s: float | None) -> None:
        self._before.clear()
        self._contended = link.contended
        for read in self._fast[:-1]:
            payload = await self._ask(link, read, timeout_s)
            self._before.append((payload, read.decoder.decode(payload)))
        await self._ask(link, self._fast[-1], timeout_s, self._complete)

    async def _ask(
        self,
        link: Link,
        read: _Read,
        timeout_s: float | None,
        first: Callable[[bytes | LinkError, float], None] | None = None,
    ) -> bytes:
        """One block. Busy devices are asked again, nobody else is."""
        wait_s = self.spec.timeout_s if timeout_s is None else timeout_s
        for _ in range(_RETRIES):
            try:
                return await link.ask(read.request, timeout_s=wait_s, first=first)
            except ModbusException as error:
                if not error.passes:
                    raise
                await asyncio.sleep(min(_RETRY_S, self.spec.poll_s / 4))
        return await link.ask(read.request, timeout_s=wait_s, first=first)

    def _complete(self, result: bytes | LinkError, t_s: float) -> None:
        """The last fast block came: the reading is whole."""
        if isinstance(result, LinkError):
            return
        decoded = self._fast[-1].decoder.decode(result)
        payloads: tuple[bytes, ...] = (result,)
        if self._before or self._counters:
            decoded, payloads = self._merge(decoded, result, t_s)
        cause = "another master speaks on this bus" if self._contended else ""
        self._on_reading(self._judge.sample(payloads, decoded, t_s, cause))

    def _merge(
        self, last: Decoded, payload: bytes, t_s: float
    ) -> tuple[Decoded, tuple[bytes, ...]]:
        """The last block with those before it, and counters that are not too old."""
        values, flaws, payloads = last.values, last.flaws, [payload]
        for before, decoded in self._before:
            values.update(decoded.values)
            flaws += decoded.flaws
            payloads.append(before)
        for read_s, before, decoded in self._counters.values():
            payloads.append(before)
            if t_s - read_s <= 3 * SLOW_S:
                values.update(decoded.values)
        return Decoded(values, flaws), tuple(payloads)

    async def _read_slow(self, link: Link) -> None:
        """One slow block now and then; a failure here spoils no reading."""
        now = time.monotonic()
        if not self._slow or now - self._slow_s < SLOW_S / len(self._slow):
            return
        self._slow_s = now
        index = self._slow_next = (self._slow_next + 1) % len(self._slow)
        read = self._slow[index]
        try:
            payload = await self._ask(link, read, None)
        except ModbusException as error:
            await self._refused(link, error, read)
            return
        except LinkError:
            return
        self._counters[index] = (time.monotonic(), payload, read.decoder.decode(payload))

    # refusals

    async def _refused(self, link: Link, error: ModbusException, slow: _Read | None = None) -> None:
        """A block was refused: find the registers that are not there, drop the optional ones."""
        now = time.monotonic()
        if error.code not in _REFUSED or now < self._search_s:
            return
        if self.profile.sunspec:
            self._registers = None  # the models have moved: find them again
            return
        self._search_s = now + _SEARCH_S
        suspects = [slow] if slow is not None else self._fast
        wanted = {r for read in suspects for r in read.block.registers}
        wanted |= {r for r in self._registers or () if r.required}
        try:
            refused = [r for r in wanted if not await self._is_there(link, r)]
            # A second time: a device that refused everything for a moment has lost no register.
            absent = [r for r in refused if not await self._is_there(link, r)]
            gaps = not refused and await self._still_refused(link, suspects)
        except LinkError:
            return  # the line failed meanwhile; the next poll starts over
        self._adapt(absent, gaps)

    async def _still_refused(self, link: Link, reads: list[_Read]) -> bool:
        for read in reads:
            try:
                await link.ask(read.request, timeout_s=self.spec.timeout_s)
            except ModbusException as error:
                if error.code in _REFUSED:
                    return True
                raise
        return False

    def _adapt(self, absent: list[Register], gaps: bool) -> None:
        """Read without what is not there. Where a required value is missing, nothing is given up:
        the device is the wrong one, or refuses everything for now."""
        required = [register for register in absent if register.required]
        for register in required:
            where = self._where(register)
            self._on_note(self.spec.name, f"{where} is not there; check model and unit")
        if required:
            return
        for register in absent:
            where = self._where(register)
            self._on_note(self.spec.name, f"{where} is not there; it is left out from now on")
        if absent:
            self._registers = tuple(r for r in self._registers or () if r not in absent)
        elif gaps:
            self._plan_smaller()
        self._search_s = 0.0
        self._plan()

    def _where(self, register: Register) -> str:
        return f"register {register.address} ({register.channel}) of {self.profile.model}"

    async def _is_there(self, link: Link, register: Register) -> bool:
        spec, count = self.spec, width(register.type)
        request = read_request(spec.unit, register.function, register.address, count)
        try:
            await link.ask(request, timeout_s=spec.timeout_s)
        except ModbusException as error:
            if error.code in _REFUSED:
                return False
            raise
        return True

    def _plan_smaller(self) -> None:
        """Every value can be read alone, so the device dislikes what lies between them."""
        if self._hole:
            self._hole = 0
            self._on_note(self.spec.name, "refuses reads with gaps; reading in smaller blocks")
        else:
            self._max_block = 4
