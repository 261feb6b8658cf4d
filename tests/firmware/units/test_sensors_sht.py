"""SHT31 and SHT4x, the dew point, and the margin to it."""

from firmware.units.buses import I2c, words
from firmware.units.fakes import Clock
from headworks_fw import sht
from headworks_fw.dewpoint import dew_point_c
from headworks_fw.sensors import dew_margin, sht4x, sht31

ENTRY = {"name": "intake", "bus": 0, "address": 68, "every_ms": 2000, "c": [-40, 85]}


class Hal:
    def __init__(self, bus=None):
        self.values, self.faults, self.bus = {}, {}, bus

    def i2c(self, number):
        return self.bus


def sampled(clock, sensor):
    """One whole measurement: values and faults."""
    values, faults = {}, {}
    for _ in range(2):
        clock.ms += sensor.step(clock.ms)
    sensor.read(values, faults)
    return values, faults


def test_the_checksum_is_sensirions():
    """The data sheets' example: 0xBEEF has 0x92."""
    assert sht.crc8(b"\xbe\xef", 0) == 0x92


def test_both_families_give_what_their_data_sheets_say():
    """The same raw words mean other humidities in the two families."""
    for module, command, percent in ((sht31, b"\x24\x00", 40.0), (sht4x, b"\xfd", 44.0)):
        with Clock() as clock:
            bus = I2c(words(0x6666, 0x6666))
            sensor = module.make(ENTRY, Hal(bus))
            values, faults = sampled(clock, sensor)
            assert bus.commands == [command]
            assert faults == {}
            assert values["intake_c"] == 25.0
            assert values["intake_humidity_percent"] == percent
            assert sensor.fresh
            assert abs(values["intake_dew_point_c"] - dew_point_c(25.0, percent)) < 0.01


def test_dew_points_agree_with_tables():
    """Tables of the dew point over water, to a tenth of a kelvin."""
    for celsius, percent, dew in ((20, 50, 9.3), (30, 80, 26.2), (25, 100, 25.0), (0, 60, -6.8)):
        assert abs(dew_point_c(celsius, percent) - dew) < 0.1


def test_dry_air_has_a_dew_point_still():
    """A reading of no humidity at all raises nothing."""
    assert dew_point_c(20, 0) < -50


def test_a_wrong_checksum_is_no_reading():
    """Whichever of the two words it spoils, no channel has a value."""
    for place in (2, 5):
        data = bytearray(words(0x6666, 0x6666))
        data[place] ^= 1
        with Clock() as clock:
            values, faults = sampled(clock, sht31.make(ENTRY, Hal(I2c(bytes(data)))))
            assert values == {}
            assert set(faults.values()) == {"CRC"}
            assert len(faults) == 3


def test_a_sensor_that_does_not_answer_is_absent_and_comes_back():
    """A bus error is ABSENT in the next sample, and no state of it remains."""
    with Clock() as clock:
        bus = I2c(None)
        sensor = sht31.make(ENTRY, Hal(bus))
        values, faults = {}, {}
        clock.ms += sensor.step(clock.ms)
        sensor.read(values, faults)
        assert set(faults.values()) == {"ABSENT"}
        bus.answer = words(0x6666, 0x6666)
        values, faults = sampled(clock, sensor)
        assert faults == {}
        assert values["intake_c"] == 25.0


def test_outside_its_range_it_is_no_temperature():
    """And no humidity either, which is relative to it."""
    with Clock() as clock:
        values, faults = sampled(clock, sht31.make(ENTRY, Hal(I2c(words(0xFFFF, 0x6666)))))
        assert values == {}
        assert set(faults.values()) == {"RANGE"}


def test_bit_identical_for_too_long_is_stuck():
    """Noise moves the last bit; a value that stands still for `stuck_s` is a dead sensor."""
    entry = dict(ENTRY)
    entry["stuck_s"] = 10
    with Clock() as clock:
        bus = I2c(words(0x6666, 0x6666))
        sensor = sht31.make(entry, Hal(bus))
        seen = [sampled(clock, sensor)[1].get("intake_c") for _ in range(8)]
        assert seen[:5] == [None] * 5
        assert seen[-1] == "STUCK"
        for _ in range(3):  # over the half span of the counter, which has a sign there
            clock.ms += 5 * 24 * 3600 * 1000
            assert sampled(clock, sensor)[1].get("intake_c") == "STUCK"
        bus.answer = words(0x6667, 0x6666)
        assert sampled(clock, sensor)[1] == {}


def test_no_wait_is_longer_than_a_step():
    """A measurement is started and fetched later; the whole takes one period."""
    with Clock() as clock:
        sensor = sht31.make(ENTRY, Hal(I2c(words(0x6666, 0x6666))))
        assert sensor.step(clock.ms) + sensor.step(clock.ms) == 2000


def margin(values, faults):
    hal = Hal()
    hal.values, hal.faults = values, faults
    entry = {"name": "dew", "surface": "surface_c", "air": "intake", "every_ms": 2000}
    sensor = dew_margin.make(entry, hal)
    found, wrong = {}, {}
    sensor.step(0)
    sensor.read(found, wrong)
    return found, wrong


def test_the_margin_is_surface_less_dew_point():
    """Near zero, water condenses."""
    assert margin({"surface_c": 21.5, "intake_dew_point_c": 18.25}, {}) == (
        {"dew_margin_k": 3.25},
        {},
    )


def test_a_margin_has_its_sources_fault():
    """Without either of the two there is no margin, and the fault says which."""
    air = {"intake_dew_point_c": 18.0}
    assert margin(air, {"surface_c": "RANGE"}) == ({}, {"dew_margin_k": "RANGE"})
    surface = {"surface_c": 18.0}
    assert margin(surface, {"intake_dew_point_c": "CRC"}) == ({}, {"dew_margin_k": "CRC"})


def test_a_margin_waits_for_its_sources():
    """Before both have been read there is neither a margin nor a fault to tell."""
    entry = {"name": "dew", "surface": "surface_c", "air": "intake", "every_ms": 2000}
    hal = Hal()
    sensor = dew_margin.make(entry, hal)
    hal.values["surface_c"] = 20.0
    assert sensor.step(0) < 1000
    assert not sensor.fresh
    hal.values["intake_dew_point_c"] = 15.0
    assert sensor.step(100) == 2000
    assert sensor.fresh
