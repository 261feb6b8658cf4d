"""What readings say of a relay, a trip and the dead man. Pure.

A step has passed where readings and person both say so. Where no reading can tell, there is the
person's word alone, and the journal has that it is so.
"""

from collections.abc import Mapping
from typing import NamedTuple

from headworks.faces.web.gate import RefusedError
from headworks.faces.web.witness import Witness
from headworks.model.commissioning import Step, Verdict
from headworks.model.site import InterlockAction, Site

NONE = "none"  # no reading can tell
JUDGED = (Step.RELAY, Step.TRIP, Step.DEADMAN)
WAIT_S = 10.0  # for contacts and meters to follow, before it is said that they did not [ours]
MEMORY_S = 900.0  # what was seen longer ago says nothing about this test [ours]
# Without a toggle for so long the dead man's contactor is open, as the station counts it itself.
_TOGGLES, _SCANS = 4, 2
_CLEARS = (InterlockAction.TRIP, InterlockAction.SHED)  # the actions that leave no rack on


class Judged(NamedTuple):
    """`verdict` None: no reading can tell. `why` is for the person where it failed."""

    verdict: Verdict | None
    seen: Mapping[str, float | str]
    why: str = ""


def readings(step: Step, target: str, witness: Witness, site: Site, now_s: float) -> Judged:
    """What was seen of this step. Raises RefusedError where it has not been done yet."""
    if step is Step.RELAY:
        return _relay(target, witness, site, now_s)
    if step is Step.TRIP:
        return _trip(target, witness, site, now_s)
    if step is Step.DEADMAN:
        return _deadman(witness, site, now_s)
    return Judged(None, {})


def _relay(name: str, witness: Witness, site: Site, now_s: float) -> Judged:
    run = witness.runs.get(name)
    spec = next((rack for rack in site.racks if rack.name == name), None)
    if spec is None or run is None or now_s - run.began_s > MEMORY_S or run.off_s is None:
        text = f"{name} has not been seen to run and to go off again in the last"
        raise RefusedError(409, f"{text} {MEMORY_S / 60:.0f} min; let it run, then switch it off")
    if not run.ran and not run.fault:
        text = f"{name} was switched off before it had been seen to run"
        raise RefusedError(409, f"{text}; let it run until its state says so")
    wrong = [f"the station found {run.fault}"] if run.fault else []
    seen: dict[str, float | str] = {}
    if spec.feedback is not None:
        seen["feedback"] = "followed" if run.followed and run.opened else "did not follow"
        wrong += [] if run.followed and run.opened else ["its feedback contact did not follow"]
    if spec.meter is not None and run.most_kw is not None and run.left_kw is not None:
        seen |= {"on_kw": round(run.most_kw, 3), "off_kw": round(run.left_kw, 3)}
        shown = run.most_kw > site.control.weld_kw >= run.left_kw
        wrong += [] if shown else [f"its meter showed {run.most_kw:.1f} kW, then {run.left_kw:.1f}"]
    if wrong and not run.fault and now_s - run.off_s < WAIT_S:
        raise RefusedError(409, f"not clear yet: {wrong[0]}; wait a few seconds, then say it again")
    if not seen and not wrong:
        return Judged(None, seen)
    return Judged(Verdict.FAIL if wrong else Verdict.PASS, seen, "; ".join(wrong))


def _trip(name: str, witness: Witness, site: Site, now_s: float) -> Judged:
    act = witness.acts.get(name)
    spec = next((one for one in site.interlocks if one.name == name), None)
    if spec is None or act is None or now_s - act.began_s > MEMORY_S:
        text = f"{name} has not been seen to act on its cause in the last {MEMORY_S / 60:.0f} min"
        raise RefusedError(409, f"{text}; bring about its cause")
    on = act.before & frozenset(spec.racks)
    left = sorted(on - act.open)
    seen: dict[str, float | str] = {"acted_s_ago": round(now_s - act.began_s), "were_on": len(on)}
    if spec.action not in _CLEARS:
        return Judged(Verdict.PASS, seen)
    if not on:
        return Judged(None, seen)  # it acted, but no rack was on that could show it
    if left and now_s - act.began_s < WAIT_S:
        raise RefusedError(409, f"{', '.join(left)} is on still; wait a few seconds")
    seen["went_off"] = len(on) - len(left)
    return Judged(
        Verdict.FAIL if left else Verdict.PASS,
        seen,
        f"{', '.join(left)} stayed on" if left else "",
    )


def _deadman(witness: Witness, site: Site, now_s: float) -> Judged:
    still, least_s = witness.still, max(_TOGGLES * site.deadman_s, _SCANS * site.scan_s)
    if still is None or now_s - still.back_s > MEMORY_S or still.for_s < least_s:
        text = f"the station has not been seen to stand still for {least_s:.0f} s or more"
        raise RefusedError(409, f"{text} and to come back; stop it and start it again")
    seen = {
        "still_s": round(still.for_s, 1),
        "were_on": still.before,
        "on_after": still.after,
        "came_back": "after a new start" if still.restarted else "as it was",
    }
    why = f"{still.after} racks were on right after it" if still.after else ""
    return Judged(Verdict.FAIL if why else Verdict.PASS, seen, why)
