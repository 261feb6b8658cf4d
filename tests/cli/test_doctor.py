"""Doctor: what it finds on recorded trees of machines, what it advises, and its exit code."""

import json
from dataclasses import replace

import pytest

from cli.machines import ADAPTER, PC, PI4_OS, machine
from field.switches.helpers import rack, site
from headworks.cli import main
from headworks.cli.demo_site import TEMPLATE, training_copy
from headworks.cli.doctor import as_json, as_text
from headworks.field.doctor import Status, examine
from headworks.model.site import GpioSpec, MeterSpec, ScheduleSignal, Sign, SwitchSpec
from record.kept import ring

GPIO_SITE = replace(
    site([SwitchSpec("hat", "relay-hat-8")], [rack("a1", "hat.1")], gpio=GpioSpec("lgpio", 0)),
    timezone="Asia/Karachi",
)
SCHEDULED = replace(GPIO_SITE, signals=(ScheduleSignal("night", ()),))
BY_HAND = replace(GPIO_SITE, signals=(ScheduleSignal("night", (), unsynced_ok=True),))
COIL_SITE = site([SwitchSpec("r", "coil-8", "tcp://10.0.0.5:502")], [rack("a1", "r.1")])


def serial_site(port):
    """A site with one meter on a serial line."""
    meter = MeterSpec("incomer", "sdm630", f"serial:{port}", 1, Sign.IMPORT_POSITIVE)
    return replace(COIL_SITE, meters=(meter,))


PARAMETER = "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs"
CONFIG = "/boot/firmware/config.txt"
WATCHDOG = "/etc/systemd/system.conf.d/watchdog.conf"
UNIT = "/etc/systemd/system/headworks.service"
LIFE = "/sys/block/mmcblk0/device/life_time"
CMDLINE = "/proc/cmdline"
OK, WARN, BAD = Status.OK, Status.WARNING, Status.PROBLEM

