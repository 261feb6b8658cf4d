"""The family coil: outlets are Modbus coils, read back from the board itself.

A command goes out before `command` returns when the line is idle, and before all reads when it
is not. At most one write of a board is on its way; what is told meanwhile goes together in the
next one, offs before ons. What the board reports is kept in `coil_image`.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from headworks.field.modbus.link import ConnectError, Link, LinkError, ModbusException
from headworks.field.modbus.links import Links
from headworks.field.modbus.request import Request, coil_request, coils_request, read_request
from headworks.field.switches.coil_image import CoilImage
from headworks.field.switches.errors import SwitchError
from headworks.hardware.switch import SwitchProfile
from headworks.model.live import Observation
from headworks.model.site import SwitchSpec

PROBE_SHARE = 0.1  # of a shared line's time may go into a board that does not answer
AFTER_WRITE_S = 0.02  # a coil is read back this soon after it was written
RETRY_S = 0.1  # between two tries to open everything at the end, or to be heard at all
SILENT_AFTER = 3  # tries without an answer in a row; a board silent for longer is only probed
_ILLEGAL_FUNCTION = 1


class CoilBoard:
    """One board of coils. After a silence all its coils are written again."""

    def __init__(
        self, spec: SwitchSpec, profile: SwitchProfile, links: Links, on_change: Callable[[], None]
    ) -> None:
        self.name = spec.name
        self._spec = spec
        self._links = links
        self._image = CoilImage(spec, profile, on_change)
        self._base = min(profile.outlets.values())
        self._outlets = profile.outlets
        self._told = dict.fromkeys(profile.outlets, False)
        self._sent = dict(self._told)
        self._waiting: dict[str, None] = {}
        self._writing = False
        self._reading = False
        self._failing = False
        self._misses = 0  # in a row
        self._one_by_one = False  # the board does not know function 15
        self._asserted_s = float("-inf")
        self._ended: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._link: Link | None = None
        self._single = {  # made before they are wanted: a trip waits for nothing
            (name, on): coil_request(spec.unit, at, on)
            for name, at in profile.outlets.items()
            for on in (False, True)
        }
        self._coils = read_request(spec.unit, 1, self._base, len(profile.outlets))
        self._inputs: Request | None = None
        if profile.inputs:
            first = min(profile.inputs.values())
            function, count = profile.input_function, len(profile.inputs)
            self._inputs = read_request(spec.unit, function, first, count)
        shared = not spec.connect.startswith("tcp://")
        self._probe_s = spec.timeout_s / PROBE_SHARE if shared else spec.poll_s

    @property
    def cause(self) -> str:
        """What is wrong with the board, in words; empty when it answers."""
        return self._image.cause

    async def start(self) -> None:
        """Write all off and begin to read; a silent board is waited for in the background."""
        spec = self._spec
        try:
            self._link = self._links.get(
                spec.connect,
                timeout_s=spec.timeout_s,
                baud=spec.baud,
                parity=spec.parity,
                stop_bits=spec.stop_bits,
            )
        except ConnectError as error:
            raise SwitchError(f"switch {self.name}: {error}") from error
        self._write_all()

    def command(self, outlet: str, on: bool) -> None:
        """Write one coil as soon as the line lets it."""
        self._told[outlet] = on
        self._waiting[outlet] = None
        self._write()

    def reassert(self) -> None:
        """Write all coils again, at most every `poll_s`; a silent board is only probed."""
        now = time.monotonic()
        if not self._failing and now - self._asserted_s >= self._spec.poll_s:
            self._asserted_s = now
            self._write_all()

    def readback(self, outlet: str) -> tuple[float, bool | None]:
        """The coil as the board reported it; None when that is too long ago."""
        return self._image.coil(outlet)

    def inputs(self) -> dict[str, Observation]:
        """The inputs as the board reported them."""
        return self._image.inputs()

    async def stop(self) -> None:
        """Write all off until the board reports so, then leave the line."""
        if self._link is None:
            return
        self._ended = asyncio.get_running_loop().create_future()
        self._told = dict.fromkeys(self._told, False)
        self._image.forget()
        self._write_all()
        try:
            await self._ended
        finally:
            self._again(None)
            self._link = None
            await self._links.release(self._spec.connect)

    # writing

    def _write_all(self) -> None:
        self._waiting = dict.fromkeys(self._outlets)
        self._write()

    def _write(self) -> None:
        if self._writing or self._link is None or not self._waiting:
            return
        off = any(not self._told[name] for name in self._waiting)
        request = self._next_write()
        self._writing = True
        done = partial(self._written, request)
        self._link.post(request, done, timeout_s=self._spec.timeout_s, urgent=True, off=off)

    def _next_write(self) -> Request:
        """All waiting offs, or all ons when no off waits, in one request."""
        batch = [name for name in self._waiting if not self._told[name]] or [*self._waiting]
        if self._one_by_one or len(batch) == 1:
            name = batch[0]
            del self._waiting[name]
            self._sent[name] = self._told[name]
            return self._single[name, self._told[name]]
        self._sent.update((name, self._told[name]) for name in batch)
        self._waiting = {n: None for n in self._waiting if self._told[n] != self._sent[n]}
        return coils_request(self._spec.unit, self._base, list(self._sent.values()))

    def _written(self, request: Request, result: bytes | LinkError, _t_s: float) -> None:
        self._writing = False
        if self._link is None:
            return
        if isinstance(result, LinkError):
            self._not_written(request, result)
            return
        self._write()
        if not self._writing:
            self._again(AFTER_WRITE_S)

    def _not_written(self, request: Request, error: LinkError) -> None:
        several = request.function == 15
        if several and isinstance(error, ModbusException) and error.code == _ILLEGAL_FUNCTION:
            self._one_by_one = True
            self._write_all()
            return
        self._lost(error)

    # reading

    def _read(self) -> None:
        """Ask for the coils; one read at a time, or a busy line would gather them without end."""
        self._timer = None
        if self._link is None:
            return
        if self._reading:
            self._again(AFTER_WRITE_S)
            return
        self._reading = True
        self._link.post(self._coils, self._take_coils, timeout_s=self._spec.timeout_s)

    def _take_coils(self, result: bytes | LinkError, t_s: float) -> None:
        self._reading = False
        if self._link is None:
            return
        if isinstance(result, LinkError):
            self._lost(result)
            return
        self._image.take_coils(self._coils.values(result), t_s)
        if self._failing:
            self._failing, self._misses = False, 0
            self._write_all()
        elif self._ended is not None and not self._writing:
            self._verify(self._ended)
        elif self._inputs is not None:
            self._reading = True
            self._link.post(self._inputs, self._take_inputs, timeout_s=self._spec.timeout_s)
        else:
            self._later()

    def _take_inputs(self, result: bytes | LinkError, t_s: float) -> None:
        self._reading = False
        if self._link is None or self._inputs is None:
            return
        if isinstance(result, LinkError):
            self._lost(result)
            return
        self._image.take_inputs(self._inputs.values(result), t_s)
        self._later()

    def _verify(self, ended: "asyncio.Future[None]") -> None:
        """At the end: done when the board reports all off, else once more."""
        if self._image.all_off():
            if not ended.done():
                ended.set_result(None)
        else:
            self._write_all()

    def _lost(self, error: LinkError) -> None:
        """One disturbed frame must not delay an off: a few tries at once, then only probes."""
        self._failing = True
        self._misses += 1
        self._image.lost(str(error))
        if self._ended is None and self._misses >= SILENT_AFTER:
            self._again(self._probe_s)
        else:
            self._again(RETRY_S)

    def _later(self) -> None:
        """Read next after `poll_s`, unless a coil that was just written is to be read before."""
        if self._timer is None:
            self._again(self._spec.poll_s)

    def _again(self, delay_s: float | None) -> None:
        """Read next after this time, instead of any time set before; None: not any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if delay_s is not None:
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._read)
