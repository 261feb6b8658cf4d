"""Every file of boards/sensor and boards/mcu keeps its promises; broken ones are refused by name."""

import json
import re

import pytest
import tomli
from hypothesis import example, given
from hypothesis import strategies as st

from headworks.hardware.files import HardwareError, models
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import (
    ChannelKind,
    check_name,
    config_bytes,
    config_crc,
    load_sensor,
    parse,
)
from headworks.hardware.sensor_kinds import KINDS
from headworks_fw import config, wire

MODELS = sorted(models("sensor"))
MCUS = sorted(models("mcu"))
LONGEST = "a-name-of-16-let"
AIR = load_sensor("pico-air")


def _address(profile):
    return 247 if profile.link == "rs485" else 0


def test_the_promised_boards_are_there():
    """Air, temperatures, safety and RS-485 on the Pico; air and safety on both ESP32."""
    promised = {"pico-air", "pico-thermal", "pico-safety", "pico-rs485"}
    promised |= {f"{chip}-{what}" for chip in ("esp32c3", "esp32s3") for what in ("air", "safety")}
    assert promised <= set(MODELS)
    assert {mcu for model in MODELS for mcu in load_sensor(model).mcus} == set(MCUS)


@pytest.mark.parametrize("kind", ["sensor", "mcu"])
def test_every_statement_has_a_source_and_a_confidence(kind):
    """No key of a file is without a fact behind it, and no fact speaks of a key that is not there."""
    for model, path in models(kind).items():
        data = tomli.loads(path.read_text())
        stated = set(data) - {"fact", "like"}
        told = {key for fact in data["fact"] for key in fact["about"]}
        assert stated == told, model
        assert all(len(fact["source"]) > 20 for fact in data["fact"])


@pytest.mark.parametrize("model", MODELS)
def test_the_firmware_takes_the_configuration(model):
    """The board's own check finds nothing wrong, with the longest name there may be."""
    profile = load_sensor(model)
    text = config_bytes(profile, LONGEST, _address(profile))
    config.check(json.loads(text))
    assert config_crc(profile, LONGEST, _address(profile)) != config_crc(profile, "a", 1)


@given(st.text() | st.text("abz09_-AZ./ ", max_size=18))
@example("../x")
@example("Air")
@example("")
@example("air\n")
def test_a_name_is_built_into_a_board_only_if_its_firmware_takes_it(name):
    """Both ends have the same rule, and whoever is refused is told a name that passes."""
    try:
        config._name({"name": name}, "name", "here")
        is_taken = True
    except config.ConfigError:
        is_taken = False
    try:
        config_bytes(AIR, name)
        assert is_taken
    except HardwareError as error:
        assert not is_taken
        check_name(re.search(r'write name = "(.*)"$', str(error))[1])


@pytest.mark.parametrize("model", MODELS)
def test_each_sensor_has_its_driver(model):
    """Every kind of the file is a module of the firmware, and gives the channels the host expects."""
    profile = load_sensor(model)
    for entry in json.loads(config_bytes(profile, "x", _address(profile)))["sensors"]:
        module = __import__(
            f"headworks_fw.sensors.{entry['kind'].replace('-', '_')}", fromlist=["make"]
        )
        sensor = module.make(entry, _Hal())
        assert set(sensor.channels) <= set(profile.channels)


class _Hal:
    """Gives something for any pin or bus, and remembers nothing."""

    def __getattr__(self, name):
        return lambda *_: self


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_of_sensor_is_a_driver_of_the_firmware(kind):
    """Host and firmware know the same kinds."""
    assert __import__(f"headworks_fw.sensors.{kind.replace('-', '_')}", fromlist=["make"]).make


@pytest.mark.parametrize("model", MODELS)
def test_a_hello_fits_into_a_frame(model):
    """With the longest name, uid and reason, on a shared line too."""
    profile = load_sensor(model)
    fields = {"p": "1.0", "n": 65535, "fw": "10.20.30", "sha": "f" * 8, "bd": model}
    fields |= {"nm": LONGEST, "uid": "f" * 16, "bt": "f" * 8, "why": "power-on", "sl": "a"}
    fields |= {"cfg": "f" * 8, "w": 30, "st": "maint"}
    assert len(wire.encode("hello", fields, _address(profile))) <= wire.LONGEST


@pytest.mark.parametrize("model", MODELS)
def test_the_wiring_fails_to_the_safe_side(model):
    """Smoke and leak are loops that are open when active, and latch; outputs are leased."""
    data = load_sensor(model).data
    for contact in data.get("contact", ()):
        if contact["name"] in ("smoke", "leak"):
            assert contact["pull"] == "up"
            assert not contact["active_low"]
            assert contact["latch"]
    for output in data.get("output", ()):
        assert "smoke" in output["trips"]
        assert output["lease_most_s"] <= 5.0


