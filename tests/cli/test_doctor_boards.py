"""Doctor on sensor boards: udev rules, programs that take ports, boards that nobody means."""

import re
from dataclasses import replace

import pytest

from cli.machines import PI4_OS, machine
from cli.test_doctor import COIL_SITE
from headworks.cli import main
from headworks.field.doctor import Status, examine
from headworks.field.doctor.udev import NAME, rules, usb_ids
from headworks.hardware.files import models
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec

PICO = "/dev/serial/by-id/usb-MicroPython_Board_in_FS_mode_e6614103e7174c2f-if00"
PORT = f"serial port {PICO}"
USERS = {PICO.removeprefix("/dev/serial/by-id/"): "minicom (process 9)"}
OURS = {PICO.removeprefix("/dev/serial/by-id/"): "headworks (process 9)"}
RULES = f"/etc/udev/rules.d/{NAME}"
PLUGGED = {PICO: "-> ../../ttyACM0", "/dev/ttyACM0": ""}
SITE = replace(COIL_SITE, boards=(BoardSpec("air", "pico-air", "usb:E6614103E7174C2F"),))
BY_PATH = replace(COIL_SITE, boards=(BoardSpec("air", "pico-air", f"serial:{PICO}"),))
OTHER = replace(COIL_SITE, boards=(BoardSpec("air", "pico-air", "usb:0011223344556677"),))
OK, WARN, BAD = Status.OK, Status.WARNING, Status.PROBLEM

ROWS = [
    (SITE, PLUGGED, "udev rules", WARN, "headworks doctor --udev"),
    (SITE, {**PLUGGED, RULES: rules()}, "udev rules", OK, "installed and current"),
    (SITE, {**PLUGGED, RULES: "# older\n"}, "udev rules", WARN, "not the one of this version"),
    (SITE, {**PLUGGED, "active": ["ModemManager"]}, "ModemManager", WARN, "systemctl mask"),
    (
        SITE,
        {**PLUGGED, RULES: rules(), "active": ["ModemManager"]},
        "ModemManager",
        OK,
        "keep it off",
    ),
    (SITE, {**PLUGGED, RULES: rules(), "active": ["brltty"]}, "brltty", WARN, "Braille"),
    (SITE, PLUGGED, "board air", OK, "is plugged in"),
    (SITE, {**PLUGGED, "users": USERS}, "board air", WARN, "minicom"),
    (SITE, {**PLUGGED, "users": OURS}, "board air", OK, "plugged in"),
    (BY_PATH, {**PLUGGED, "users": USERS}, PORT, WARN, "stop that"),
    (BY_PATH, {**PLUGGED, "users": OURS}, PORT, OK, "(process 9)"),
    (BY_PATH, PLUGGED, PORT, OK, "may be opened"),
    (SITE, {}, "board air", BAD, "no USB device has the serial number"),
    (OTHER, PLUGGED, "board air", BAD, "e6614103e7174c2f"),
    (OTHER, PLUGGED, "board", WARN, "not in the site file"),
]


@pytest.mark.parametrize(("site", "changes", "check", "status", "words"), ROWS)
def test_a_finding_on_boards(tmp_path, site, changes, check, status, words):
    """Each row: what is found, how urgent, and what to do."""
    findings = examine(machine(tmp_path, PI4_OS, changes), site)
    found = next(one for one in findings if one.check == check)
    assert found.status is status
    assert words in found.text + found.advice


@pytest.mark.parametrize("site", [SITE, BY_PATH])
def test_a_board_of_the_site_is_no_stranger(tmp_path, site):
    """Whether it is meant by its serial number or by its path."""
    findings = examine(machine(tmp_path, PI4_OS, PLUGGED), site)
    assert not [one for one in findings if one.check == "board"]


def test_without_boards_nothing_is_said(tmp_path):
    """A site that has none, on a machine that has none."""
    checks = {one.check for one in examine(machine(tmp_path, PI4_OS, {}), COIL_SITE)}
    assert not checks & {"udev rules", "ModemManager", "board"}


def test_every_usb_id_of_every_board_has_its_rules(capsys):
    """A new board file is covered without a second list, and the command prints the same."""
    wanted = {usb for model in models("sensor") for usb in load_sensor(model).usb}
    assert set(usb_ids()) == wanted
    assert main.main(["doctor", "--udev"]) == 0
    text = capsys.readouterr().out
    assert text == rules()
    for usb in wanted:
        vendor, product = usb.split(":")
        assert f'"{vendor}"' in text
        assert f'"{product}"' in text


def test_the_rules_are_written_as_udev_reads_them():
    """KEY{attribute}operator"value", separated by commas; each with a match and an assignment."""
    word = re.compile(r'[A-Z]+(\{[\w]+\})?(==|\+=|=)"[^"]*"')
    lines = [line for line in rules().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2 * len(usb_ids())
    for line in lines:
        words = line.split(", ")
        assert all(word.fullmatch(one) for one in words), line
        assert any("==" in one for one in words)
        assert any("==" not in one for one in words)
