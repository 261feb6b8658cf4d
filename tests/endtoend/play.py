"""Watches a running crew scan by scan, with the truth beside each state, and injects faults.

Waits for conditions, never for time alone; holds invariants that no fault may break.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from endtoend.crew import Crew, Json, Line

RACKS = ("a1", "a2", "a3", "g1", "g2")
RATED_KW = 36.0
STEADY_S = 60.0  # until all racks run again; some 10 s where the machine is not late
PRESS_S = 0.6  # a hand on a button
BAND_S = 2.0  # a good reading must lie within what was true for so long
TOLERANCE_KW = 25.0  # inrush between two looks; racks differ by more


class Look(NamedTuple):
    """A state of the station and the truth taken right after it."""

    state: Json
    truth: Json

    def rack(self, name: str) -> Json:
        """A rack as the station sees it."""
        return next(r for r in self.state["racks"] if r["name"] == name)

    def true_rack(self, name: str) -> Json:
        """A rack as it is."""
        return next(r for r in self.truth["racks"] if r["name"] == name)

    def meter(self, name: str) -> Json:
        """A meter as the station sees it."""
        return next(m for m in self.state["meters"] if m["name"] == name)

    def codes(self, source: str) -> set[str]:
        """Codes of a source's alarms."""
        return {a["code"] for a in self.state["alarms"] if a["source"] == source}

    def alarms(self) -> list[Json]:
        """Alarms whose cause is there now: not those of a channel that is well and watched.

        Nor that this machine was late with a scan, which stays an alarm for a minute.
        """
        kept = {f"{b['name']}.{c}" for b in self.state["boards"] for c in b["channels"]
                if b["channels"][c]["quality"] == "good"}  # fmt: skip
        return [a for a in self.state["alarms"]
                if a["code"] != "scan-late"
                and not ("watch_s" in a["values"] and a["source"] in kept)]  # fmt: skip

    def drawing(self) -> set[str]:
        """Racks that truly draw power."""
        return {r["name"] for r in self.truth["racks"] if r["power_kw"] > 0.0}

    def told_on(self) -> set[str]:
        """Racks whose outlet was truly told to be on."""
        return {r["name"] for r in self.truth["racks"] if r["told"]}

    def told_s(self, name: str) -> float:
        """When a rack's outlet was last told something else, monotonic."""
        return float(self.true_rack(name)["told_s"])

    def brief(self) -> str:
        """What matters for an error."""
        racks = [
            f"{r['name']} {r['state']} {r['code']} {t['power_kw']:.1f} kW"
            f"{' told' if t['told'] else ''}{' closed' if t['closed'] else ''}"
            for r, t in zip(self.state["racks"], self.truth["racks"], strict=True)
        ]
        alarms = [f"{a['source']} {a['code']} {a['values']}" for a in self.state["alarms"]]
        meters = [
            f"{m['name']} {m['quality']} {m['power_kw']} {m['cause']}" for m in self.state["meters"]
        ]
        binding = self.state["envelope"]["binding"]
        true = {
            k: self.truth[k] for k in ("grid_kw", "surplus_kw", "master_closed", "breaker_open")
        }
        parts = (
            *racks,
            f"alarms {alarms}",
            f"meters {meters}",
            f"binding {binding}",
            f"true {true}",
        )
        return "\n  ".join(parts)


Condition = Callable[[Look], Any]


