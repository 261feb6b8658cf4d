"""The family gpio-pulse: an outlet is set by a pulse on one line and reset by one on another.

The device keeps its state by itself, so nothing here knows whether a pulse did its work: the
read-back is always unknown. Feedback comes from auxiliary contacts.
"""

import asyncio
import time
from typing import Any

from headworks.field.switches.errors import SwitchError
from headworks.field.switches.gpio import GpioBoard


class PulseBoard(GpioBoard):
    """One pulse-driven device. A new command ends the pulse of the one before it."""

    _repeated_s = float("-inf")

    async def start(self) -> None:
        """Claim all lines idle, then an off pulse to every outlet."""
        self._resets: dict[str, Any] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        await super().start()
        try:
            for outlet, pin in self.profile.off_outlets.items():
                self._resets[outlet] = self._claim(f"outlet {outlet} off", pin)
        except SwitchError:
            self._release()
            raise
        self._repeat()

    def command(self, outlet: str, on: bool) -> None:
        """Begin the pulse now."""
        self._told[outlet] = on
        self._pulse(outlet, on)

    def reassert(self) -> None:
        """Repeat the pulses, offs first, at most every `repeat_s`."""
        if time.monotonic() - self._repeated_s >= self.profile.repeat_s:
            self._repeat()

    def readback(self, outlet: str) -> tuple[float, bool | None]:  # noqa: ARG002
        """Unknown: a pulse is not confirmed by anything."""
        return time.monotonic(), None

    async def stop(self) -> None:
        """An off pulse to every outlet, then released."""
        for outlet in self._told:
            self.command(outlet, False)
        await asyncio.sleep(self.profile.off_pulse_s)
        for outlet in self._told:
            self._end(outlet)
        self._release()

    def _repeat(self) -> None:
        self._repeated_s = time.monotonic()
        for on in (False, True):
            for outlet in [name for name, told in self._told.items() if told is on]:
                self._pulse(outlet, on)

    def _pulse(self, outlet: str, on: bool) -> None:
        self._end(outlet)
        self._drive((self._outlets if on else self._resets)[outlet], outlet, True)
        length_s = self.profile.on_pulse_s if on else self.profile.off_pulse_s
        loop = asyncio.get_running_loop()
        self._timers[outlet] = loop.call_later(length_s, self._end, outlet)

    def _end(self, outlet: str) -> None:
        timer = self._timers.pop(outlet, None)
        if timer is not None:
            timer.cancel()
        self._drive(self._outlets[outlet], outlet, False)
        self._drive(self._resets[outlet], outlet, False)

    def _devices(self) -> list[Any]:
        return [*super()._devices(), *self._resets.values()]
