"""Puts the board together from its configuration and runs the loop."""

import machine

from . import files, modules, parts, power, ticks
from .board import Board
from .hal import Hal, output_pin
from .health import Health
from .latches import Latches
from .log import Log
from .outputs import Outputs

CONFIRM_MS = 60000


def run(root="", slot="a", confirm_ms=CONFIRM_MS):
    """Runs until a reset. An exception leaves with all outputs off."""
    why, watchdog = power.reason(root), None
    try:
        settings, crc = modules.load("config").load(root + slot + "/config.json")
        outputs = Outputs(settings.get("outputs", []), output_pin, Latches(root))
        watchdog = machine.WDT(timeout=settings["wdt_ms"])
        identity = parts.identify(root, slot, settings, crc, why, "run")
        board = build(root, settings, identity, outputs, watchdog)
    except ValueError as error:
        return modules.load("safe").run(root, slot, str(error), why, watchdog)
    modules.drop("config")
    board.every(confirm_ms, lambda _: confirm(root, slot, board.greeted))
    return parts.loop(board, root)


def build(root, settings, identity, outputs, watchdog):
    """The board as configured; its outputs have been off before anything else was looked at."""
    log = Log(ticks.now)
    outputs.log = log.add
    link = parts.make_link(settings)
    hal = Hal(settings, root, log.add)
    health = Health(watchdog, ticks.now())
    board = Board(identity, hal, outputs, link, health, log, parts.make_light(settings))
    for entry in settings.get("contacts", []):
        board.add_contact(driver("contact", entry, hal), entry.get("latch"))
    for entry in settings.get("sensors", []):
        board.add(driver(entry["kind"], entry, hal))
    for entry in settings.get("tachs", []):
        board.add(driver("tach", entry, hal))
    outputs.restore(ticks.now())
    log.add("started: %s" % identity["why"])
    return board


def driver(kind, entry, hal):
    """The sensor that the module of this name makes. ValueError in a plain sentence."""
    try:
        module = modules.load("sensors." + kind.replace("-", "_"))
    except ImportError:
        raise ValueError("sensors: there is no driver for %s" % kind) from None
    try:
        return module.make(entry, hal)
    except (ValueError, KeyError, TypeError) as error:
        place = "%s %s" % (kind, entry.get("name", ""))
        raise ValueError("%s: %s" % (place.strip(), error)) from None


def confirm(root, slot, greeted):
    """The loop has been healthy: earlier failed starts are forgotten, and this slot stays."""
    if files.read(root + "tries"):
        files.remove(root + "tries")
    if files.read(root + "slot") != slot:
        files.write(root + "slot", slot)
    if greeted and files.read(root + "good") != slot:
        files.write(root + "good", slot)