@pytest.mark.parametrize("model", MODELS)
def test_channels_say_what_can_be(model):
    """A number has a finite range and a period; contacts and outputs are told once a second."""
    for channel in load_sensor(model).channels.values():
        if channel.kind is ChannelKind.NUMBER:
            assert -300 < channel.low < channel.high < 1e6
        else:
            assert channel.every_s == 1.0


@pytest.mark.parametrize("model", MCUS)
def test_a_chip_is_sound(model):
    """Its buses and converters use pins that a board may use."""
    mcu = load_mcu(model)
    pins = {
        p for bus in (*mcu.i2c.values(), *mcu.uart.values()) for s in bus.pins.values() for p in s
    }
    assert (pins | mcu.adc) <= mcu.gpio
    assert mcu.wdt_most_ms <= 8388


GOOD = """
name = "x"
mcus = ["rp2040"]
usb = ["2e8a:0005"]
link = "usb"
[[i2c]]
id = 0
sda = 4
scl = 5
hz = 100000
[[sensor]]
kind = "sht31"
name = "intake"
bus = 0
address = 0x44
every_s = 2.0
c = [-40, 85]
[[sensor]]
kind = "ntc"
name = "plate"
pin = 26
beta_k = 3950
r25_ohm = 10000
series_ohm = 10000
every_s = 2.0
c = [-40, 110]
[[contact]]
name = "smoke"
pin = 2
pull = "up"
active_low = false
debounce_s = 0.05
latch = true
[[output]]
name = "permit"
pin = 15
active_high = true
lease_most_s = 5.0
trips = ["smoke"]
[[fact]]
about = ["name"]
source = "a test"
confidence = "ours"
"""
BROKEN = [
    ('name = "x"', 'name = "x"\ncolour = 1', "unknown key 'colour'"),
    ('link = "usb"', 'link = "wifi"', "link = 'wifi'; write one of usb, rs485"),
    ('link = "usb"', 'link = "rs485"', r"wants \[uart\]"),
    ('mcus = ["rp2040"]', 'mcus = ["avr"]', "mcus = 'avr'; write one of"),
    (
        "sda = 4",
        "sda = 6",
        "GPIO 6 cannot be sda of i2c 0 on Raspberry Pi RP2040; write one of 0, 4",
    ),
    ("bus = 0", "bus = 2", "there is no"),
    ("id = 0\nsda", "id = 0\nid2 = 1\nsda", "unknown key .id2."),
    ("bus = 0", "bus = 1", r"there is no \[\[i2c\]\] with id = 1"),
    ("pin = 26", "pin = 3", "GPIO 3 cannot read the voltage of plate"),
    ("pin = 2\n", "pin = 15\n", "GPIO 15 is both contact smoke and output permit"),
    ("pin = 2\n", "pin = 25\n", "must not be used on Raspberry Pi RP2040: the module's light"),
    ("pin = 2\n", "pin = 40\n", "has no GPIO 40"),
    ('kind = "sht31"', 'kind = "bme280"', "kind = 'bme280'; write one of"),
    ("c = [-40, 85]", "c = [85, -40]", "write the lowest and the highest"),
    ("every_s = 2.0\nc = [-40, 85]", "every_s = 0.01\nc = [-40, 85]", "write 0.2 to 60 s"),
    ('trips = ["smoke"]', 'trips = ["fire"]', "there is no contact 'fire' to trip it"),
    ('name = "smoke"', 'name = "lease"', "no contact may be called 'lease'"),
    ('name = "plate"', 'name = "intake"', "the channel intake_c is there twice"),
    ('name = "plate"', 'name = "Cold Plate"', "write 1 to 16 of a-z"),
    ("active_low = false", 'active_low = "no"', "has the wrong type"),
    ("lease_most_s = 5.0", "lease_most_s = 0.1", "write 1 to 60 s"),
    ('confidence = "ours"', 'confidence = "sure"', "confidence = 'sure'"),
]


@pytest.mark.parametrize(("good", "bad", "said"), BROKEN)
def test_a_mistake_is_named_with_the_way_out(good, bad, said):
    """What is wrong, and what to write instead."""
    parse("x", tomli.loads(GOOD))
    with pytest.raises(ValueError, match=said):
        parse("x", tomli.loads(GOOD.replace(good, bad, 1)))


def test_a_pull_that_its_chip_cannot_hold_is_refused():
    """A Pico 2 has no pull-down that works; a Pico has."""
    pulled = GOOD.replace('pull = "up"', 'pull = "down"')
    parse("x", tomli.loads(pulled))
    with pytest.raises(
        ValueError, match="smoke: pull = 'down' must not be used on Raspberry Pi RP2350"
    ):
        parse("x", tomli.loads(pulled.replace("rp2040", "rp2350")))


def test_a_model_that_is_not_there_names_those_that_are():
    """The error helps to write the right name."""
    with pytest.raises(HardwareError, match=r"no sensor model 'air'; known: .*pico-air"):
        load_sensor("air")
