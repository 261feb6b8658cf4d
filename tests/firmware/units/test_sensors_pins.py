"""Thermistors, contacts and tachometers."""

from firmware.units.fakes import Clock, Pin
from headworks_fw.sensors import contact, ntc, tach

NTC = {"name": "surface", "pin": 26, "beta_k": 3950, "r25_ohm": 10000, "series_ohm": 10000}
NTC.update({"every_ms": 2000, "c": [-40, 110]})
SMOKE = {"name": "smoke", "pin": 2, "pull": "up", "active_low": 0, "debounce_ms": 50, "latch": 1}
FAN = {"name": "fan1", "pin": 10, "pulses_per_rev": 2, "nominal_rpm": 1500, "every_ms": 1000}


class Adc:
    def __init__(self, raw):
        self.raw = raw

    def read_u16(self):
        return self.raw


class Calibrated(Adc):
    """As on an ESP32: the raw number is not straight, microvolts are."""

    def read_uv(self):
        return self.raw


class Hal:
    def __init__(self, level=0, raw=0, adc=Adc):
        self.pin, self.raw, self.handler = Pin(0, level), raw, None
        self._adc = adc

    def adc(self, pin):
        return self._adc(self.raw)

    def pin_in(self, pin, pull):
        return self.pin

    def on_fall(self, pin, handler):
        self.handler = handler


def reading(raw, adc=Adc):
    sensor = ntc.make(NTC, Hal(raw=raw, adc=adc))
    values, faults = {}, {}
    sensor.step(0)
    sensor.read(values, faults)
    return values.get("surface_c", faults.get("surface_c"))


def test_a_thermistor_follows_the_beta_formula():
    """25 °C at equal resistors; 60 °C and 0 °C by the formula for B = 3950."""
    assert reading(32768) == 25.0
    assert abs(reading(13039) - 60.0) < 0.2
    assert abs(reading(50523) - 0.0) < 0.2


def test_a_broken_thermistor_is_no_temperature():
    """An open wire, a wire to ground, and a value that no place has."""
    assert reading(65535) == "ABSENT"
    assert reading(0) == "RANGE"
    assert reading(1500) == "RANGE"


def test_a_chip_that_knows_microvolts_is_asked_for_them():
    """1.65 V is half the supply; beyond what the chip measures it is no temperature."""
    assert reading(1650000, Calibrated) == 25.0
    assert abs(reading(3300000 * 13039 // 65535, Calibrated) - 60.0) < 0.2
    assert reading(2440000, Calibrated) > 2.0
    assert reading(2450000, Calibrated) == "ABSENT"
    assert reading(2800000, Calibrated) == "ABSENT"
    assert reading(10000, Calibrated) == "RANGE"


def looked(clock, sensor, ms):
    """Steps for so long as the loop would."""
    end = clock.ms + ms
    while clock.ms < end:
        clock.ms += sensor.step(clock.ms)


def test_a_contact_is_true_from_the_start():
    """What the pin says when the board starts is its state at once; a loop that is open is active."""
    for level, active_low, active in ((1, 0, 1), (0, 0, 0), (1, 1, 0), (0, 1, 1)):
        entry = dict(SMOKE)
        entry["active_low"] = active_low
        assert contact.make(entry, Hal(level)).active == active


def test_a_bounce_is_no_change():
    """A level counts once it has stood for the debounce time."""
    with Clock() as clock:
        hal = Hal(0)
        sensor = contact.make(SMOKE, hal)
        sensor.fresh = False
        hal.pin.value(1)
        looked(clock, sensor, 40)
        hal.pin.value(0)
        looked(clock, sensor, 100)
        assert (sensor.active, sensor.rose, sensor.fresh) == (0, False, False)
        hal.pin.value(1)
        looked(clock, sensor, 100)
        assert (sensor.active, sensor.rose, sensor.fresh) == (1, True, True)


def test_a_short_alarm_is_kept_until_it_was_told():
    """Active and at rest again before the loop has looked: it still rose."""
    with Clock() as clock:
        hal = Hal(0)
        sensor = contact.make(SMOKE, hal)
        hal.pin.value(1)
        looked(clock, sensor, 100)
        hal.pin.value(0)
        looked(clock, sensor, 100)
        assert (sensor.active, sensor.rose) == (0, True)


def test_a_contact_is_looked_at_ten_times_a_second_at_least():
    """The next look is never further away than 100 ms."""
    sensor = contact.make(SMOKE, Hal(0))
    assert sensor.step(0) <= 100


def speed(pulses, ms=1000):
    hal = Hal(1)
    sensor = tach.make(FAN, hal)
    values, faults = {}, {}
    sensor.step(0)
    for _ in range(pulses):
        hal.handler(None)
    sensor.step(ms)
    sensor.read(values, faults)
    return values.get("fan1_rpm", faults.get("fan1_rpm")), values.get("fan1_percent")


def test_pulses_become_a_speed():
    """50 pulses a second, two a turn: 1500 rpm, which is nominal."""
    assert speed(50) == (1500, 100)
    assert speed(25) == (750, 50)
    assert speed(75, 1500) == (1500, 100)


def test_a_fan_that_stands_still_is_a_value():
    """0 rpm is what an interlock must see; it is no fault."""
    assert speed(0) == (0, 0)


def test_noise_is_no_speed():
    """More pulses than any fan gives are the place's noise."""
    assert speed(2000) == ("RANGE", None)


def test_nothing_is_told_before_the_first_span():
    """The first look begins the count."""
    sensor = tach.make(FAN, Hal(1))
    sensor.step(0)
    assert not sensor.fresh
    assert sensor.sample_ms is None
