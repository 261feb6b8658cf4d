"""What answers at the site's Modbus addresses: simulated meters and coil relay boards.

A unit turns requests into words or bits of the world, with the faults of values applied; the
faults of frames are applied on the way out by `ports`.
"""

from collections.abc import Callable, Sequence

from headworks.field.modbus.server import ModbusFault, SilentError
from headworks.hardware.meter import encode, load_meter, located
from headworks.hardware.switch import SwitchProfile
from headworks.model.site import MeterSpec, Sign, SwitchSpec
from headworks.sim.faults.active import Active
from headworks.sim.faults.kinds import KINDS
from headworks.sim.faults.values import ON_CHANNELS, ON_WORDS
from headworks.sim.plant.measure import mirrored
from headworks.sim.plant.plant import PlantState
from headworks.sim.wiring import connection_meters
from headworks.sim.world import World

_GATEWAY_FAILED = 11
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_EXCEPTIONS = {int(n.rpartition("-")[2]): n for n in KINDS if n.startswith("exception-")}
WATCHDOG_S = 1.0  # Beckhoff bus couplers as delivered
Clock = Callable[[], float]


class MeterUnit:
    """One meter of the site, as registers of its own profile."""

    def __init__(self, world: World, spec: MeterSpec, place: int) -> None:
        self.name = spec.name
        self.timeout_s = spec.timeout_s
        self._world = world
        self._spec = spec
        self._place = place
        self._profile = load_meter(spec.model)
        self._registers = located(self._profile)
        self._at_connection = spec.name in connection_meters(world.site)
        self._words: dict[int, dict[int, int]] = {}
        self._of: tuple[PlantState, int] | None = None
        self._count = 0

    def read(self, function: int, address: int, count: int) -> Sequence[int]:
        """Words of a read. Raises ModbusFault as the device would."""
        self._refuse_by_fault()
        if count > self._profile.max_block:
            raise ModbusFault(_ILLEGAL_VALUE)
        held = self._image().get(function)
        if held is None:
            raise ModbusFault(_ILLEGAL_FUNCTION)
        try:
            return [held[at] for at in range(address, address + count)]
        except KeyError:
            raise ModbusFault(_ILLEGAL_ADDRESS) from None

    def write(self, _function: int, _address: int, _values: Sequence[int]) -> None:
        """A simulated meter has nothing to write."""
        raise ModbusFault(_ILLEGAL_FUNCTION)

    def _refuse_by_fault(self) -> None:
        if not self._world.faults.all():
            return
        for code, name in _EXCEPTIONS.items():
            if self._world.faults.get(name, self.name):
                raise ModbusFault(code)

    def _image(self) -> dict[int, dict[int, int]]:
        """All words as they are now; the same for every read between two steps of the plant."""
        now = (self._world.state, self._world.fault_changes)
        same = self._of is not None and self._of[0] is now[0] and self._of[1] == now[1]
        if self._words and (same or self._world.faults.get("frozen", self.name)):
            return self._words
        self._of = now
        self._count += 1
        self._words = self._encode()
        return self._words

    def _encode(self) -> dict[int, dict[int, int]]:
        """The channels of now through faults, mounting and ratio to words."""
        stale = self._world.faults.get("stale", self.name)
        channels = self._world.channels(self._place, stale.value if stale else 0.0)
        if self._spec.sign is Sign.EXPORT_POSITIVE:
            channels = mirrored(channels)
        channels = {n: v / self._spec.scale if _scaled(n) else v for n, v in channels.items()}
        for name, change in ON_CHANNELS.items():
            fault = self._fault(name)
            if fault:
                channels = change(channels, fault, self._count)
        words = encode(self._profile, channels)
        for name, spoil in ON_WORDS.items():
            if self._fault(name):
                spoil(words, self._registers)
        return words

    def _fault(self, name: str) -> Active | None:
        if name == "export-lost":
            return self._world.faults.get(name) if self._at_connection else None
        return self._world.faults.get(name, self.name)


def _scaled(channel: str) -> bool:
    """Channels that a current-transformer ratio multiplies."""
    return channel.endswith(("_kw", "_a", "_kwh", "_kva", "_kvar"))


class CoilUnit:
    """A Modbus relay board: coils that move contactors, read back, and inputs.

    A board that is not latching lets go when it has not been asked for `watchdog_s`.
    """

    def __init__(
        self, world: World, spec: SwitchSpec, profile: SwitchProfile, clock: Clock
    ) -> None:
        self.name = spec.name
        self.timeout_s = spec.timeout_s
        self._world = world
        self._clock = clock
        self._input_function = profile.input_function
        self._latching = profile.latching
        self._coils = {at: f"{spec.name}.{n}" for n, at in profile.outlets.items()}
        self._inputs = {at: f"{spec.name}.{n}" for n, at in profile.inputs.items()}
        self._asked_s = clock()

    def read(self, function: int, address: int, count: int) -> Sequence[int]:
        """Coils and inputs as they really are. Raises ModbusFault as the board would."""
        self._asked_s = self._clock()
        found: dict[int, bool] = {}
        if function == 1:
            found |= {
                at: self._world.energised.get(name, False) for at, name in self._coils.items()
            }
        if function == self._input_function:
            found |= {at: self._world.input_active(name) for at, name in self._inputs.items()}
        if function not in {1, 2}:
            raise ModbusFault(_ILLEGAL_FUNCTION)
        return self._bits(found, address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        """Set coils. Raises ModbusFault as the board would."""
        self._asked_s = self._clock()
        if function not in {5, 15}:
            raise ModbusFault(_ILLEGAL_FUNCTION)
        if any(address + n not in self._coils for n in range(len(values))):
            raise ModbusFault(_ILLEGAL_ADDRESS)
        for n, value in enumerate(values):
            self._world.tell(self._coils[address + n], bool(value), self._clock())

    def tick(self, t_s: float) -> None:
        """The board's own watchdog, where it has one."""
        if self._latching or t_s - self._asked_s < WATCHDOG_S:
            return
        for outlet in self._coils.values():
            self._world.tell(outlet, False, t_s)

    def _bits(self, found: dict[int, bool], address: int, count: int) -> list[int]:
        """Bits of a span; holes between known addresses read as 0."""
        last = address + count - 1
        if not found or address < min(found) or last > max(found):
            raise ModbusFault(_ILLEGAL_ADDRESS)
        return [int(found.get(at, False)) for at in range(address, last + 1)]


Unit = MeterUnit | CoilUnit


class Bus:
    """The units behind one address; on TCP a gateway answers for those that are not there."""

    def __init__(self, units: dict[int, Unit], gateway: bool) -> None:
        self.units = units
        self._gateway = gateway

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        return self._unit(unit).read(function, address, count)

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        self._unit(unit).write(function, address, values)

    def _unit(self, unit: int) -> Unit:
        try:
            return self.units[unit]
        except KeyError:
            if self._gateway:
                raise ModbusFault(_GATEWAY_FAILED) from None
            raise SilentError from None
