"""The setpoint on the wire: a Modbus TCP server that a SCADA master writes and reads.

Joins the life of a setpoint to the registers; frames and sockets are `field.modbus.server`'s.
Takes no order from an address outside the allow-list, and shows the same state to all.
"""

import ipaddress
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from headworks.field.modbus.server import ModbusFault, TcpServer
from headworks.field.signals import registers
from headworks.field.signals.report import StationReport
from headworks.field.signals.setpoint import (
    OrderError,
    Setpoint,
    SetpointState,
    beat,
    command,
    state,
    until_s,
    value,
)
from headworks.model.live import SignalValue
from headworks.model.site import SetpointSignal

READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_TARGET = 1, 2, 3, 11
WRITES = frozenset({5, 6, 15, 16, 21, 22, 23})


class SignalError(Exception):
    """A signal cannot start; the text names the place, the cause and the way out."""


class Scada:
    """One setpoint signal: the Modbus device that the master talks to, and its server."""

    def __init__(
        self,
        spec: SetpointSignal,
        report: Callable[[], StationReport | None],
        on_change: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._spec = spec
        self._report = report
        self._on_change = on_change
        self._clock = clock
        self._setpoint = Setpoint()
        self._refused = 0
        self._allow = [ipaddress.ip_network(entry, strict=False) for entry in spec.allow]
        self._server: TcpServer | None = None

    async def start(self) -> None:
        """Listen. Raises SignalError where the address cannot be used."""
        url = urlsplit(self._spec.listen)
        server = TcpServer(self, url.hostname or "", url.port or 0, authorise=self.authorise)
        try:
            await server.start()
        except OSError as error:
            raise SignalError(
                f"signal {self._spec.name!r} cannot listen at {self._spec.listen}: "
                f"{error.strerror or error}; choose a free address and a port above 1023"
            ) from error
        self._server = server

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            await self._server.stop()
            self._server = None

    @property
    def port(self) -> int:
        """The port that is listened at; 0 before the start."""
        return self._server.port if self._server else 0

    def value(self, t_s: float) -> SignalValue:
        """What the setpoint allows now."""
        return value(self._setpoint, t_s, self._spec.heartbeat_s)

    def authorise(self, peer_ip: str, function: int) -> bool:
        """Anybody may read; only the addresses of the allow-list may write."""
        if function not in WRITES or not self._allow or self._listed(peer_ip):
            return True
        self._refused += 1
        return False

    def _listed(self, peer_ip: str) -> bool:
        try:
            peer = ipaddress.ip_address(peer_ip.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(peer, "ipv4_mapped", None)
        return any((mapped or peer) in network for network in self._allow)

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        """Words of the holding or the input registers."""
        self._check_unit(unit)
        if function == READ_HOLDING:
            words = self._holding()
        elif function == READ_INPUT:
            words = self._inputs()
        else:
            raise ModbusFault(ILLEGAL_FUNCTION)
        if count < 1 or address + count > len(words):
            raise ModbusFault(ILLEGAL_ADDRESS)
        return words[address : address + count]

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        """A whole command block, or the heartbeat alone. Anything else changes nothing."""
        self._check_unit(unit)
        before = self._granted()
        try:
            self._setpoint = self._written(function, address, values)
        except ModbusFault:
            self._refused += 1
            raise
        except OrderError as error:
            self._refused += 1
            raise ModbusFault(ILLEGAL_VALUE) from error
        if self._granted() != before:  # a heartbeat or a repeated order can wait for its scan
            self._on_change()

    def _written(self, function: int, address: int, values: Sequence[int]) -> Setpoint:
        t_s, heartbeat_s = self._clock(), self._spec.heartbeat_s
        if function not in (WRITE_ONE, WRITE_MANY):
            raise ModbusFault(ILLEGAL_FUNCTION)
        if (address, len(values)) == (registers.HEARTBEAT, 1):
            return beat(self._setpoint, values[0], t_s, heartbeat_s)
        # A part of the block would let a half-written limit be seen.
        if (function, address, len(values)) != (WRITE_MANY, 0, registers.HOLDING):
            raise ModbusFault(ILLEGAL_ADDRESS)
        return command(self._setpoint, values, t_s, heartbeat_s)

    def _granted(self) -> tuple[SetpointState, float | None]:
        value = self.value(t_s := self._clock())
        return state(self._setpoint, t_s, self._spec.heartbeat_s), value.limit_kw

    def _check_unit(self, unit: int) -> None:
        if unit != self._spec.unit:
            raise ModbusFault(NO_TARGET)

    def _holding(self) -> Sequence[int]:
        order, heartbeat = self._setpoint.order, self._setpoint.heartbeat or 0
        words = order.words if order else (0,) * registers.HOLDING
        return (*words[: registers.HEARTBEAT], heartbeat, *words[registers.HEARTBEAT + 1 :])

    def _inputs(self) -> Sequence[int]:
        t_s, heartbeat_s = self._clock(), self._spec.heartbeat_s
        now, order = state(self._setpoint, t_s, heartbeat_s), self._setpoint.order
        in_force = order if now is SetpointState.IN_FORCE else None
        published = registers.Published(
            state=now,
            heartbeat=self._setpoint.heartbeat or 0,
            sequence=order.sequence if order else 0,
            limit_kw=in_force.limit_kw if in_force else 0.0,
            left_s=until_s(self._setpoint, heartbeat_s) - t_s if in_force else 0.0,
            refused=self._refused,
        )
        return registers.input_words(published, self._report())
