"""Opens the pin factory that the site file names, and no other: there is no fallback.

`lgpio` drives a Raspberry Pi, `mock` is gpiozero's own for tests, any other name is looked up
in the entry-point group gpiozero_pin_factories (`headworks-sim` trains).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from threading import RLock
from typing import Any

from headworks.field.switches.errors import SwitchError
from headworks.field.switches.lines import chip_label, consumer
from headworks.model.site import GpioSpec
from headworks.paths import runtime_dir

GROUP = "gpiozero_pin_factories"
_TWO_STEPS = ("native", "pigpio", "rpigpio")


@dataclass(frozen=True)
class Pins:
    """An open factory, what its pins may raise, and who holds a line (None where unknown)."""

    factory: Any
    failures: tuple[type[Exception], ...]
    holder: Callable[[int], str | None]

    def close(self) -> None:
        """Let all lines go; the kernel decides what becomes of them (see `doctor`)."""
        with suppress(*self.failures):
            self.factory.close()


def open_pins(spec: GpioSpec) -> Pins:
    """The pins that the site file names. Raises SwitchError saying what to do."""
    from gpiozero import GPIOZeroError

    if spec.factory == "lgpio":
        factory, lgpio_error = _open_lgpio(spec.chip)
        failures = (GPIOZeroError, OSError, lgpio_error)
        return Pins(_collectable(factory), failures, partial(_holder, spec.chip))
    return Pins(_collectable(_open_named(spec)), (GPIOZeroError, OSError), _nobody)


def _collectable(factory: Any) -> Any:
    """The factory with a lock that its own thread may take twice.

    A device that could not be claimed lives until the garbage collector ends it, and its end takes
    the lock of the reservations. Where that happens within a reservation, gpiozero's own lock
    waits for itself for ever.
    """
    factory._res_lock = RLock()
    return factory


def _holder(chip: int, pin: int) -> str | None:
    try:
        return consumer(Path(f"/dev/gpiochip{chip}"), pin)
    except OSError:
        return None


def _nobody(_pin: int) -> str | None:
    return None


def _open_named(spec: GpioSpec) -> Any:
    if spec.factory == "mock":
        from gpiozero.pins.mock import MockFactory

        return MockFactory()
    if spec.factory in _TWO_STEPS:
        raise SwitchError(
            f"gpio factory {spec.factory!r} cannot claim a line at a chosen level, so a relay "
            'could close at start; write factory = "lgpio"'
        )
    return _open_other(spec)


def _open_lgpio(chip: int) -> tuple[Any, type[Exception]]:
    from gpiozero import GPIOZeroError

    device = Path(f"/dev/gpiochip{chip}")
    _check_chip(device)
    with _working_directory(runtime_dir()):
        try:
            from headworks.field.switches.lgpio_pins import LgpioError, SafeFactory
        except (ImportError, OSError) as error:
            raise SwitchError(f"lgpio cannot be used: {error}; reinstall headworks") from error
    try:
        factory = SafeFactory(chip)
        _ = factory.board_info  # reads the Pi's revision now, not at the first pin
    except LgpioError as error:
        raise SwitchError(f"{device}: {error}; is the user in the group gpio?") from error
    except GPIOZeroError as error:
        raise SwitchError(f"this is no Raspberry Pi that gpiozero knows: {error}") from error
    return factory, LgpioError


def _check_chip(device: Path) -> None:
    try:
        label = chip_label(device)
    except FileNotFoundError:
        raise SwitchError(
            f"{device} is not there: this is no Raspberry Pi, or the chip has another number; "
            "`headworks doctor` lists the chips"
        ) from None
    except OSError as error:
        raise SwitchError(
            f"{device}: {error.strerror}; add the user to the group gpio: "
            "sudo usermod -aG gpio $USER"
        ) from error
    if not label.startswith("pinctrl-"):
        raise SwitchError(
            f"{device} is {label!r}, not the header of a Raspberry Pi (pinctrl-…); "
            "`headworks doctor` says which chip to write"
        )


@contextmanager
def _working_directory(folder: Path) -> Iterator[None]:
    """Let lgpio make its FIFO in `folder`; its import changes the working directory there."""
    before = Path.cwd()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        os.environ["LG_WD"] = str(folder)
        os.chdir(folder)
        probe = folder / f".lgd-probe-{os.getpid()}"
        os.mkfifo(probe)
        probe.unlink()
    except OSError as error:
        raise SwitchError(
            f"lgpio makes a FIFO in {folder} and cannot: {error.strerror}; "
            "set HEADWORKS_RUNTIME to a folder that can be written"
        ) from error
    try:
        yield
    finally:
        os.chdir(before)


def _open_other(spec: GpioSpec) -> Any:
    found = list(entry_points(group=GROUP, name=spec.factory))
    if not found:
        names = sorted({"lgpio", *(e.name for e in entry_points(group=GROUP))} - {*_TWO_STEPS})
        raise SwitchError(f"no gpio factory {spec.factory!r}; known: {', '.join(names)}")
    from gpiozero import GPIOZeroError

    try:
        make = found[0].load()
        return make(spec.connect) if spec.connect else make()
    except (GPIOZeroError, OSError, ImportError) as error:
        raise SwitchError(f"gpio factory {spec.factory!r} cannot be used: {error}") from error
