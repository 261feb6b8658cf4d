"""Does a reading make sense as a whole? For identifying a meter and for commissioning. Pure.

Finds swapped words, the wrong model or unit, and a sign that is the wrong way round. The bounds
are [ours], wide enough for low and medium voltage at 50 and 60 Hz.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from headworks.model.live import Reading

_VOLTS = (80.0, 40_000.0)  # phase to neutral
_HERTZ = (45.0, 65.0)
_IDLE_KVA = 0.5  # below this nothing can be said of power
_STEP_SHARE = 0.5  # of a known load step that must show


class Finding(NamedTuple):
    """One thing that was looked at. `weight` says how much it tells."""

    ok: bool
    weight: float
    text: str


class Step(StrEnum):
    """What a known load step shows of a meter's sign."""

    RIGHT = "right"
    WRONG = "wrong"
    UNCLEAR = "unclear"


def plausibility(reading: Reading) -> tuple[Finding, ...]:
    """What speaks for and against the reading's values; empty where it has none."""
    values = reading.values
    volts = _phases(values, "voltage", "v")
    found = [_volts(volts), _hertz(values), _power(values, volts), _sum(values)]
    return tuple(finding for finding in found if finding is not None)


def score(findings: tuple[Finding, ...]) -> float:
    """0 to 1: the share of what was looked at, by weight, that is as it should be."""
    total = sum(finding.weight for finding in findings)
    return sum(f.weight for f in findings if f.ok) / total if total else 0.0


def sign_of_step(before: Reading, after: Reading, step_kw: float) -> Step:
    """Which way the import moved when a load of `step_kw` was switched on (negative: off).

    UNCLEAR where a reading has no power, or less than half of the step showed.
    """
    if before.power_kw is None or after.power_kw is None or step_kw == 0:
        return Step.UNCLEAR
    shown = (after.power_kw - before.power_kw) / step_kw
    if shown >= _STEP_SHARE:
        return Step.RIGHT
    return Step.WRONG if shown <= -_STEP_SHARE else Step.UNCLEAR


def _phases(values: Mapping[str, float], what: str, unit: str) -> list[float]:
    names = (f"{what}_l{phase}_{unit}" for phase in (1, 2, 3))
    return [values[name] for name in names if name in values]


def _volts(volts: list[float]) -> Finding | None:
    if not volts:
        return None
    live = [volt for volt in volts if volt > 1.0]  # a phase that is not connected reads zero
    ok = bool(live) and all(_VOLTS[0] <= volt <= _VOLTS[1] for volt in live)
    return Finding(ok, 3.0, "voltage " + " / ".join(f"{volt:.4g}" for volt in volts) + " V")


def _hertz(values: Mapping[str, float]) -> Finding | None:
    hertz = values.get("frequency_hz")
    if hertz is None:
        return None
    return Finding(_HERTZ[0] <= hertz <= _HERTZ[1], 3.0, f"frequency {hertz:.2f} Hz")


def _power(values: Mapping[str, float], volts: list[float]) -> Finding | None:
    """Power against the sum of V times I: above it is impossible, far below is unlikely."""
    amps, power_kw = _phases(values, "current", "a"), values.get("power_kw")
    if power_kw is None or not volts or len(amps) != len(volts):
        return None
    apparent = sum(volt * abs(amp) for volt, amp in zip(volts, amps, strict=True)) / 1000
    text = f"power {power_kw:.4g} kW, sum of V times I {apparent:.4g} kVA"
    if apparent < _IDLE_KVA:
        return Finding(abs(power_kw) < 2 * _IDLE_KVA, 0.5, text)
    factor = abs(power_kw) / apparent
    return Finding(0.1 <= factor <= 1.1, 4.0, f"{text} (factor {factor:.2g})")


def _sum(values: Mapping[str, float]) -> Finding | None:
    phases, power_kw = _phases(values, "power", "kw"), values.get("power_kw")
    if power_kw is None or len(phases) != 3:
        return None
    total = sum(phases)
    if abs(power_kw) < 0.05 and abs(total) < 0.05:
        return None  # nothing flows, nothing is told
    ok = abs(total - power_kw) <= 0.05 * max(abs(power_kw), abs(total), 0.2)
    return Finding(ok, 3.0, f"power {power_kw:.4g} kW, sum of the phases {total:.4g} kW")
