"""The family gpio: an outlet is a GPIO line that stays at its level.

The read-back is the level of the pin itself, not what was written. Does not pulse; see pulse.py.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from headworks.field.switches.errors import SwitchError
from headworks.field.switches.factory import Pins
from headworks.field.switches.gpio_inputs import GpioInputs
from headworks.hardware.switch import SwitchProfile
from headworks.model.live import Observation

log = logging.getLogger("headworks.switches")


class GpioBoard:
    """One board on GPIO lines.

    `hold_s` names the inputs that the site uses, with a debounce time of their own or None
    for the profile's.
    """

    def __init__(
        self,
        name: str,
        profile: SwitchProfile,
        pins: Pins,
        *,
        on_change: Callable[[], None],
        hold_s: Mapping[str, float | None],
    ) -> None:
        self.name = name
        self.cause = ""
        self.profile = profile
        self._pins = pins
        self._failures = pins.failures
        self._used = frozenset(hold_s)
        self._outlets: dict[str, Any] = {}
        self._told: dict[str, bool] = {}
        self._inputs = GpioInputs(profile, pins, on_change, hold_s)

    async def start(self) -> None:
        """Claim every outlet at its off level, then the inputs that the site uses."""
        try:
            for outlet, pin in self.profile.outlets.items():
                self._outlets[outlet] = self._claim(f"outlet {outlet}", pin)
                self._told[outlet] = False
            self._claim_inputs()
        except SwitchError:
            self._release()
            raise

    def command(self, outlet: str, on: bool) -> None:
        """Drive the line now."""
        self._told[outlet] = on
        self._write(outlet, on)

    def reassert(self) -> None:
        """Drive every line again as it was told; an edge appears only if it had changed."""
        for outlet, on in self._told.items():
            self._write(outlet, on)

    def readback(self, outlet: str) -> tuple[float, bool | None]:
        """The level of the pin now."""
        try:
            return time.monotonic(), bool(self._outlets[outlet].value)
        except self._failures as error:
            self._blame(f"outlet {outlet}", error)
            return time.monotonic(), None

    def inputs(self) -> dict[str, Observation]:
        """Every input now."""
        return self._inputs.read()

    async def stop(self) -> None:
        """All off, then released."""
        for outlet in self._told:
            self.command(outlet, False)
        self._release()

    def _claim(self, use: str, pin: int) -> Any:
        from gpiozero.output_devices import OutputDevice

        try:
            return OutputDevice(
                pin,
                active_high=self.profile.active_high,
                initial_value=False,
                pin_factory=self._pins.factory,
            )
        except self._failures as error:
            raise self._refused(use, pin, error) from error

    def _claim_inputs(self) -> None:
        for name, pin in self.profile.inputs.items():
            if name in self._used:
                try:
                    self._inputs.claim(name, pin)
                except self._failures as error:
                    raise self._refused(f"input {name}", pin, error) from error

    def _refused(self, use: str, pin: int, error: Exception) -> SwitchError:
        holder = self._pins.holder(pin)
        if holder is None:
            return SwitchError(f"switch {self.name}: GPIO {pin} ({use}): {error}")
        return SwitchError(
            f"switch {self.name}: GPIO {pin} ({use}) is held by {holder!r}; stop that program, "
            "or take its dtoverlay out of config.txt, and start again"
        )

    def _write(self, outlet: str, on: bool) -> None:
        self._drive(self._outlets[outlet], outlet, on)

    def _drive(self, device: Any, outlet: str, on: bool) -> None:
        try:
            device.value = on
        except self._failures as error:
            self._blame(f"outlet {outlet}", error)
        else:
            self.cause = ""

    def _blame(self, use: str, error: Exception) -> None:
        cause = f"{use}: {error}"
        if cause != self.cause:
            log.error("switch %s: %s", self.name, cause)
        self.cause = cause

    def _devices(self) -> list[Any]:
        return [*self._outlets.values(), self._inputs]

    def _release(self) -> None:
        devices = self._devices()
        self._outlets, self._told = {}, {}
        for device in devices:
            try:
                device.close()
            except self._failures as error:
                self._blame("release", error)