# site, what differs from a well set-up Pi 4, check, status, part of text or advice
ROWS = [
    (GPIO_SITE, {}, "machine", OK, "Raspberry Pi 4 Model B Rev 1.4"),
    (GPIO_SITE, {}, "gpio chip 0", OK, "'pinctrl-bcm2711' and may be opened"),
    (
        GPIO_SITE,
        {"/dev/gpiochip0": None},
        "gpio chip 0",
        BAD,
        "gpiochip1 is 'raspberrypi-exp-gpio'",
    ),
    (GPIO_SITE, {"forbidden": ["/dev/gpiochip0"]}, "gpio chip 0", BAD, "usermod -aG gpio"),
    (
        GPIO_SITE,
        {"labels": {"gpiochip0": "gpio-brcmstb"}},
        "gpio chip 0",
        BAD,
        "'gpio-brcmstb', not the header",
    ),
    (GPIO_SITE, {}, "gpio lines", OK, "free"),
    (
        GPIO_SITE,
        {"held": {13: "led0"}},
        "gpio lines",
        BAD,
        "GPIO 13 (hat outlet 3) is held by 'led0'",
    ),
    (GPIO_SITE, {"held": {5: "lg", 13: "led0"}}, "gpio lines", BAD, "held by 'led0'"),
    (GPIO_SITE, {"held": {5: "lg", 6: "lg"}}, "gpio lines", WARN, "2 lines are held by a program"),
    (GPIO_SITE, {"held": {2: "i2c"}}, "gpio lines", OK, "free"),
    (GPIO_SITE, {}, "gpio after a crash", OK, "lets outputs go"),
    (GPIO_SITE, {PARAMETER: "Y\n"}, "gpio after a crash", BAD, "dtparam=strict_gpiod"),
    (COIL_SITE, {PARAMETER: "Y\n"}, "gpio after a crash", WARN, "dtparam=strict_gpiod"),
    (
        replace(GPIO_SITE, deadman="hat.8"),
        {PARAMETER: "Y"},
        "gpio after a crash",
        WARN,
        "strict_gpiod",
    ),
    (None, {PARAMETER: "Y\n"}, "gpio after a crash", WARN, "keeps outputs driven"),
    (GPIO_SITE, {PARAMETER: None}, "gpio after a crash", OK, "lets outputs go"),
    (
        GPIO_SITE,
        {PARAMETER: None, CONFIG: "#dtparam=strict_gpiod\n"},
        "gpio after a crash",
        BAD,
        "nothing says",
    ),
    (
        GPIO_SITE,
        {PARAMETER: None, CONFIG: None, CMDLINE: "root=1 pinctrl_bcm2835.persist_gpio_outputs=n"},
        "gpio after a crash",
        OK,
        "lets outputs go",
    ),
    (
        GPIO_SITE,
        {
            PARAMETER: None,
            "/sys/module/pinctrl_rp1/parameters/persist_gpio_outputs": "Y",
        },
        "gpio after a crash",
        BAD,
        "keeps outputs driven",
    ),
    (COIL_SITE, {}, "gpio", OK, "drives no GPIO line"),
    (
        replace(GPIO_SITE, gpio=GpioSpec("headworks-sim")),
        {},
        "gpio",
        OK,
        "'headworks-sim', not of this machine",
    ),
    (None, {}, "supply", OK, "no under-voltage since"),
    (None, {"throttled": "throttled=0x50005"}, "supply", BAD, "under-voltage now"),
    (None, {"throttled": "throttled=0x50000"}, "supply", WARN, "since the last start"),
    (None, {"throttled": None}, "supply", OK, "vcgencmd is not there"),
    (None, {}, "watchdog", OK, "after 14 s"),
    (None, {WATCHDOG: "[Manager]\nRuntimeWatchdogSec=1min\n"}, "watchdog", BAD, "is set to 60 s"),
    (None, {WATCHDOG: "[Manager]\nRuntimeWatchdogSec=10s 500ms\n"}, "watchdog", OK, "after 10.5 s"),
    (None, {WATCHDOG: None}, "watchdog", WARN, "RuntimeWatchdogSec=14 into"),
    (None, {WATCHDOG: "RuntimeWatchdogSec=off\n"}, "watchdog", WARN, "nothing feeds it"),
    (None, {"/dev/watchdog": None}, "watchdog", BAD, "dtparam=watchdog=on"),
    (None, {}, "clock chip", OK, "survives a power cut"),
    (None, {"/sys/class/rtc/rtc0/name": None}, "clock chip", WARN, "i2c-rtc"),
    (None, {}, "clock", OK, "kept by a time service"),
    (GPIO_SITE, {"synced": False}, "clock", WARN, "records are untimed"),
    (SCHEDULED, {"synced": False}, "clock", BAD, "schedule 'night' allows nothing"),
    (BY_HAND, {"synced": False}, "clock", WARN, "set-ntp true"),
    (GPIO_SITE, {}, "time zone", OK, "is Asia/Karachi"),
    (
        GPIO_SITE,
        {"/etc/localtime": "-> /usr/share/zoneinfo/Etc/UTC"},
        "time zone",
        OK,
        "is Etc/UTC; schedules follow the site's, Asia/Karachi",
    ),
    (None, {}, "python", OK, "3.11.2"),
    (None, {"python": (3, 9, 2)}, "python", BAD, "install Python 3.11"),
    (None, {}, "service", OK, "is installed"),
    (None, {UNIT: None}, "service", WARN, "not installed as a service"),
    (
        None,
        {UNIT: "[Service]\nRestart=always\n"},
        "service",
        WARN,
        "lacks WatchdogSec, RuntimeDirectory",
    ),
    (None, {"/run/systemd/system/.here": None}, "service", OK, "systemd does not run here"),
    (None, {}, "disk", OK, "9000 MB are free"),
    (None, {"free": 3e8}, "disk", WARN, "300 MB"),
    (None, {"free": 2e7}, "disk", BAD, "20 MB"),
    (None, {"read_only": True}, "disk", BAD, "read-only"),
    (None, {}, "flash wear", OK, "does not tell its wear"),
    (None, {LIFE: "0x01 0x02\n"}, "flash wear", OK, "at most 20 %"),
    (None, {LIFE: "0x03 0x09\n"}, "flash wear", WARN, "80 %"),
    (None, {LIFE: "0x0b 0x01\n"}, "flash wear", BAD, "replace it now"),
    (None, {"/sys/block/mmcblk0/device/name": None}, "flash wear", OK, "no flash card"),
    (serial_site(ADAPTER), {}, f"serial port {ADAPTER}", OK, "may be opened"),
    (serial_site("/dev/ttyUSB0"), {}, "serial port /dev/ttyUSB0", WARN, f"write {ADAPTER}"),
    (serial_site("/dev/ttyUSB7"), {}, "serial port /dev/ttyUSB7", BAD, ADAPTER),
    (serial_site(ADAPTER), {"forbidden": [ADAPTER]}, f"serial port {ADAPTER}", BAD, "dialout"),
    (
        serial_site("/dev/serial0"),
        {CMDLINE: "console=serial0,115200 console=tty1"},
        "serial port /dev/serial0",
        BAD,
        "take console=serial0",
    ),
    (
        serial_site("/dev/serial0"),
        {CMDLINE: "console=ttyAMA0,115200"},
        "serial port /dev/serial0",
        BAD,
        "the kernel's console",
    ),
    (COIL_SITE, {}, "serial ports", OK, "the site uses none"),
    (None, {}, "serial ports", OK, ADAPTER),
]


