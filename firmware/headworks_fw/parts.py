"""What the firmware and its safe mode are both made of: link, light, identity, and the loop."""

import binascii
import gc
import hashlib
import os

import machine

from . import VERSION, power, ticks, wire
from .board import LEAVE_MS
from .hal import output_pin
from .light import Light
from .link import Link
from .streams import Stdio, Uart

COLLECT_AFTER = 16384  # bytes: between the scheduled collections only a flood of input gets there


def loop(board, root):
    """Passes without end; whatever ends them leaves the outputs off."""
    due = None
    if hasattr(gc, "threshold"):
        gc.threshold(COLLECT_AFTER)
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
