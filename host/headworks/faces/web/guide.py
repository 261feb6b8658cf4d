"""Commissioning step by step: what is left, what was seen, and how each step went.

Results are kept by the station, in its journal, with who it was; the page finds them there. What
has passed with another site file has to pass again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headworks.faces.web.refused import RefusedError, said
from headworks.field.meters.sanity import Step as Shown
from headworks.field.meters.sanity import plausibility, sign_of_step
from headworks.model.commissioning import Step, Verdict, steps
from headworks.model.live import Quality, Reading
from headworks.model.site import Site
from headworks.model.text import clean

Json = dict[str, Any]
NONE = "none"  # in a result's `readings`: there was nothing that could tell
MEAN_S = 3.0  # the powers before and after a step are means over this
LEAST_SAMPLES = 3
LONGEST_STEP_S = 150.0
_STEADY_SHARE = 0.3  # of the step: what moves more by itself is no measurement [ours]


def progress(site: Site, entries: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Every step of the site with its last result; `entries` come newest first."""
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for entry in entries:
        key = str(entry.get("code", "")), str(entry.get("source", ""))
        last.setdefault(key, entry)
    return [_one(site, step, target, last.get((step, target))) for step, target in steps(site)]


def _one(site: Site, step: Step, target: str, entry: Mapping[str, Any] | None) -> Json:
    row: Json = {"step": step.value, "target": target, "result": "", "earlier": False}
    values = entry.get("values", {}) if entry else {}
    if entry is None or values.get("result") not in Verdict.__members__.values():
        return row  # never done, or of a version that writes it in another way
    told = {
        "result": values["result"],
        "earlier": values.get("site_sha256") != site.sha256,
        "wall_s": entry.get("wall_s"),
        "who": clean(str(entry.get("who", ""))),
        "note": clean(str(entry.get("note", ""))),
        "seq": entry["seq"],
        "word": on_a_word(values),
    }
    return {**row, **told}


def on_a_word(values: Mapping[str, Any]) -> bool:
    """Whether a step that passed did so by a person's word alone, since no reading could tell."""
    return values.get("result") == Verdict.PASS and values.get("readings") == NONE


def summary(rows: Sequence[Json]) -> Json:
    """How many steps have passed with this site file, how many failed, and how many there are."""
    now = [row for row in rows if not row["earlier"]]
    passed = sum(row["result"] == "pass" for row in now)
    failed = sum(row["result"] == "fail" for row in now)
    return {"of": len(rows), "passed": passed, "failed": failed}


def findings(meter: str, values: Mapping[str, float]) -> list[Json]:
    """What speaks for and against a meter's values."""
    reading = Reading(meter, 0.0, 1, Quality.GOOD, values.get("power_kw"), values=values)
    return [{"ok": found.ok, "text": found.text} for found in plausibility(reading)]


def sign(
    before: Sequence[float | None],
    after: Sequence[float | None],
    step_kw: float,
    moved: Sequence[str] = (),
) -> tuple[bool, Json]:
    """Whether a step of load showed with the right sign, and what was seen.

    `moved` are racks that were switched meanwhile: what they draw would be taken for the load's.
    Raises RefusedError where it cannot be said: then the step has no result.
    """
    if moved:
        raise RefusedError(409, "racks-switched", racks=", ".join(moved))
    first, second = _mean(before, "when-before", step_kw), _mean(after, "when-now", step_kw)
    readings = [Reading("", 0.0, 1, Quality.GOOD, power_kw=power) for power in (first, second)]
    shown = sign_of_step(readings[0], readings[1], step_kw)
    seen = {"step_kw": step_kw, "before_kw": round(first, 3), "after_kw": round(second, 3)}
    if shown is Shown.UNCLEAR:
        step, shift = f"{step_kw:+g}", f"{second - first:+.1f} kW"
        raise RefusedError(409, "step-too-small", step=step, moved=shift)
    return shown is Shown.RIGHT, seen


def _mean(powers: Sequence[float | None], when: str, step_kw: float) -> float:
    known = [power for power in powers if power is not None]
    if len(known) < LEAST_SAMPLES or len(known) < len(powers):
        raise RefusedError(409, "power-unknown", when=said(when))
    if max(known) - min(known) > abs(step_kw) * _STEADY_SHARE:
        moved = f"{max(known) - min(known):.1f}"
        raise RefusedError(409, "power-unsteady", when=said(when), moved=moved)
    return sum(known) / len(known)
