"""Finds out what meter this is: reads it with every profile and ranks what comes out.

A guess for a person to confirm, never used by the station.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from headworks.field.meters.device import MeterDevice
from headworks.field.meters.sanity import Finding, plausibility, score
from headworks.field.modbus.link import Link, LinkDown, LinkError, LinkTimeout, ModbusException
from headworks.field.modbus.request import read_request
from headworks.hardware.meter import MeterProfile
from headworks.model.live import Quality, Reading
from headworks.model.site import MeterSpec, Sign

_MOST_TIMEOUTS = 3  # this many silent profiles in a row, and nobody is there


class Candidate(NamedTuple):
    """One profile tried. `score` 0 to 1; `why` in plain words, best first."""

    model: str
    name: str
    score: float
    why: tuple[str, ...]
    values: Mapping[str, float]


class NobodyError(LinkError):
    """Nothing answers at this address and unit."""


async def identify(
    link: Link, unit: int, profiles: Sequence[MeterProfile], timeout_s: float
) -> list[Candidate]:
    """All profiles, the likeliest first. Raises NobodyError or LinkDown where nobody answers."""
    found: list[Candidate] = []
    silent = 0
    for profile in profiles:
        reading, notes = await read_once(link, unit, profile, timeout_s)
        if not link.unit(unit).requests:
            raise LinkDown(reading.cause)
        silent = silent + 1 if reading.quality is Quality.SILENT else 0
        if silent >= _MOST_TIMEOUTS and len(found) + 1 == silent:
            raise NobodyError(
                f"unit {unit} does not answer ({reading.cause}); "
                "check unit, wiring, baud and parity"
            )
        found.append(await _judged(link, unit, profile, reading, notes))
    return sorted(found, key=lambda candidate: -candidate.score)


async def read_once(
    link: Link, unit: int, profile: MeterProfile, timeout_s: float, polls: int = 2
) -> tuple[Reading, list[str]]:
    """One reading by a profile, with the notes that came up. A second poll follows a first that
    dropped optional registers."""
    readings: list[Reading] = []
    notes: list[str] = []
    sign = Sign.IMPORT_POSITIVE
    spec = MeterSpec(profile.model, profile.model, "", unit, sign, timeout_s=timeout_s)
    device = MeterDevice(spec, profile, readings.append, lambda _meter, text: notes.append(text))
    for _ in range(polls):
        await device.poll(link)
        if readings[-1].quality is not Quality.ERROR:
            break
    return readings[-1], notes


async def _judged(
    link: Link, unit: int, profile: MeterProfile, reading: Reading, notes: Sequence[str]
) -> Candidate:
    if reading.quality is not Quality.GOOD:
        return Candidate(profile.model, profile.name, 0.0, (reading.cause,), {})
    findings = plausibility(reading)
    known = await _identity(link, unit, profile)
    if known is not None:
        findings = (known, *findings)
    share = len(reading.values) / len(profile.channels)
    why = tuple(_words(f) for f in sorted(findings, key=lambda f: (f.ok, -f.weight)))
    extra = (f"{len(reading.values)} of {len(profile.channels)} channels", *notes)
    points = score(findings) * (0.5 + 0.5 * share)
    return Candidate(profile.model, profile.name, round(points, 3), why + extra, reading.values)


async def _identity(link: Link, unit: int, profile: MeterProfile) -> Finding | None:
    """Whether the registers that name the model hold what they should."""
    for mark in profile.identity:
        request = read_request(unit, mark.function, mark.address, mark.count)
        try:
            words = request.values(await link.ask(request))
        except (ModbusException, LinkTimeout):
            return Finding(False, 10.0, f"no identity at register {mark.address}")
        text = " ".join(f"{word:04x}" for word in words)
        return Finding(text in mark.expect, 10.0, f"identity register {mark.address} holds {text}")
    return None


def _words(finding: Finding) -> str:
    return finding.text if finding.ok else f"not plausible: {finding.text}"
