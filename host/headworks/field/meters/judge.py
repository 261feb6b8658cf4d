"""Turns what was read of one meter into Readings: good, or bad with a cause.

Pure, with time as an argument. Stamps a sample with the time of its reply, counts good ones,
and finds values that never change.
"""

from collections.abc import Mapping

from headworks.field.modbus.errors import LinkDown, LinkError, LinkTimeout
from headworks.hardware.meter import Decoded, Flaw
from headworks.model.live import Quality, Reading

FROZEN_POLLS = 10  # [ours] fewer equal samples may be chance
FROZEN_LOAD_KW = 0.1  # [ours] below this a meter may well stand still


class Judge:
    """The readings of one meter."""

    def __init__(self, meter: str, frozen_s: float) -> None:
        self._meter = meter
        self._frozen_s = frozen_s
        self._seq = 0
        self._same: tuple[bytes, ...] = ()
        self._same_since_s = 0.0
        self._same_count = 0

    def sample(
        self,
        payloads: tuple[bytes, ...],
        decoded: Decoded,
        t_s: float,
        cause: str = "",
    ) -> Reading:
        """The reading of one poll. `payloads` are all bytes that it was made of."""
        values = decoded.values
        flaw = worst(decoded.flaws) if decoded.flaws else None
        if flaw is not None:
            return self._flawed(flaw, values, t_s)
        power_kw = values.get("power_kw")
        if power_kw is None:
            return self.bad(Quality.NOT_AVAILABLE, "power_kw is not available", t_s)
        if self._is_frozen(payloads, power_kw, t_s):
            text = f"no bit has changed for {t_s - self._same_since_s:.0f} s at {power_kw:.1f} kW"
            return self.bad(Quality.FROZEN, text, t_s)
        self._seq += 1
        return Reading(
            self._meter,
            t_s,
            self._seq,
            Quality.GOOD,
            power_kw,
            values.get("frequency_hz"),
            values,
            cause,
        )

    def bad(self, quality: Quality, cause: str, t_s: float) -> Reading:
        """A reading that may not be used."""
        return Reading(self._meter, t_s, self._seq, quality, cause=cause)

    def failed(self, error: LinkError, where: str, t_s: float) -> Reading:
        """The reading where no usable reply came."""
        if isinstance(error, LinkTimeout | LinkDown):
            return self.bad(Quality.SILENT, str(error), t_s)
        return self.bad(Quality.ERROR, f"{where}: {error}" if where else str(error), t_s)

    def _flawed(self, flaw: Flaw, values: Mapping[str, float], t_s: float) -> Reading:
        quality = Quality.IMPLAUSIBLE if flaw.available else Quality.NOT_AVAILABLE
        reading = self.bad(quality, flaw.text, t_s)
        return reading._replace(values=values if quality is Quality.NOT_AVAILABLE else {})

    def _is_frozen(self, payloads: tuple[bytes, ...], power_kw: float, t_s: float) -> bool:
        if payloads != self._same:
            self._same, self._same_since_s, self._same_count = payloads, t_s, 1
            return False
        self._same_count += 1
        return (
            self._same_count >= FROZEN_POLLS
            and t_s - self._same_since_s >= self._frozen_s
            and abs(power_kw) >= FROZEN_LOAD_KW
        )


def worst(flaws: tuple[Flaw, ...]) -> Flaw | None:
    """The flaw that spoils the whole reading, or None.

    A measured value outside its range makes all others doubtful (swapped words, wrong model); a
    counter's does not. A value that the device does not have matters only where it is required.
    """
    for flaw in flaws:
        if flaw.available and not flaw.channel.endswith("_kwh"):
            return flaw
    return next((flaw for flaw in flaws if flaw.required), None)
