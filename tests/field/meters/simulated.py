"""A meter that answers from its profile, and a site that reads it."""

import struct
import time
from collections.abc import Sequence
from typing import Any

from headworks.field.meters import Meters
from headworks.field.modbus.server import ModbusFault, SilentError
from headworks.hardware.meter import encode, load_meter, read_words
from headworks.model.live import Quality, Reading
from headworks.model.site import Control, MeterSpec, Sign, Site

POLL_S, TIMEOUT_S = 0.05, 0.1


class SimulatedMeters:
    """Units of one model. Power creeps with every read, as that of a live meter does."""

    def __init__(self, model: str = "pm5560", units: Sequence[int] = (1,)) -> None:
        self.profile = load_meter(model)
        self.values = {unit: dict(self.profile.samples[0].gives) for unit in units}
        self.silent: set[int] = set()
        self.refused: dict[int, int] = {}  # address -> exception code
        self.faults: dict[tuple[int, int], int] = {}  # (function, address) -> word
        self.creeps = True
        self.reads: list[tuple[int, int]] = []

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        if unit not in self.values or unit in self.silent:
            raise SilentError
        self.reads.append((address, count))
        for place in range(address, address + count):
            if place in self.refused:
                raise ModbusFault(self.refused[place])
        if self.creeps:
            self.values[unit]["power_kw"] += 0.01
        words = {f: dict(held) for f, held in encode(self.profile, self.values[unit]).items()}
        for (of, place), word in self.faults.items():
            words[of][place] = word
        payload = read_words(words, function, address, count)
        if payload is None:
            raise ModbusFault(2)
        return struct.unpack(f">{count}H", payload)

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        raise ModbusFault(1)


def spec(connect: str, name: str = "m", model: str = "pm5560", **more: Any) -> MeterSpec:
    """A meter of a site file, polled fast."""
    settings: dict[str, Any] = {"poll_s": POLL_S, "timeout_s": TIMEOUT_S, "baud": 115200, **more}
    unit = settings.pop("unit", 1)
    sign = settings.pop("sign", Sign.IMPORT_POSITIVE)
    return MeterSpec(name, model, connect, unit, sign, **settings)


class Watched:
    """Meters with all that they said."""

    def __init__(self, *specs: MeterSpec) -> None:
        self.readings: list[Reading] = []
        self.ages_s: list[float] = []  # of each reading when it was handed over
        self.notes: list[tuple[str, str]] = []
        site = Site("s", "UTC", 1.0, Control(), specs, (), (), (), ())
        self.meters = Meters(site, self._keep, on_note=self._note)

    def _keep(self, reading: Reading) -> None:
        self.ages_s.append(time.monotonic() - reading.t_s)
        self.readings.append(reading)

    def _note(self, meter: str, text: str) -> None:
        self.notes.append((meter, text))

    async def __aenter__(self) -> "Watched":
        self.meters.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.meters.stop()

    def of(self, name: str) -> list[Reading]:
        """One meter's readings."""
        return [reading for reading in self.readings if reading.meter == name]

    def last(self, quality: Quality) -> Reading | None:
        """The last reading, if it has this quality."""
        return self.readings[-1] if self.readings and self.readings[-1].quality is quality else None