@pytest.mark.parametrize(
    ("place", "changes", "check", "status", "text"),
    ROWS,
    ids=[f"{i}-{r[2][:20]}-{r[3]}" for i, r in enumerate(ROWS)],
)
def test_a_finding_on_a_pi(tmp_path, place, changes, check, status, text):
    """Each state of a machine has its grade and its sentence; what is not well has an advice."""
    findings = {found.check: found for found in examine(machine(tmp_path, PI4_OS, changes), place)}
    found = findings[check]
    assert found.status is status, found
    assert text in f"{found.text} {found.advice}"
    assert bool(found.advice) == (status is not OK)


def test_a_well_set_up_pi_has_nothing_to_do(tmp_path, monkeypatch):
    """All checks are ok on the machine that the advice leads to."""
    monkeypatch.setenv("HEADWORKS_RUNTIME", "/run")
    findings = examine(machine(tmp_path, PI4_OS, {}), GPIO_SITE)
    assert [found for found in findings if found.status is not OK] == []


def test_a_runtime_folder_that_cannot_be_written_is_a_warning(tmp_path, monkeypatch):
    """The socket and lgpio's FIFO need it."""
    monkeypatch.setenv("HEADWORKS_RUNTIME", "/run/systemd/system")
    made = machine(tmp_path, PI4_OS, {"forbidden": ["/run/systemd/system"]})
    found = next(f for f in examine(made, None) if f.check == "runtime folder")
    assert found.status is WARN
    assert "HEADWORKS_RUNTIME" in found.advice


def test_a_pc_is_no_alarm(tmp_path, monkeypatch):
    """What only a Pi has is left out with one plain sentence."""
    monkeypatch.setenv("HEADWORKS_RUNTIME", "/run")
    findings = examine(machine(tmp_path, PC, {}), None)
    assert {found.check: found.status for found in findings if found.status is not OK} == {
        "service": WARN
    }
    assert sum("not a Raspberry Pi" in found.text for found in findings) >= 4


