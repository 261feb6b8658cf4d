"""How `headworks board list` reads at 80 columns, and which ports and numbers it names."""

import pytest
from serial.tools import list_ports

from cli.wires import station
from headworks.cli import board_list
from headworks.cli.board_list import COLUMNS, block
from headworks.cli.board_ports import candidates
from headworks.field.boards.port import find_usb
from headworks.field.modbus.serial_channel import explain_serial

BY_ID = "/dev/serial/by-id/usb-MicroPython_Board_in_FS_mode_e6614103e7174c2f-if00"
SAFETY = {
    "port": BY_ID, "what": "Headworks", "firmware": "0.2.0", "name": "safety",
    "model": "pico-safety", "uid": "e6614103e7174c2f", "board of the site": "safety, in use by the station",
    "usb serial": "e6614103e7174c2f",
}  # fmt: skip


def test_a_board_is_a_block_of_lines():
    """Who, what, where, and what to write into the site file; a port stays in one piece."""
    assert block(SAFETY, 80) == [
        "safety: Headworks, in use by the station",
        "    pico-safety, firmware 0.2.0, uid e6614103e7174c2f",
        f"    {BY_ID}",
        '    in the site file: connect = "usb:e6614103e7174c2f"',
    ]


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"board of the site": "none"}, "safety, not in the site file: Headworks"),
        (
            {"board of the site": "air"},
            "safety, which the site file means as air: Headworks",
        ),
        ({"name": ""}, "safety: Headworks, in use by the station"),
        ({"name": "", "board of the site": ""}, "?: Headworks"),
    ],
)
def test_a_block_says_which_board_of_the_site_it_is(changes, first):
    """A stranger, one that has another's place, and one that has not said its name."""
    assert block(SAFETY | changes, 80)[0] == first


def test_a_long_cause_goes_on_in_the_next_line():
    """Nothing is cut, nothing is wider than the terminal but a port."""
    long = SAFETY | {"what": "lost: silent for more than 5 s; " + "x " * 80}
    lines = block(long, 80)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    assert all(line.startswith("    ") for line in lines[1:])


class Port:
    """A port as pyserial finds it."""

    def __init__(self, device, vid=None, pid=None, serial_number=None):
        self.device, self.vid, self.pid, self.serial_number = device, vid, pid, serial_number

    def __lt__(self, other):
        return self.device < other.device


PORTS = [Port("/dev/ttyS0"), Port("/dev/ttyACM0", 0x2E8A, 0x0005, "E661410")]


def test_a_port_without_a_usb_device_is_not_suggested(monkeypatch):
    """Not as a board, and not where a board is missing: there numbers are named, not ports."""
    monkeypatch.setattr(list_ports, "comports", lambda: PORTS)
    assert [port.device for port in candidates()] == ["/dev/ttyACM0"]
    assert find_usb("usb:e661410") == "/dev/ttyACM0"
    with pytest.raises(FileNotFoundError) as caught:
        find_usb("usb:abcd")
    assert caught.value.strerror == "no USB device has the serial number abcd; there are: E661410"


def test_where_the_system_lists_no_port_none_are_denied(monkeypatch):
    """Simulated ports are in no list; that there are none would be false."""
    monkeypatch.setattr(list_ports, "comports", list)
    monkeypatch.setattr("os.path.isdir", lambda _: False)
    said = explain_serial(FileNotFoundError(2, "none"), "tty4")
    assert said == "tty4: no such port; plug it in"


def test_a_port_that_is_missing_names_the_ports_that_have_something(monkeypatch):
    """Not the ttyS that a PC always has; the UART of a Raspberry Pi is one."""
    monkeypatch.setattr(list_ports, "comports", lambda: [*PORTS, Port("/dev/ttyAMA0")])
    said = explain_serial(FileNotFoundError(2, "none"), "/dev/ttyUSB7")
    assert said.startswith("/dev/ttyUSB7: no such port; there are: ")
    assert said.endswith("; plug it in")
    assert "/dev/ttyACM0, /dev/ttyAMA0" in said
    assert "ttyS0" not in said


def test_a_channel_without_a_value_is_on_the_list(capsys, tmp_path, monkeypatch):
    """With its fault, whether an interlock minds it or not; control characters are shown."""
    channels = {
        "intake_c": {"value": 20.0, "quality": "good", "cause": ""},
        "surface_c": {"value": None, "quality": "never", "cause": "the board has just answered"},
        "exhaust_c": {"value": None, "quality": "not-available", "cause": "ABSENT\x1b"},
    }
    air = {"name": "air", "state": "runs", "cause": "", "port": "/dev/ttyACM0", "firmware": "0.2.0",
           "uid": "e6", "model": "pico-air", "channels": channels}  # fmt: skip
    monkeypatch.setattr(list_ports, "comports", lambda: PORTS)
    monkeypatch.setattr(board_list, "volumes", list)
    monkeypatch.chdir(tmp_path)
    with station(tmp_path / "s.sock", [], boards=[air]):
        from headworks.cli.main import main

        assert main(["board", "list", "--socket", str(tmp_path / "s.sock")]) == 0
    row = dict(zip(COLUMNS, capsys.readouterr().out.rstrip("\n").split("\t"), strict=True))
    assert row["what"] == "Headworks, no value of exhaust_c (ABSENT\\x1b)"
    assert row["usb serial"] == "E661410"
