"""Inputs on GPIO lines: level read at every look, debounced, an edge wakes the station.

Used by the families gpio and gpio-pulse. gpiozero reports edges from a thread of its own; they
are handed to the event loop.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from headworks.field.switches.debounce import Debounce
from headworks.field.switches.factory import Pins
from headworks.hardware.switch import SwitchProfile
from headworks.model.live import Observation, Quality

_PULL_UP = {"up": True, "down": False, "none": None}


class GpioInputs:
    """The inputs of one board that the site uses: those named in `hold_s`.

    Its value is a debounce time of the input's own, None for the profile's.
    """

    def __init__(
        self,
        profile: SwitchProfile,
        pins: Pins,
        on_change: Callable[[], None],
        hold_s: Mapping[str, float | None],
    ) -> None:
        self._profile = profile
        self._factory = pins.factory
        self._on_change = on_change
        self._failures = pins.failures
        self._loop = asyncio.get_running_loop()
        self._devices: dict[str, Any] = {}
        self._settled: dict[str, bool] = {}
        self._filters = {
            name: Debounce(profile.debounce_s if own_s is None else own_s)
            for name, own_s in hold_s.items()
        }

    def claim(self, name: str, pin: int) -> None:
        """Claim one input with its pull. Raises what gpiozero or the factory raises."""
        from gpiozero.input_devices import DigitalInputDevice

        pull_up = _PULL_UP[self._profile.pull]
        device = DigitalInputDevice(
            pin,
            pull_up=pull_up,
            active_state=self._profile.inputs_active_high if pull_up is None else None,
            pin_factory=self._factory,
        )
        self._devices[name] = device

        def edge() -> None:
            self._from_thread(name)

        device.when_activated = edge
        device.when_deactivated = edge

    def read(self) -> dict[str, Observation]:
        """Every input now; one that cannot be read has quality ERROR and no value."""
        return {name: self._look(name) for name in self._devices}

    def close(self) -> None:
        """Release the lines and report nothing more."""
        devices, self._devices = self._devices, {}
        for device in devices.values():
            device.close()

    def _look(self, name: str, edge: bool = False) -> Observation:
        now = time.monotonic()
        try:
            level = bool(self._devices[name].pin.state)
        except self._failures as error:
            self._settled.pop(name, None)
            return Observation(now, Quality.ERROR, None, str(error))
        active = level == self._profile.inputs_active_high
        held = self._filters[name]
        settled = held.edge(active, now) if edge else held.see(active, now)
        if held.chatters(now):
            self._settled.pop(name, None)
            return Observation(now, Quality.ERROR, None, "the contact chatters; check its wiring")
        self._settled[name] = settled
        return Observation(now, Quality.GOOD, settled)

    def _from_thread(self, name: str) -> None:
        with suppress(RuntimeError):  # the loop may close while an edge is on its way
            self._loop.call_soon_threadsafe(self._edge, name)

    def _edge(self, name: str) -> None:
        self._report(name, edge=True)
        hold_s = self._filters[name].hold_s
        if hold_s > 0:
            self._loop.call_later(hold_s, self._report, name)

    def _report(self, name: str, edge: bool = False) -> None:
        """Wake the station if the input has changed since it was last looked at."""
        if name not in self._devices:
            return
        before = self._settled.get(name)
        if self._look(name, edge).value != before:
            self._on_change()
