"""Puts the board together from its configuration and runs the loop."""

import binascii
import hashlib
import os
import sys

import machine

from . import VERSION, config, files, power, ticks, wire
from .board import LEAVE_MS, Board
from .hal import Hal, output_pin
from .health import Health
from .light import Light
from .link import Link
from .log import Log
from .outputs import Outputs
from .streams import Stdio, Uart

CONFIRM_MS = 60000


def run(root="", slot="a", confirm_ms=CONFIRM_MS):
    """Runs until a reset. An exception leaves with all outputs off."""
    path = root + slot + "/"
    why = power.reason(root)
    try:
        settings, crc = config.load(path + "config.json")
        board = build(root, slot, settings, crc, why)
    except config.ConfigError as error:
        from . import safe

        return safe.run(root, slot, str(error), why)
    board.every(confirm_ms, lambda _: confirm(root, slot, board.greeted))
    return loop(board, root)


def loop(board, root):
    """Passes without end; whatever ends them leaves the outputs off."""
    due = None
    try:
        if not board.link.address:  # on a shared line nobody asked
            board.hello()
        while True:
            board.link.wait(board.step())
            if board.leaving and due is None:
                due = ticks.add(ticks.now(), LEAVE_MS)
            if due is not None and ticks.diff(due, ticks.now()) <= 0:
                power.restart(root, board.leaving)
    finally:
        board.outputs.off()


def build(root, slot, settings, crc, why):
    """The board as configured; outputs are off before anything else is looked at."""
    outputs = Outputs(settings.get("outputs", []), output_pin)
    log = Log(ticks.now)
    outputs.log = log.add
    watchdog = machine.WDT(timeout=settings["wdt_ms"])
    link = make_link(settings)
    hal = Hal(settings, root, log.add)
    health = Health(watchdog, ticks.now())
    identity = identify(root, slot, settings, crc, why, "run")
    board = Board(identity, hal, outputs, link, health, log, make_light(settings))
    for entry in settings.get("contacts", []):
        board.add_contact(driver("contact", entry, hal), entry.get("latch"))
    for entry in settings.get("sensors", []):
        board.add(driver(entry["kind"], entry, hal))
    for entry in settings.get("tachs", []):
        board.add(driver("tach", entry, hal))
    log.add("started: %s" % why)
    return board


def driver(kind, entry, hal):
    """The sensor that the module of this name makes."""
    name = kind.replace("-", "_")
    package = __name__.rsplit(".", 1)[0] + ".sensors"
    place = "%s %s" % (kind, entry.get("name", ""))
    try:
        __import__(package + "." + name)
    except ImportError:
        raise config.ConfigError("sensors: there is no driver for %s" % kind) from None
    try:
        return sys.modules[package + "." + name].make(entry, hal)
    except (ValueError, KeyError, TypeError) as error:
        raise config.ConfigError("%s: %s" % (place.strip(), error)) from None


def make_link(settings):
    """The stream to the host, as configured."""
    link = settings["link"]
    if link["kind"] == "usb":
        return Link(Stdio())
    uart = machine.UART(
        link["uart"],
        baudrate=link["baud"],
        tx=machine.Pin(link["tx"]),
        rx=machine.Pin(link["rx"]),
        rxbuf=2 * wire.LONGEST,
    )
    return Link(Uart(uart, output_pin(link["de"], 0), link["baud"]), settings["address"])


def make_light(settings):
    """The board's own light, if it has one; Pico W knows its by name alone."""
    number = settings.get("led")
    return Light(None if number is None else output_pin(number, 0))


def identify(root, slot, settings, crc, why, state):
    """The fields of `hello`."""
    return {
        "p": wire.PROTOCOL,
        "fw": VERSION,
        "sha": manifest_sha(root + slot + "/manifest.json"),
        "bd": settings["model"],
        "nm": settings["name"],
        "uid": binascii.hexlify(machine.unique_id()).decode(),
        "bt": binascii.hexlify(os.urandom(4)).decode(),
        "why": why,
        "sl": slot,
        "cfg": crc,
        "w": ticks.BITS,
        "st": state,
    }


def manifest_sha(path):
    """First eight hex digits of the manifest's sha256; empty where there is none."""
    try:
        with open(path, "rb") as file:
            return binascii.hexlify(hashlib.sha256(file.read()).digest()).decode()[:8]
    except OSError:
        return ""


def confirm(root, slot, greeted):
    """The loop has been healthy: earlier failed starts are forgotten, and this slot stays."""
    if files.read(root + "tries"):
        files.remove(root + "tries")
    if files.read(root + "slot") != slot:
        files.write(root + "slot", slot)
    if greeted and files.read(root + "good") != slot:
        files.write(root + "good", slot)
