"""Safe mode: the protocol only. Outputs are off and stay off, latches are kept as they are; no
sensor; a watchdog only where one runs already, as it cannot be stopped.

Comes after failed starts, or where the configuration is wrong; says why in its log.
"""

import json

from . import config, parts, power, ticks
from .board import Board
from .hal import Hal, output_pin
from .health import Health
from .latches import Latches
from .log import Log
from .outputs import Outputs

UNKNOWN = {"model": "unknown", "name": "unknown", "link": {"kind": "usb"}, "address": 0}


def run(root, slot, reason, why=None, watchdog=None):
    """Runs until a reset."""
    path = root + slot + "/config.json"
    settings = usable(path)
    outputs = Outputs(settings.get("outputs", []), output_pin, Latches(root))
    outputs.locked = "the board is in safe mode: outputs stay off"
    log = Log(ticks.now)
    outputs.log = log.add
    why = why or power.reason(root)
    identity = parts.identify(root, slot, settings, config.crc(path), why, "safe")
    link, light = parts.make_link(settings), parts.make_light(settings)
    health = Health(watchdog, ticks.now())
    board = Board(identity, Hal({}, root, log.add), outputs, link, health, log, light)
    board.every(10000, lambda _: log.add("safe mode: " + reason))
    outputs.restore(ticks.now())
    log.add("safe mode: " + reason)
    return parts.loop(board, root)


def usable(path):
    """What of the configuration can be trusted: all, or link and outputs, or nothing."""
    settings = dict(UNKNOWN)
    try:
        with open(path) as file:
            found = json.loads(file.read())
        for key in ("model", "name"):
            if isinstance(found.get(key), str):
                settings[key] = found[key][: config.NAME_LENGTH]
        config.check_link(found)
        settings["link"], settings["address"] = found["link"], found.get("address", 0)
        settings["led"] = found.get("led")
        config.check_outputs(found, [trip["name"] for trip in found.get("contacts", [])])
        settings["outputs"] = [
            dict(output, trips=[], causes=output.get("trips", []))
            for output in found.get("outputs", [])
        ]
    except (OSError, ValueError, AttributeError, KeyError, TypeError, config.ConfigError):
        return settings  # what came before the fault is used
    return settings
