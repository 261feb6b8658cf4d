"""All meters of a site: opens the connections, reads them for ever, hands every Reading on.

Makes no decision and keeps no history; a failed read is a Reading of bad quality.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from headworks.field.meters.bus import Bus
from headworks.field.meters.device import MeterDevice
from headworks.field.modbus.channel import parse_connect
from headworks.field.modbus.links import Links
from headworks.hardware.meter import load_meter
from headworks.model.live import Reading
from headworks.model.site import MeterSpec, Site

_LOG = logging.getLogger("headworks.meters")
TOGETHER = 8  # meters that are asked in the same instant


@dataclass(frozen=True, slots=True)
class MeterCounters:
    """What happened with one meter since start, for the faces. The last two are of its link."""

    requests: int
    replies: int
    timeouts: int
    crc: int
    late: int
    exceptions: int
    unsolicited: int
    reconnects: int


class Meters:
    """Reads the meters of a site. `on_reading` is called from the event loop, and must be quick.

    `on_note(meter, text)` is told what a person should know (a draft profile, a register that is
    not there); without it such notes go to the log. Pass `links` to share lines with switches.
    Raises HardwareError for a model that is not there.
    """

    def __init__(
        self,
        site: Site,
        on_reading: Callable[[Reading], None],
        *,
        on_note: Callable[[str, str], None] | None = None,
        links: Links | None = None,
    ) -> None:
        self._links = links or Links()
        self._on_note = on_note or _log
        self._specs = site.meters
        self._devices = {
            spec.name: MeterDevice(spec, load_meter(spec.model), on_reading, self._on_note)
            for spec in site.meters
        }
        self._buses: list[tuple[MeterSpec, Bus]] = []

    def start(self) -> None:
        """Begin to connect and read; call it in the event loop."""
        for device in self._devices.values():
            self._tell_draft(device)
        lines = _by_connection(self._specs)
        _spread([self._devices[specs[0].name] for specs in lines if len(specs) == 1])
        for specs in lines:
            first = specs[0]
            link = self._links.get(
                first.connect,
                timeout_s=first.timeout_s,
                baud=first.baud,
                parity=first.parity,
                stop_bits=first.stop_bits,
                retry_s=min(spec.poll_s for spec in specs) / 2,
            )
            bus = Bus(link, [self._devices[spec.name] for spec in specs])
            self._buses.append((first, bus))
            bus.start()

    async def stop(self) -> None:
        """Stop reading and close the connections."""
        for spec, bus in self._buses:
            await bus.stop()
            await self._links.release(spec.connect)
        self._buses.clear()

    def counters(self) -> dict[str, MeterCounters]:
        """What happened so far, by meter; empty while stopped."""
        return {
            device.spec.name: _counters(bus, device)
            for _, bus in self._buses
            for device in bus.devices
        }

    def _tell_draft(self, device: MeterDevice) -> None:
        profile = device.profile
        if profile.draft:
            text = f"the profile {profile.model} is a draft: {' '.join(profile.notes)}"
            self._on_note(device.spec.name, text.strip())


def _spread(devices: list[MeterDevice]) -> None:
    """Meters with a line of their own are read a few at a time: all at once is a burst of
    scans, each alone is a scan for each. On a shared line they wait for each other anyway."""
    turns = -(-len(devices) // TOGETHER)
    for place, device in enumerate(devices):
        device.phase_s = device.spec.poll_s * (place // TOGETHER) / turns


def _by_connection(specs: tuple[MeterSpec, ...]) -> list[list[MeterSpec]]:
    groups: dict[object, list[MeterSpec]] = {}
    for spec in specs:
        groups.setdefault(parse_connect(spec.connect), []).append(spec)
    return list(groups.values())


def _counters(bus: Bus, device: MeterDevice) -> MeterCounters:
    unit, link = bus.link.unit(device.spec.unit), bus.link.counters
    return MeterCounters(
        requests=unit.requests,
        replies=unit.replies,
        timeouts=unit.timeouts,
        crc=unit.crc,
        late=unit.late,
        exceptions=unit.exceptions,
        unsolicited=link.unsolicited,
        reconnects=link.reconnects,
    )


def _log(meter: str, text: str) -> None:
    _LOG.warning("%s: %s", meter, text)