def test_text_and_json_say_the_same(tmp_path):
    """Every finding is in both, advice under its line, and the sum at the end."""
    findings = examine(machine(tmp_path, PI4_OS, {PARAMETER: "Y", "free": 3e8}), GPIO_SITE)
    lines = as_text(findings).splitlines()
    data = json.loads(as_json(findings))
    assert [entry["check"] for entry in data] == [found.check for found in findings]
    assert {entry["status"] for entry in data} == {"ok", "warning", "problem"}
    line = next(i for i, text in enumerate(lines) if text.startswith("PROBLEM  gpio after a crash"))
    assert "strict_gpiod" in lines[line + 1]
    assert lines[-1].startswith("1 problem, 1 warning")


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"free": 3e8}, 0), ({"free": 2e7}, 1)])
def test_the_exit_code_is_1_only_for_a_problem(tmp_path, monkeypatch, capsys, changes, code):
    """Scripts may stop at a problem; a warning is for people."""
    made = machine(tmp_path, PI4_OS, changes)
    monkeypatch.setattr("headworks.field.doctor.Machine", lambda **_: made)
    assert main.main(["doctor"]) == code
    assert "checks" in capsys.readouterr().out


def test_a_site_file_that_is_not_there_is_one_line_and_2(tmp_path, capsys):
    """No traceback, and nothing on standard output for a tool to misread."""
    assert main.main(["doctor", "--site", str(tmp_path / "none.toml"), "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "none.toml" in err


def test_the_site_file_of_this_folder_is_looked_at(tmp_path, monkeypatch, capsys):
    """As the other commands do: its mistakes, and its ports and lines."""
    monkeypatch.chdir(tmp_path)
    made = machine(tmp_path, PI4_OS, {})
    monkeypatch.setattr("headworks.field.doctor.Machine", lambda **_: made)
    main.main(["doctor", "--json"])
    without = {found["check"] for found in json.loads(capsys.readouterr().out)}
    text = training_copy(TEMPLATE.read_text(encoding="utf-8"), tmp_path)
    (tmp_path / "site.toml").write_text(text)
    main.main(["doctor", "--json"])
    assert {found["check"] for found in json.loads(capsys.readouterr().out)} != without
    (tmp_path / "site.toml").write_text("[site]\nnmae = 1\n")
    assert main.main(["doctor"]) == 2
    assert "run: headworks check site.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("record", "files", "status", "text"),
    [
        ("", 0, OK, "h of recordings (worked out from its meters); 72 h are asked for"),
        ("recorder_mb = 20", 0, WARN, "write recorder_mb = "),
        ("recorder_mb = 20", 13, WARN, "20 MB hold about 33 h of recordings (at the rate of"),
        ("recorder_mb = 20", 13, WARN, "write recorder_mb = 43 under [record], or fewer"),
        ("recorder_mb = 20\nrecorder_hours = 30", 13, OK, "20 MB hold about 33 h"),
        ("recorder_mb = 1000", 6, OK, "worked out"),  # not an hour of them yet
    ],
)
def test_how_many_hours_of_recordings_fit(
    tmp_path, monkeypatch, capsys, record, files, status, text
):
    """As worked out from the meters, and as they were written once there are enough of them."""
    ring(tmp_path / "records", files)
    monkeypatch.setenv("HEADWORKS_STATE", str(tmp_path))
    made = machine(tmp_path / "machine", PI4_OS, {})
    monkeypatch.setattr("headworks.field.doctor.Machine", lambda **_: made)
    site_text = training_copy(TEMPLATE.read_text(encoding="utf-8"), tmp_path)
    (tmp_path / "site.toml").write_text(f"{site_text}\n[record]\n{record}\n")
    main.main(["doctor", "--json", "--site", str(tmp_path / "site.toml")])
    [found] = [f for f in json.loads(capsys.readouterr().out) if f["check"] == "recorder"]
    assert found["status"] == status, found
    assert text in f"{found['text']} {found['advice']}"


def test_where_no_meter_is_nothing_is_said_of_recordings(tmp_path, monkeypatch, capsys):
    """Without a site file, as on a machine that is set up, there is nothing to work out."""
    made = machine(tmp_path, PI4_OS, {})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("headworks.field.doctor.Machine", lambda **_: made)
    main.main(["doctor", "--json"])
    assert "recorder" not in {f["check"] for f in json.loads(capsys.readouterr().out)}


def test_this_very_machine_can_be_looked_at():
    """The real questions to the kernel raise nothing, whatever machine this is."""
    assert main.main(["doctor", "--json"]) in (0, 1)
