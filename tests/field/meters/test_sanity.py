"""Does a reading make sense: bounds, power against volts and amperes, and the sign of a step."""

import pytest

from headworks.field.meters.sanity import Step, plausibility, score, sign_of_step
from headworks.model.live import Quality, Reading

GOOD = {
    "voltage_l1_v": 230.0,
    "voltage_l2_v": 231.0,
    "voltage_l3_v": 229.0,
    "current_l1_a": 100.0,
    "current_l2_a": 100.0,
    "current_l3_a": 100.0,
    "power_l1_kw": -22.0,
    "power_l2_kw": -22.0,
    "power_l3_kw": -22.0,
    "power_kw": -66.0,
    "frequency_hz": 50.0,
}


def reading(values: dict[str, float]) -> Reading:
    return Reading("m", 1.0, 1, Quality.GOOD, values.get("power_kw"), None, values)


def test_a_sound_reading_has_nothing_against_it() -> None:
    """All that was looked at speaks for it."""
    findings = plausibility(reading(GOOD))
    assert len(findings) == 4
    assert all(finding.ok for finding in findings)
    assert score(findings) == 1.0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"voltage_l1_v": 23.0}, "voltage"),
        ({"voltage_l1_v": 0.0, "voltage_l2_v": 0.0, "voltage_l3_v": 0.0}, "voltage"),
        ({"frequency_hz": 500.2}, "frequency"),
        ({"power_kw": -660.0}, "sum of V times I"),
        ({"power_kw": -0.066}, "sum of V times I"),
        ({"power_kw": -44.0}, "sum of the phases"),
    ],
)
def test_what_cannot_be_is_found(change: dict[str, float], text: str) -> None:
    """Volts and hertz out of band, power unlike V times I or its phases: each is named."""
    findings = plausibility(reading({**GOOD, **change}))
    assert any(text in finding.text for finding in findings if not finding.ok)
    assert score(findings) < 0.8


def test_a_phase_that_is_not_connected_is_no_fault() -> None:
    """A meter on one phase reads zero on the others."""
    only = {"voltage_l2_v": 0.0, "voltage_l3_v": 0.0}
    findings = plausibility(reading({**GOOD, **only}))
    assert next(finding for finding in findings if "voltage" in finding.text).ok


def test_nothing_known_is_no_support() -> None:
    """A reading without values scores nothing."""
    assert score(plausibility(reading({}))) == 0.0


@pytest.mark.parametrize(
    ("before_kw", "after_kw", "step_kw", "step"),
    [
        (-100.0, -64.0, 36.0, Step.RIGHT),
        (10.0, 46.5, 36.0, Step.RIGHT),
        (46.0, 10.0, -36.0, Step.RIGHT),
        (-100.0, -136.0, 36.0, Step.WRONG),
        (10.0, 46.0, -36.0, Step.WRONG),
        (-100.0, -95.0, 36.0, Step.UNCLEAR),
        (-100.0, -64.0, 0.0, Step.UNCLEAR),
        (None, -64.0, 36.0, Step.UNCLEAR),
        (-64.0, None, 36.0, Step.UNCLEAR),
    ],
)
def test_a_known_load_step_shows_the_sign(
    before_kw: float | None, after_kw: float | None, step_kw: float, step: Step
) -> None:
    """Row 6: import must rise by about the load that was switched on."""
    before, after = (
        Reading("m", 1.0, 1, Quality.GOOD if kw is not None else Quality.SILENT, kw)
        for kw in (before_kw, after_kw)
    )
    assert sign_of_step(before, after, step_kw) is step
