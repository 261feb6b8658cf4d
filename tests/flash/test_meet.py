"""What is said of whoever is at a port, where no station runs."""

import os
import pty
import re
import threading
import tty
from contextlib import contextmanager

import pytest

from headworks.flash import meet
from headworks.flash.talk import Talk
from headworks.hardware.sensor import config_crc, load_sensor
from headworks.model.site import BoardSpec
from headworks_fw.wire import encode

AIR = BoardSpec("air", "pico-air", "serial:/dev/ttyX")
FLASH = "headworks board flash --name air"
HELLO = {
    "p": "1.1", "n": 1, "fw": "0.2.0", "sha": "0", "bd": "pico-air", "nm": "air", "uid": "e6",
    "bt": "0badcafe", "why": "power-on", "sl": "a", "w": 30, "st": "run",
    "cfg": config_crc(load_sensor("pico-air"), "air", 0),
}  # fmt: skip
PROMPT = (
    b'>>> ~hi {"n":1}*0badcafe\r\nTraceback (most recent call last):\r\n'
    b'  File "<stdin>", line 1\r\nSyntaxError: invalid syntax\r\n>>> '
)
CRASH = (
    b"MPY: soft reboot\r\nTraceback (most recent call last):\r\n"
    b'  File "main.py", line 3, in <module>\r\nOSError: [Errno 5] EIO\r\n'
)


@contextmanager
def talks_to(answer: bytes):
    """Somebody at a port who answers whatever is said with these bytes."""
    master, slave = pty.openpty()
    tty.setraw(slave)

    def serve() -> None:
        while b"\x00" not in os.read(master, 256):
            os.write(master, answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with Talk(os.ttyname(slave)) as talk:
            yield talk
    finally:
        os.write(slave, b"\x00")
        thread.join()
        os.close(master)
        os.close(slave)


def greets(**changes: object) -> bytes:
    return encode("hello", HELLO | changes)


@pytest.mark.parametrize(
    ("answer", "says", "is_open"),
    [
        (greets(), "Headworks", True),
        (greets(nm="thermal", bd="pico-thermal"), "Headworks", True),
        (greets(p="2.0"), f"speaks protocol 2.0, this program 1.1; .*: {FLASH}$", False),
        (greets(st="safe"), f"does not start and only talks; .*: {FLASH}$", True),
        (greets(cfg="00000000"), f"is not the site file's .*: {FLASH}$", True),
        (greets(w="x"), f"in words that make no sense; {FLASH}$", False),
        (PROMPT, f"^MicroPython's prompt, no firmware runs; {FLASH}$", False),
        (CRASH, rf"^its program crashes .OSError: \[Errno 5\] EIO.; {FLASH}$", False),
        (b"ets Jul 29 2019\r\nboot\x1b[2J\r\n", r"^no Headworks; it says 'boot\?\[2J'; ", False),
    ],
)
@pytest.mark.needs("linux")
def test_what_is_at_a_port_is_said_with_what_to_do(answer, says, is_open):
    """Another protocol, safe mode, a prompt, a crash, a stranger; and whether one can talk to it."""
    with talks_to(answer) as talk:
        told, fields = meet.found(talk, AIR)
        assert (meet.why_no_talk(talk, fields, FLASH) == "") is is_open
    if says == "Headworks":
        assert told == says
    else:
        assert re.search(says, told), told


@pytest.mark.needs("linux")
def test_a_board_that_no_site_file_names_is_told_with_its_port():
    """The command that puts it right names the port, the board's own name and a model to choose."""
    way = "headworks board flash --port /dev/ttyX --name {} --model MODEL"
    with talks_to(greets(p="2.0")) as talk:
        assert meet.found_at(talk, "/dev/ttyX")[0].endswith(way.format("air"))
    with talks_to(greets(st="safe")) as talk:
        assert meet.found_at(talk, "/dev/ttyX")[0].endswith(way.format("air"))
    with talks_to(PROMPT) as talk:
        assert meet.found_at(talk, "/dev/ttyX")[0].endswith(way.format("NAME"))
    with talks_to(greets()) as talk:
        assert meet.found_at(talk, "/dev/ttyX")[0] == "Headworks"
