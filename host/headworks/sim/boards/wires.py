"""What the world does to a board's pins and buses, as lines of the shim.

Reads the plant's air, the fans and the faults. Keeps nothing: the same moment, the same lines.
"""

from collections.abc import Iterator
from math import exp

from headworks.sim.boards.config import DS18B20, NTC, Config, sensors
from headworks.sim.faults.active import ActiveFaults
from headworks.sim.plant import noise
from headworks.sim.plant.container import Air, exhaust_rh
from headworks.sim.world import World

_FAULT_OF = {"smoke": "smoke", "leak": "leak", "door": "door", "reset": "reset-pressed"}
_TEMPERATURE_NOISE_C = 0.05  # so that no value is bit-identical for long
_HUMIDITY_NOISE = 0.4
_KELVIN = 273.15
_FULL_SCALE = 65535
_OPEN_CIRCUIT = _FULL_SCALE


def contacts(world: World, board: str, config: Config) -> dict[str, str]:
    """The levels of a board's contacts, by pin."""
    found = {}
    for contact in config.get("contacts", ()):
        fault = _FAULT_OF.get(contact["name"])
        is_active = fault is not None and world.faults.get(fault, board) is not None
        level = int(is_active) ^ int(bool(contact.get("active_low", 0)))
        found[f"pin {contact['pin']}"] = str(level)
    return found


def analogue(world: World, board: str, config: Config) -> dict[str, str]:
    """Everything slower: temperatures, humidities and fans, by bus and address or pin."""
    found = {}
    stream = 1000 + 100 * list(world.boards).index(board)
    for place, (name, entry) in enumerate(sensors(config)):
        target = f"{board}.{name}"
        if world.faults.get("sensor-stuck", target):
            continue  # nothing changes at its pins
        if entry["kind"] == DS18B20:
            key = f"ow {entry['pin']} {rom(entry['names'].index(name))}"
        elif entry["kind"] == NTC:
            key = f"adc {entry['pin']}"
        else:
            key = f"sht {entry['bus']} {entry['address']}"
        found[key] = _fault(world.faults, target, entry) or _value(
            world, name, entry, stream + 2 * place
        )
    for fan in config.get("tachs", ()):
        found[f"hz {fan['pin']}"] = f"{_fan_hz(world, board, fan):.2f}"
    return found


def rom(place: int) -> str:
    """The address of the DS18B20 at a place of its string: family, serial number, checksum."""
    raw = bytes((0x28, place + 1, 0x12, 0x64, 0x05, 0x19, 0x3A))
    return (raw + bytes((_crc8(raw),))).hex()


def _crc8(data: bytes) -> int:
    """The checksum of 1-Wire addresses, x⁸ + x⁵ + x⁴ + 1."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc


def _fault(faults: ActiveFaults, target: str, entry: Config) -> str | None:
    """What a faulty sensor gives instead of a value."""
    if faults.get("sensor-absent", target):
        return str(_OPEN_CIRCUIT) if entry["kind"] == NTC else "gone"
    if faults.get("sensor-crc", target):
        return "crc"
    return "por85" if faults.get("sensor-por85", target) else None


def _value(world: World, name: str, entry: Config, stream: int) -> str:
    """What a sensor of this name sees, as its bus carries it."""
    seed, t_s = world.settings.seed, world.state.t_s
    celsius, humidity = _place(world.air, name)
    celsius += _TEMPERATURE_NOISE_C * noise.sample(seed, stream, t_s, 30.0)
    if entry["kind"] == DS18B20:
        return f"{celsius:.3f}"
    if entry["kind"] == NTC:
        return str(_ntc(celsius, entry))
    humidity += _HUMIDITY_NOISE * noise.sample(seed, stream + 50, t_s, 60.0)
    return f"{celsius:.3f} {min(100.0, max(0.0, humidity)):.2f}"


def _place(air: Air, name: str) -> tuple[float, float]:
    """Temperature and humidity where a sensor of this name sits; the incoming air by default."""
    if "exhaust" in name:
        return air.exhaust_c, exhaust_rh(air)
    if any(word in name for word in ("surface", "coil", "plate", "pipe", "busbar")):
        return air.surface_c, air.intake_rh
    return air.intake_c, air.intake_rh


def _ntc(celsius: float, entry: Config) -> int:
    """The converter's reading of a thermistor to ground below a series resistor."""
    kelvin = celsius + _KELVIN
    share = exp(float(entry["beta_k"]) * (1.0 / kelvin - 1.0 / (25.0 + _KELVIN)))
    ohm = float(entry["r25_ohm"]) * share
    return round(_FULL_SCALE * ohm / (ohm + float(entry["series_ohm"])))


def _fan_hz(world: World, board: str, fan: Config) -> float:
    """Pulses a second of a tachometer."""
    if world.faults.get("fan-stopped", f"{board}.{fan['name']}"):
        return 0.0
    wander = 1.0 + 0.01 * noise.smooth(world.settings.seed, 900, world.state.t_s, 5.0)
    rpm = fan["nominal_rpm"] * world.air.fans * wander
    return float(rpm * fan["pulses_per_rev"] / 60.0)


def changes(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """The lines that say something new."""
    return (f"{key} {value}" for key, value in now.items() if before.get(key) != value)
