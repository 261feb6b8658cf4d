"""config.json is checked, and what is wrong is said in a plain sentence."""

import json

from headworks_fw import config

GOOD = {
    "model": "pico-safety",
    "name": "safety",
    "address": 0,
    "link": {"kind": "usb"},
    "led": "LED",
    "wdt_ms": 8000,
    "i2c": [{"id": 0, "sda": 4, "scl": 5, "hz": 100000}],
    "sensors": [{"kind": "ntc", "name": "surface", "pin": 26}],
    "contacts": [{"name": "smoke", "pin": 2, "pull": "up", "active_low": 1, "latch": 1}],
    "tachs": [{"name": "fan1", "pin": 6}],
    "outputs": [
        {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000, "trips": ["smoke"]}
    ],
}
SERIAL = {"kind": "rs485", "uart": 0, "tx": 0, "rx": 1, "de": 2, "baud": 115200}


def _said(**changes):
    try:
        config.check(dict(GOOD, **changes))
    except config.ConfigError as error:
        return str(error)
    return ""


def test_a_good_configuration_passes():
    """Also one with an address on a shared line, where that pin is free."""
    assert _said() == ""
    assert _said(link=SERIAL, address=3) == ""


def test_each_fault_is_said_with_its_place():
    """Names, numbers, links, pins and trips."""
    permit = GOOD["outputs"][0]
    assert _said(name="Säfety") == "config.json: name Säfety may hold a-z, 0-9, _ and - only"
    assert "model must be a text" in _said(model=7)
    assert _said(wdt_ms=9000) == "config.json: wdt_ms must be a whole number from 1000 to 8388"
    assert _said(link={"kind": "lan"}) == 'link: kind must be "usb" or "rs485"'
    assert "address" in _said(link=SERIAL)
    assert _said(tachs=[{"name": "fan1", "pin": 2}]) == "pin 2 is used by contacts and tachs"
    assert "no contact fire" in _said(outputs=[dict(permit, trips=["fire"])])
    for word in ("lease", "flash"):  # what the board itself calls latches that are no contact's
        contacts = [dict(GOOD["contacts"][0], name=word)]
        told = _said(contacts=contacts, outputs=[dict(permit, trips=[word], reset=word)])
        assert told == "output permit: no contact that trips it may be called " + word
    assert "output permit: max_ms" in _said(outputs=[dict(permit, max_ms=0)])
    assert _said(sensors=[{}]) == "sensors: every entry needs a kind"
    assert _said(sensors={}) == "sensors: must be a list of objects"
    assert "too long for one frame" in _said(
        outputs=[dict(permit, name=f"output-number-{n:02}", pin=n + 30) for n in range(7)]
    )


def test_what_is_no_configuration_at_all():
    """A missing or torn file is said as such, and nothing else is raised."""
    for text, words in ((None, "is missing"), ('{"model', "is no JSON"), ("[]", "no object")):
        assert words in _load(text)


def test_the_crc_is_over_the_files_bytes():
    """Known bytes give the CRC32 that everybody else computes."""
    kept = config._bytes
    config._bytes = lambda path: b"123456789"
    try:
        assert config.crc("config.json") == "cbf43926"
    finally:
        config._bytes = kept


def _load(text):
    kept = config._bytes
    config._bytes = lambda path: (text or "").encode()
    try:
        return config.load("config.json")
    except config.ConfigError as error:
        return str(error)
    finally:
        config._bytes = kept


def test_a_whole_file_is_read():
    """What comes back is the configuration and eight hex digits."""
    found, crc = _load(json.dumps(GOOD))
    assert found["name"] == "safety"
    assert len(crc) == 8
