"""A port that cannot be opened: who holds it, and what a person may do about it."""

import errno
import os
import pty

import pytest
import serial

from headworks.flash.errors import FlashError
from headworks.flash.hold import hold
from headworks.flash.holders import why_shut
from headworks.flash.repl import Prompt
from headworks.flash.talk import Talk

pytestmark = pytest.mark.needs("linux")


@pytest.fixture
def port():
    """The path of a terminal."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_in_use_by_somebody_unseen_is_told(port):
    """Another user's program is not seen in /proc; its lock is."""
    with serial.Serial(port, exclusive=True):
        for opens in (Talk, lambda path: Prompt(path).__enter__()):
            with pytest.raises(FlashError, match=f"{port} is used by another program; stop that"):
                opens(port)


def test_a_port_without_rights_says_how_to_get_them(port):
    """In words, and not as the system's number."""
    told = why_shut(port, serial.SerialException(errno.EACCES, "could not open port"))
    assert told.startswith(f"{port}: you may not use it; join its group")


@pytest.mark.parametrize("what", ["/dev/null", "/tmp", __file__])
def test_what_is_no_serial_port_is_said_to_be_none(what):
    """And where to find one."""
    for opens in (Talk, lambda path: Prompt(path).__enter__()):
        with pytest.raises(FlashError, match=f"{what} is no serial port; name one of: headworks"):
            opens(what)


def test_a_board_is_worked_on_by_one_program(tmp_path):
    """Also by another name of the port, and only until the first one ends."""
    port, other = str(tmp_path / "tty"), tmp_path / "by id"  # a pty's number may be taken again
    other.symlink_to(port)
    with hold(port), pytest.raises(FlashError, match="another headworks"), hold(str(other)):
        pass
    with hold(str(other)):
        pass
