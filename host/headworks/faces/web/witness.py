"""What the page itself has seen of racks, interlocks and the station's silences.

Commissioning is judged by it. Fed with every state; it keeps the last run of each rack, the last
act of each interlock and the last time the station stood still. What was seen with another site
file is forgotten. Times are the page's own monotonic seconds; pure.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

State = Mapping[str, Any]
CLOSED, OPEN = "closed", "open"  # of an auxiliary contact
_CAUSE = "cause"  # what an interlock sees
_OVERLAP_S = 1.0  # scans that may have come between the last state and the standstill


class Run(NamedTuple):
    """The last time a rack was on. Powers are those of its own meter, None without or unknown."""

    began_s: float
    ran: bool = False  # until its claim had ended: a meter had shown it, or its time was over
    followed: bool = False  # its auxiliary contact closed
    most_kw: float | None = None
    off_s: float | None = None  # since when it is seen to be off again
    opened: bool = False  # its auxiliary contact opened again
    left_kw: float | None = None  # what it draws now
    fault: str = ""  # what the station found wrong with it


class Act(NamedTuple):
    """The last time an interlock saw its cause. `before`: the racks that were on just before."""

    began_s: float
    before: frozenset[str]
    open: frozenset[str] = frozenset()  # those that have been seen off since


class Still(NamedTuple):
    """The last time the station stood still, or was away, and came back."""

    back_s: float
    for_s: float
    before: int  # racks that were on
    after: int  # racks that were on in the first picture after it
    restarted: bool


class Witness:
    """Give it every state in its order."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.acts: dict[str, Act] = {}
        self.still: Still | None = None
        self._last: tuple[float, State] | None = None

    def take(self, now_s: float, state: State) -> None:
        """A state that has just come."""
        if self._last is not None and _file(self._last[1]) != _file(state):
            self.runs, self.acts, self.still, self._last = {}, {}, None, None
        elif self._last is not None and self._last[1].get("run") != state.get("run"):
            self.runs = {}  # a start of the station switches everything off, whatever it was
        powers = {meter["name"]: meter["power_kw"] for meter in state["meters"]}
        before = _on(self._last[1]) if self._last else None
        for rack in state["racks"]:
            self._rack(now_s, rack, powers.get(rack.get("meter")), before)
        self._interlocks(now_s, state, before or frozenset())
        if self._last is not None:
            self._silence(now_s, state, *self._last)
        self._last = now_s, state

    def _rack(
        self, now_s: float, rack: State, power_kw: float | None, before: frozenset[str] | None
    ) -> None:
        name, run = rack["name"], self.runs.get(rack["name"])
        if rack["on"] and before is not None and name not in before:
            run = Run(now_s)
        if run is not None:
            self.runs[name] = _on_now(run, rack, power_kw) if rack["on"] else _off_now(
                run, rack, power_kw, now_s
            )  # fmt: skip

    def _interlocks(self, now_s: float, state: State, before: frozenset[str]) -> None:
        last = self._last[1].get("interlocks", ()) if self._last else ()
        acted = {one["name"] for one in last if one["sees"] == _CAUSE}
        off = frozenset(rack["name"] for rack in state["racks"] if _is_off(rack))
        for one in state.get("interlocks", ()):
            if one["sees"] == _CAUSE and one["name"] not in acted and self._last is not None:
                self.acts[one["name"]] = Act(now_s, before)
            act = self.acts.get(one["name"])
            if act is not None:
                self.acts[one["name"]] = act._replace(open=act.open | (off & act.before))

    def _silence(self, now_s: float, state: State, then_s: float, last: State) -> None:
        """A standstill is told by the station's own counts: a page that slept saw none."""
        restarted = state.get("run") != last.get("run")
        if restarted:
            still = state["uptime_s"] < now_s - then_s
        else:
            scans = (state["seq"] - last["seq"]) * state["site"]["scan_s"]
            late = state["scan"]["late"] > last["scan"]["late"]
            still = late and scans < _OVERLAP_S + (now_s - then_s) / 2
        if still:
            counts = len(_on(last)), len(_on(state))
            self.still = Still(now_s, now_s - then_s, *counts, restarted)


def _file(state: State) -> str:
    return str(state["site"]["sha256"])


def _on(state: State) -> frozenset[str]:
    return frozenset(rack["name"] for rack in state["racks"] if rack["on"])


def _is_off(rack: State) -> bool:
    """Told off, and nothing says that it is not."""
    return not rack["on"] and rack.get("feedback") != CLOSED and rack["state"] != "stopping"


def _on_now(run: Run, rack: State, power_kw: float | None) -> Run:
    most = [kw for kw in (run.most_kw, power_kw) if kw is not None]
    return run._replace(
        ran=run.ran or rack["state"] == "running",
        followed=run.followed or rack.get("feedback") == CLOSED,
        most_kw=max(most, default=None),
        off_s=None,
    )


def _off_now(run: Run, rack: State, power_kw: float | None, now_s: float) -> Run:
    off_s = now_s if run.off_s is None and _is_off(rack) else run.off_s
    return run._replace(
        off_s=off_s,
        opened=run.opened or rack.get("feedback") == OPEN,
        left_kw=power_kw,
        fault=run.fault or (str(rack["code"]) if rack["state"] == "faulted" else ""),
    )
