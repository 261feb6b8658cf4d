"""Every figure of a backtest by name with its unit, ready for JSON; None where there is none."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from headworks.faces.words import sentence
from headworks.replay.compare import Case
from headworks.replay.data_told import Told
from headworks.replay.totals import RackTotals, Spans, Totals

Figures = dict[str, Any]


def figures(one: Case) -> Figures:
    """One case. Energies in kWh, times in s, powers in kW, shares 0 to 1."""
    totals = one.run.finish()
    return {
        "label": one.label,
        "site": {
            "name": one.site.name,
            "file": one.site.source,
            "sha256": one.site.sha256,
            "racks": len(one.site.racks),
            "rated_kw": sum(rack.rated_kw for rack in one.site.racks),
        },
        "days": totals.days,
        "span_s": totals.span_s,
        "unknown_s": totals.unknown_s,
        "gaps": totals.gaps,
        "rows": totals.rows,
        "rows_scanned": totals.scans,
        **_energy(totals),
        "utilisation": totals.utilisation,
        "switchings_per_rack_day": totals.switchings_per_rack_day,
        "starts_per_rack_day": totals.starts_per_rack_day,
        "time_to_follow_a_rise": _spans(totals.rise),
        "time_to_end_an_import": _spans(totals.fall),
        "largest_step_up_kw": totals.largest_step_up_kw,
        "largest_step_down_kw": totals.largest_step_down_kw,
        "limits": _limits(totals),
        "events": dict(sorted(totals.events.items())),
        "racks": [_rack(rack, totals.span_s, totals.days) for rack in totals.racks],
        "assumed": dict(totals.assumed),
    }


def _energy(totals: Totals) -> Figures:
    return {
        "surplus_kwh": totals.surplus_kwh,
        "used_kwh": totals.used_kwh,
        "used_share": totals.used_share,
        "unserved_kwh": totals.unserved_kwh,
        "racks_kwh": totals.racks_kwh,
        "imported_because_of_racks_kwh": totals.imported_kwh,
        "imported_share_of_racks": totals.imported_share,
        "grid_import_kwh": totals.grid_import_kwh,
        "grid_export_kwh": totals.grid_export_kwh,
    }


def _spans(found: Spans) -> Figures:
    return {
        "times": found.number,
        "mean_s": found.mean_s,
        "longest_s": found.longest_s if found.number else None,
    }


def _limits(totals: Totals) -> list[Figures]:
    """Which limit bound for how long, the longest first."""
    most = sum(totals.limit_s.values()) or 1.0
    ordered = sorted(totals.limit_s.items(), key=lambda item: -item[1])
    return [
        {
            "source": source,
            "reason": reason,
            "sentence": sentence(reason, {}, source),
            "bound_s": seconds,
            "share": seconds / most,
        }
        for (source, reason), seconds in ordered
    ]


def _rack(rack: RackTotals, span_s: float, days: int) -> Figures:
    return {
        "name": rack.name,
        "rated_kw": rack.rated_kw,
        "energy_kwh": rack.energy_kwh,
        "utilisation": rack.utilisation(span_s),
        "on_s": rack.on_s,
        "starts": rack.starts,
        "switchings": rack.switchings,
        "starts_per_day": rack.starts / days if days else None,
        "switchings_per_day": rack.switchings / days if days else None,
        "most_starts_a_day": rack.most_starts_a_day,
    }


def data_figures(told: Told, notes: list[str]) -> Figures:
    """What was read, for the report."""
    return {
        "from": iso(told.first_s, told.zone),
        "to": iso(told.last_s, told.zone),
        "timezone": str(told.zone),
        "rows": told.rows,
        "usual_spacing_s": told.usual_s,
        "hold_s": told.hold_s,
        "held_s": told.held_s,
        "unknown_s": told.unknown_s,
        "gaps": told.gaps,
        "irregular_rows": told.irregular,
        "cells_without_value": dict(told.empty),
        "rows_in_an_hour_that_comes_twice": told.twice,
        "rows_whose_time_does_not_exist": told.skipped,
        "notes": [*told.sentences(), *notes],
    }


def iso(t_s: float, zone: tzinfo) -> str:
    """A moment with its offset, to the second."""
    return datetime.fromtimestamp(t_s, UTC).astimezone(zone).isoformat(timespec="seconds")