class Play:
    """One row of the table, played on a crew."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.honest = False  # good readings must be true; not before `steady`, nor under a lie
        self._line = Line(crew.socket)
        self._past: deque[tuple[float, dict[str, float]]] = deque()
        self.last = self._seen(self._line.subscribe())

    def close(self) -> None:
        """Watch no more."""
        self._line.close()

    def rejoin(self) -> None:
        """Watch a station that was started anew; what was true before it is not known here."""
        self.honest = False
        self._line.close()
        self._line = Line(self.crew.socket)
        self.last = self._seen(self._line.subscribe())

    def look(self) -> Look:
        """The next scan. Fails when an invariant is broken."""
        self.last = self._seen(self._line.state())
        return self.last

    def until(self, what: Condition, within_s: float, why: str) -> Look:
        """The first scan for which it holds; fails with the last one."""
        end_s = time.monotonic() + within_s
        while not what(self.last):
            assert time.monotonic() < end_s, (
                f"not within {within_s:g} s: {why}\n  {self.last.brief()}"
            )
            self.look()
        return self.last

    def always(self, what: Condition, for_s: float, why: str) -> None:
        """It holds in every scan for so long."""
        end_s = time.monotonic() + for_s
        while time.monotonic() < end_s:
            assert what(self.look()), f"{why}\n  {self.last.brief()}"

    def command(self, action: str, target: str) -> None:
        """A person asks for something, and it is done."""
        reply = self._line.command(action, target)
        assert reply["ok"], reply

    def refused(self, action: str, target: str) -> str:
        """A person asks for something and does not get it; the code that says why."""
        reply = self._line.command(action, target)
        assert not reply["ok"], f"{action} {target} was carried out"
        return str(reply["code"])

    def press(self) -> None:
        """Somebody at the racks presses the reset button and lets go."""
        self.crew.inject("reset-pressed", "safety")
        self.always(lambda _: True, PRESS_S, "held")
        self.crew.clear("reset-pressed", "safety")

    def steady(self) -> None:
        """End every fault, reset what has latched, and see all racks run, started in order."""
        self.crew.clear()
        self.honest = False
        self.look()
        began_s, reset_s = time.monotonic(), 0.0
        while not _is_steady(self.last):
            now = time.monotonic()
            assert now < began_s + STEADY_S, f"no steady state again\n  {self.last.brief()}"
            if now > reset_s + 0.5:
                reset_s = now
                self._reset()
            self.look()
        self.honest = True
        started_in_order(self.last, [n for n in RACKS if self.last.told_s(n) > began_s])

    def _reset(self) -> None:
        if self.last.truth["breaker_open"] and not self.last.state["upstream_trip"]:
            self.crew.close_breaker()
        for rack in self.last.state["racks"]:
            if rack["state"] == "faulted":
                self._line.command("reset", rack["name"])  # refused while its cause lasts
            if rack["off_by"]:
                self._line.command("auto", rack["name"])
        for name in ("emergency-stop", "air-intake-trip"):
            if "interlock" in self.last.codes(name):
                self._line.command("reset", name)
        for board in self.last.state["boards"]:
            if board["latches"] or board["state"] == "quarantined":
                self._line.command("reset", board["name"])
            if board["state"] == "safe-mode":  # a power-up lets it try again
                self.crew.inject("board-unplugged", board["name"], for_s=0.3)
        if "interlock" in self.last.codes("safety-smoke"):
            self.press()

    def _seen(self, state: Json) -> Look:
        look = Look(state, self.crew.truth())
        now = time.monotonic()
        self._past.append((now, _points(look.truth)))
        while self._past[0][0] < now - BAND_S:
            self._past.popleft()
        if self.honest:
            wrong = _wrong(look, [points for _, points in self._past])
            assert not wrong, f"wrong values were taken: {wrong}\n  {look.brief()}"
        return look


def _is_steady(look: Look) -> bool:
    states = {r["state"] for r in look.state["racks"]}
    drawn = [r["power_kw"] for r in look.truth["racks"]]
    quiet = states == {"running"} and not look.alarms() and look.state["healthy"]
    whole = quiet and min(drawn) > 0.9 * RATED_KW and look.truth["master_closed"]
    return whole and not _wrong(look, [_points(look.truth)])


def _points(truth: Json) -> dict[str, float]:
    return {meter["name"]: meter["power_kw"] for meter in truth["meters"]}


def started_in_order(look: Look, names: Iterable[str]) -> None:
    """No two racks closed together: the stagger was kept, whatever had happened."""
    times = sorted(look.told_s(name) for name in names)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap > 0.04 for gap in gaps), f"racks closed together: {gaps}"


def _wrong(look: Look, past: list[dict[str, float]]) -> list[str]:
    """Meters whose reading counts as good and is not what was true a moment ago."""
    found = []
    for meter in look.state["meters"]:
        true = [points[meter["name"]] for points in past]
        low, high = min(true) - TOLERANCE_KW, max(true) + TOLERANCE_KW
        if meter["quality"] == "good" and not low <= meter["power_kw"] <= high:
            found.append(f"{meter['name']} {meter['power_kw']} kW, true {low:.0f} to {high:.0f}")
    return found
