"""The station's state as JSON-ready data, for everybody at the socket.

A pure view of one scan's result: figures rounded to watts, what is unknown null, no sentence.
Ages are in seconds before `t_s`; `surplus_kw` is the envelope less the planned power and is
below zero in a deficit.
"""

import math
from collections.abc import Mapping
from typing import Any

from headworks.model.live import Quality, Reading, SignalValue, Snapshot
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Alarm, Envelope, Event, Limit, Plan, RackPlan, Reason
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FeederSpec,
    FrequencySignal,
    RackSpec,
    ScheduleSignal,
    SetpointSignal,
    SignalSpec,
    Site,
)

Json = dict[str, Any]
_DAY_S = 86_400.0
_KIND = {
    ExportSignal: "export",
    SetpointSignal: "setpoint",
    ContactSignal: "contact",
    ScheduleSignal: "schedule",
    FrequencySignal: "frequency",
}


def site_view(site: Site) -> Json:
    """What site this is."""
    return {
        "name": site.name,
        "timezone": site.timezone,
        "sha256": site.sha256,
        "scan_s": site.scan_s,
    }


def scan_view(site: Site, snapshot: Snapshot, plan: Plan, memory: Memory) -> Json:
    """Everything that one scan saw and decided, without alarms and events."""
    return {
        "t_s": number(plan.t_s),
        "envelope": _envelope(plan.envelope, plan.t_s),
        "drawn_kw": number(plan.drawn_kw),
        "planned_kw": number(plan.planned_kw),
        "surplus_kw": number(plan.envelope.kw - plan.planned_kw),
        "upstream_trip": plan.upstream_trip,
        "feeders": [_feeder(feeder, snapshot.readings) for feeder in site.feeders],
        "meters": [_meter(reading, plan.t_s) for reading in snapshot.readings.values()],
        "signals": [_signal(spec, snapshot, plan) for spec in site.signals],
        "racks": [
            _rack(spec, rack, past, plan.t_s)
            for spec, rack, past in zip(site.racks, plan.racks, memory.racks, strict=True)
        ],
    }


def alarm_view(alarm: Alarm) -> Json:
    """One alarm."""
    return {
        "source": alarm.source,
        "severity": alarm.severity.value,
        **_reason(alarm.reason),
    }


def event_view(event: Event) -> Json:
    """One event."""
    return {
        "t_s": number(event.t_s),
        "source": event.source,
        "kind": event.kind,
        **_reason(event.reason),
        "note": event.note,
    }


def number(value: float | None) -> float | None:
    """Three decimals; null for what is not a finite number, since JSON has no other."""
    return round(value, 3) if value is not None and math.isfinite(value) else None


def _reason(reason: Reason) -> Json:
    values = {k: number(v) if isinstance(v, float) else v for k, v in reason.values}
    return {"code": reason.code.value, "values": values}


def _envelope(envelope: Envelope, t_s: float) -> Json:
    return {
        "kw": number(envelope.kw),
        "binding": _limit(envelope.binding, t_s),
        "limits": [_limit(limit, t_s) for limit in envelope.limits],
        "feeder_kw": {name: number(kw) for name, kw in envelope.feeder_kw.items()},
    }


def _limit(limit: Limit, t_s: float) -> Json:
    return {
        "source": limit.source,
        "scope": limit.scope,
        "kw": number(limit.kw),
        **_reason(limit.reason),
        "firm": limit.firm,
        "valid_for_s": number(None if limit.until_s is None else limit.until_s - t_s),
    }


def _feeder(spec: FeederSpec, readings: Mapping[str, Reading]) -> Json:
    reading = readings.get(spec.meter) if spec.meter is not None else None
    return {
        "name": spec.name,
        "parent": spec.parent,
        "rating_kw": spec.rating_kw,
        "power_kw": number(reading.power_kw) if reading else None,
        "quality": reading.quality.value if reading else "unmetered",
    }


def _meter(reading: Reading, t_s: float) -> Json:
    return {
        "name": reading.meter,
        "quality": reading.quality.value,
        "power_kw": number(reading.power_kw),
        "frequency_hz": number(reading.frequency_hz),
        "age_s": number(t_s - reading.t_s),
        "cause": reading.cause,
        "seq": reading.seq,
    }


def _signal(spec: SignalSpec, snapshot: Snapshot, plan: Plan) -> Json:
    value = snapshot.signals.get(spec.name) or _from_meter(spec, snapshot, plan)
    return {
        "name": spec.name,
        "kind": _KIND[type(spec)],
        "quality": value.quality.value,
        "limit_kw": number(value.limit_kw),
        "valid_for_s": number(value.valid_until_s - plan.t_s),
        "note": value.note,
    }


def _from_meter(spec: SignalSpec, snapshot: Snapshot, plan: Plan) -> SignalValue:
    """Export and frequency have no value of their own: the meter's quality, the plan's limit."""
    name = spec.meter if isinstance(spec, ExportSignal | FrequencySignal) else ""
    reading = snapshot.readings.get(name)
    limits = (limit for limit in plan.envelope.limits if limit.source == spec.name)
    limit = next(limits, None)
    quality = reading.quality if reading else Quality.NEVER
    until_s = limit.until_s if limit and limit.until_s is not None else math.inf
    return SignalValue(plan.t_s, quality, limit.kw if limit else None, until_s)


def _rack(spec: RackSpec, rack: RackPlan, past: RackMemory, t_s: float) -> Json:
    return {
        "name": spec.name,
        "kind": spec.kind.value,
        "feeder": spec.feeder,
        "rated_kw": spec.rated_kw,
        "state": rack.state.value,
        "on": rack.on,
        "meter": spec.meter,
        "feedback": _feedback(spec, past),
        "power_kw": number(rack.power_kw),
        "claim_kw": number(rack.claim_kw),
        **_reason(rack.reason),
        "since_s": number(t_s - past.since_s),
        "starts_today": sum(1 for start_s in past.starts_s if t_s - start_s < _DAY_S),
        "switchings": past.switchings,
        "on_total_s": number(past.on_total_s + (t_s - past.told_s if past.on else 0.0)),
        "off_by": past.off_by,
        "locked_by": past.locked_by,
        "note": past.lock_note,
        "latched": past.latch is not None,
    }


def _feedback(spec: RackSpec, past: RackMemory) -> str | None:
    """What the auxiliary contact says of the last command; None where the rack has none."""
    if spec.feedback is None:
        return None
    return {True: "closed", False: "open", None: "unknown"}[past.aux_closed]
