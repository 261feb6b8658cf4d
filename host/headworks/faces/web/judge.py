"""What readings say of a relay, a trip and the dead man. Pure.

A step has passed where readings and person both say so. Where no reading can tell, there is the
person's word alone, and journal and page have that it is so. Of the dead man readings can tell only
that it did not work: while the station stands still nobody reads anything, and when it is back the
racks are off by its own order, whatever the master contactor did.
"""

from collections.abc import Mapping
from typing import NamedTuple

from headworks.faces.web.refused import RefusedError, Said, said
from headworks.faces.web.witness import Witness
from headworks.model.commissioning import Step, Verdict
from headworks.model.site import InterlockAction, Site

JUDGED = (Step.RELAY, Step.TRIP, Step.DEADMAN)
WAIT_S = 10.0  # for contacts and meters to follow, before it is said that they did not [ours]
MEMORY_S = 900.0  # what was seen longer ago says nothing about this test [ours]
_MEMORY = f"{MEMORY_S / 60:.0f}"
# Without a toggle for so long the dead man's contactor is open, as the station counts it itself.
_TOGGLES, _SCANS = 4, 2
_CLEARS = (InterlockAction.TRIP, InterlockAction.SHED)  # the actions that leave no rack on


class Judged(NamedTuple):
    """`verdict` None: no reading can tell. `why` says what readings deny, where it failed."""

    verdict: Verdict | None
    seen: Mapping[str, float | str]
    why: tuple[Said, ...] = ()


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
        raise RefusedError(409, "relay-not-seen", rack=name, within=_MEMORY)
    if not run.ran and not run.fault:
        raise RefusedError(409, "relay-too-short", rack=name)
    wrong = [said("why-fault", fault=run.fault)] if run.fault else []
    seen: dict[str, float | str] = {}
    if spec.feedback is not None:
        seen["feedback"] = "followed" if run.followed and run.opened else "did not follow"
        wrong += [] if run.followed and run.opened else [said("why-feedback")]
    if spec.meter is not None and run.most_kw is not None and run.left_kw is not None:
        seen |= {"on_kw": round(run.most_kw, 3), "off_kw": round(run.left_kw, 3)}
        shown = run.most_kw > site.control.weld_kw >= run.left_kw
        on, off = f"{run.most_kw:.1f} kW", f"{run.left_kw:.1f} kW"
        wrong += [] if shown else [said("why-meter", on=on, off=off)]
    if wrong and not run.fault and now_s - run.off_s < WAIT_S:
        raise RefusedError(409, "not-clear-yet", why=wrong[0])
    if not seen and not wrong:
        return Judged(None, seen)
    return Judged(Verdict.FAIL if wrong else Verdict.PASS, seen, tuple(wrong))


def _trip(name: str, witness: Witness, site: Site, now_s: float) -> Judged:
    act = witness.acts.get(name)
    spec = next((one for one in site.interlocks if one.name == name), None)
    if spec is None or act is None or now_s - act.began_s > MEMORY_S:
        raise RefusedError(409, "trip-not-seen", interlock=name, within=_MEMORY)
    on = act.before & frozenset(spec.racks)
    left = sorted(on - act.open)
    seen: dict[str, float | str] = {"acted_s_ago": round(now_s - act.began_s), "were_on": len(on)}
    if spec.action not in _CLEARS:
        return Judged(Verdict.PASS, seen)
    if not on:
        return Judged(None, seen)  # it acted, but no rack was on that could show it
    if left and now_s - act.began_s < WAIT_S:
        raise RefusedError(409, "trip-not-yet", racks=", ".join(left))
    seen["went_off"] = len(on) - len(left)
    if not left:
        return Judged(Verdict.PASS, seen)
    return Judged(Verdict.FAIL, seen, (said("why-stayed-on", racks=", ".join(left)),))


def _deadman(witness: Witness, site: Site, now_s: float) -> Judged:
    still, least_s = witness.still, max(_TOGGLES * site.deadman_s, _SCANS * site.scan_s)
    if still is None or now_s - still.back_s > MEMORY_S or still.for_s < least_s:
        raise RefusedError(409, "deadman-not-seen", least=f"{least_s:.0f}")
    seen = {
        "still_s": round(still.for_s, 1),
        "were_on": still.before,
        "on_after": still.after,
        "came_back": "after a new start" if still.restarted else "as it was",
    }
    if not still.after:
        return Judged(None, seen)  # off by its own order: that says nothing of the contactor
    return Judged(Verdict.FAIL, seen, (said("why-on-after", count=str(still.after)),))
