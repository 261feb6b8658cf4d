"""What the station publishes about itself through the setpoint registers.

The station fills it after every scan; it holds no clock and nothing of the field.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, Self

from headworks.model.plan import Plan, RackState, ReasonCode, Severity


class StationReport(NamedTuple):
    """One completed scan in figures. Powers in kW; `surplus_kw` is below zero in a deficit.

    `scans` counts completed healthy scans and nothing else, so that a control room that
    watches it sees a station that has stopped deciding.
    """

    healthy: bool
    scans: int
    drawn_kw: float
    planned_kw: float
    envelope_kw: float
    surplus_kw: float
    reason: ReasonCode
    racks: Mapping[RackState, int]
    alarms: int

    @classmethod
    def of(cls, plan: Plan, *, healthy: bool, scans: int) -> Self:
        """The report of a plan. Counts warnings and alarms, not infos."""
        return cls(
            healthy=healthy,
            scans=scans,
            drawn_kw=plan.drawn_kw,
            planned_kw=plan.planned_kw,
            envelope_kw=plan.envelope.kw,
            surplus_kw=plan.envelope.kw - plan.planned_kw,
            reason=plan.envelope.binding.reason.code,
            racks=Counter(rack.state for rack in plan.racks),
            alarms=sum(alarm.severity is not Severity.INFO for alarm in plan.alarms),
        )
