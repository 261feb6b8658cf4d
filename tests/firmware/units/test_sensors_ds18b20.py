"""The string of DS18B20: readings, fault codes, and names that never move."""

from firmware.units.buses import String, scratch
from firmware.units.fakes import Clock
from headworks_fw.sensors import ds18b20

A, B, C = [bytes([0x28, n, 0, 0, 0, 0, 0, 0]) for n in (1, 2, 3)]
ENTRY = {"pin": 22, "names": ["row1", "row2"], "every_ms": 2000, "c": [-40, 110]}


class Hal:
    def __init__(self, sensors):
        self.string, self.kept, self.lines = String(sensors), {}, []
        self.values, self.faults = {}, {}

    def onewire(self, pin):
        return self.string

    def load(self, name):
        return self.kept.get(name)

    def save(self, name, data):
        self.kept[name] = data
        return True

    def log(self, text):
        self.lines.append(text)


def sampled(clock, sensor):
    """Runs until a sample is complete: values and faults."""
    values, faults = {}, {}
    sensor.fresh = False
    for _ in range(20):
        clock.ms += sensor.step(clock.ms)
        if sensor.fresh:
            break
    sensor.read(values, faults)
    return values, faults


def started(sensors):
    hal = Hal(sensors)
    return hal, ds18b20.make(ENTRY, hal)


def test_readings_in_the_order_of_addresses():
    """Positive, negative and fractions, as in the data sheet's table."""
    with Clock() as clock:
        _, sensor = started({B: scratch(0xFF5E), A: scratch(0x0191)})
        assert sampled(clock, sensor) == ({"row1_c": 25.0625, "row2_c": -10.125}, {})


def test_each_fault_has_its_own_code():
    """Power-on value, under-powered, checksum, missing and out of range are told apart."""
    cases = (
        (scratch(0x0550, 0x0C), "POR85"),
        (scratch(0x07FF), "RANGE"),
        ("crc", "CRC"),
        ("gone", "ABSENT"),
        (scratch(0x0780), "RANGE"),
    )
    for said, code in cases:
        with Clock() as clock:
            hal, sensor = started({A: scratch(0x0191), B: scratch(0x0191)})
            sampled(clock, sensor)
            hal.string.sensors[B] = said
            assert sampled(clock, sensor) == ({"row1_c": 25.0625}, {"row2_c": code})


def test_a_real_85_degrees_is_a_temperature():
    """Only the mark of the reserved byte makes 85 °C the power-on value."""
    with Clock() as clock:
        _, sensor = started({A: scratch(0x0550), B: scratch(0x0191)})
        assert sampled(clock, sensor)[0]["row1_c"] == 85.0


def test_a_missing_sensor_never_moves_the_others():
    """The order is learned once; after a restart without the first one, the second keeps its name."""
    with Clock() as clock:
        hal, sensor = started({A: scratch(0x0191), B: scratch(0x00A2)})
        sampled(clock, sensor)
        assert list(hal.kept["roms.json"]) == ["22"]
        hal.string.sensors[A] = "gone"
        again = ds18b20.make(ENTRY, hal)
        assert sampled(clock, again) == ({"row2_c": 10.125}, {"row1_c": "ABSENT"})


def test_nothing_is_learned_while_one_is_missing():
    """Until all answer, no sensor has a name and so no value."""
    with Clock() as clock:
        hal, sensor = started({A: scratch(0x0191)})
        values, faults = sampled(clock, sensor)
        assert values == {}
        assert set(faults.values()) == {"ABSENT"}
        assert hal.kept == {}
        assert hal.lines == ["1 of 2 sensors on pin 22"]


def test_an_unknown_sensor_is_told_and_not_used():
    """A replaced sensor has another address; a person lets the board learn it."""
    with Clock() as clock:
        hal, sensor = started({A: scratch(0x0191), B: scratch(0x00A2)})
        sampled(clock, sensor)
        hal.string.sensors = {A: scratch(0x0191), C: scratch(0x00A2)}
        sampled(clock, sensor)
        clock.ms += 40000
        assert sampled(clock, sensor)[1] == {"row2_c": "ABSENT"}
        assert "unknown sensor 2803000000000000 on pin 22; set learn takes it" in hal.lines
        sensor.learn()
        assert sampled(clock, sensor) == ({"row1_c": 25.0625, "row2_c": 10.125}, {})


def test_an_empty_bus_is_absent():
    """Nothing at all on the wire raises nothing."""
    with Clock() as clock:
        _, sensor = started({})
        values, faults = sampled(clock, sensor)
        assert values == {}
        assert faults == {"row1_c": "ABSENT", "row2_c": "ABSENT"}


def test_damaged_memory_is_learned_anew():
    """A torn or foreign roms.json is no order."""
    for kept in ({"22": ["zz", "28"]}, {"22": 5}, [], {"22": ["2801000000000000"]}):
        with Clock() as clock:
            hal = Hal({A: scratch(0x0191), B: scratch(0x00A2)})
            hal.kept["roms.json"] = kept
            sensor = ds18b20.make(ENTRY, hal)
            if isinstance(kept, list):
                hal.kept["roms.json"] = None
            assert sampled(clock, sensor)[1] == {}


def test_a_period_that_is_too_short_is_refused():
    """A conversion takes 750 ms."""
    entry = dict(ENTRY)
    entry["every_ms"] = 800
    assert "too short" in refusal(entry)


def refusal(entry):
    """What make() says of an entry that it does not take."""
    try:
        ds18b20.make(entry, Hal({}))
    except ValueError as error:
        return str(error)
    return ""
