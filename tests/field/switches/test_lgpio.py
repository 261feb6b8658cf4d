"""The pins of a Raspberry Pi without one: what is asked of lgpio, and what is said when it fails.

The emulated Pi (tests/pi) shows the same against a real driver; this runs everywhere.
"""

import asyncio
from collections import defaultdict
from pathlib import Path

import pytest
from gpiozero.pins.local import LocalPiFactory

from field.switches.helpers import rack, site
from headworks.field.switches import SwitchError, Switches, factory
from headworks.model.site import GpioSpec, SwitchSpec

HAT = SwitchSpec("hat", "relay-hat-8")
REVISION_3B = 0xA02082


class Chip:
    """lgpio's functions as far as they are used; keeps every call, and the level of each line."""

    def __init__(self, busy: int | None = None) -> None:
        self.calls: list[tuple[str, int, int | None]] = []
        self.level: dict[int, int] = {}
        self.busy = busy

    def claim_output(self, _handle, pin, level=0, _flags=0):
        self._claim("output", pin, level)

    def claim_input(self, _handle, pin, _flags=0):
        self._claim("input", pin, 1)

    def write(self, _handle, pin, level):
        self.calls.append(("write", pin, int(level)))
        self.level[pin] = int(level)

    def _claim(self, what, pin, level):
        import lgpio

        if pin == self.busy:
            raise lgpio.error("GPIO busy")
        self.calls.append((what, pin, level))
        self.level[pin] = level


@pytest.fixture
def pi(monkeypatch, tmp_path):
    """Put a fake chip behind lgpio; the working directory of its FIFO is a temporary one."""
    monkeypatch.setenv("HEADWORKS_RUNTIME", str(tmp_path / "run"))
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.setattr(factory, "chip_label", lambda _device: "pinctrl-bcm2835")
    monkeypatch.setattr(factory, "consumer", lambda _device, _pin: "relayd")
    with factory._working_directory(tmp_path / "run"):
        import lgpio

    def put(chip: Chip) -> Chip:
        for name, call in (
            ("gpiochip_open", lambda _chip: 7),
            ("gpiochip_close", lambda _handle: chip.calls.append(("close", -1, None))),
            ("gpio_claim_output", chip.claim_output),
            ("gpio_claim_input", chip.claim_input),
            ("gpio_write", chip.write),
            ("gpio_read", lambda _handle, pin: chip.level[pin]),
            ("gpio_free", lambda _handle, _pin: None),
            ("gpio_get_mode", lambda _handle, _pin: 2),
        ):
            monkeypatch.setattr(lgpio, name, call)
        monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: REVISION_3B)
        # gpiozero keeps these for the whole process, and a device that failed lives until the
        # garbage collector comes: a claim of an earlier test would be in the way
        monkeypatch.setattr(LocalPiFactory, "_reservations", defaultdict(list))
        monkeypatch.setattr(LocalPiFactory, "pins", {})
        return chip

    return put


def hat_site():
    """One rack on the HAT, driven by lgpio."""
    return site([HAT], [rack("a1", "hat.1")], gpio=GpioSpec("lgpio", 0))


def test_lgpio_claims_each_output_at_its_off_level(pi):
    """The level travels in the claim; nothing is claimed as an input first, nor written after."""
    chip = pi(Chip())

    async def run():
        switches = Switches(hat_site(), lambda: None)
        await switches.start()
        started = list(chip.calls)
        switches.command("hat.1", True)
        seen = switches.feedback()["a1"].readback
        await switches.stop()
        return started, seen

    started, seen = asyncio.run(run())
    assert started == [("output", pin, 1) for pin in (5, 6, 13, 16, 19, 20, 21, 26)]
    assert seen is True
    ended = chip.calls[len(started) :]
    assert ("input", 5, 1) not in ended
    assert all(chip.level[pin] == 1 for pin in (5, 6, 13, 16, 19, 20, 21, 26))
    assert ended[-1][0] == "close"


def test_a_busy_line_names_its_consumer(pi):
    """The error tells which GPIO, for what, and who has it; the chip is closed again (row 25)."""
    chip = pi(Chip(busy=13))

    with pytest.raises(SwitchError, match=r"GPIO 13 \(outlet 3\) is held by 'relayd'; stop"):
        asyncio.run(Switches(hat_site(), lambda: None).start())
    assert chip.calls[-1][0] == "close"


def test_the_working_directory_stays_as_it_was(pi, tmp_path, monkeypatch):
    """lgpio changes it while it makes its FIFO; relative paths of ours must not suffer."""
    monkeypatch.chdir(tmp_path)
    pi(Chip())

    async def run():
        switches = Switches(hat_site(), lambda: None)
        await switches.start()
        await switches.stop()

    asyncio.run(run())
    assert Path.cwd() == tmp_path
    assert not list(tmp_path.glob(".lgd*"))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file"), "/dev/gpiochip0 is not there: this is no Raspberry"),
        (PermissionError(13, "Permission denied"), "add the user to the group gpio"),
    ],
)
def test_a_chip_that_cannot_be_used_is_an_error_with_advice(monkeypatch, error, text):
    """There is no fallback to another way of driving pins."""

    def fail(_device):
        raise error

    monkeypatch.setattr(factory, "chip_label", fail)
    with pytest.raises(SwitchError, match=text):
        asyncio.run(Switches(hat_site(), lambda: None).start())


def test_a_chip_that_is_not_the_header_is_refused(monkeypatch):
    """An expander has lines of the same numbers that switch other things."""
    monkeypatch.setattr(factory, "chip_label", lambda _device: "raspberrypi-exp-gpio")
    with pytest.raises(SwitchError, match="is 'raspberrypi-exp-gpio', not the header"):
        asyncio.run(Switches(hat_site(), lambda: None).start())


def test_a_folder_for_the_fifo_that_cannot_be_made_is_named(monkeypatch):
    """The error says where lgpio wants to write and what to set."""
    monkeypatch.setenv("HEADWORKS_RUNTIME", "/proc/headworks")
    monkeypatch.setattr(factory, "chip_label", lambda _device: "pinctrl-bcm2835")
    with pytest.raises(SwitchError, match=r"FIFO in /proc/headworks.*HEADWORKS_RUNTIME"):
        asyncio.run(Switches(hat_site(), lambda: None).start())
