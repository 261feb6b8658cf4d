"""A station's state as the socket gives it, made up for the view's tests."""

from typing import Any


def rack(name: str, state: str = "off", code: str = "no-surplus", **more: Any) -> dict[str, Any]:
    """One rack of the state."""
    on = state in ("running", "starting")
    found = {
        "name": name,
        "kind": "asic",
        "rated_kw": 36.0,
        "state": state,
        "on": on,
        "power_kw": 36.0 if on else 0.0,
        "claim_kw": 0.0,
        "code": code,
        "values": {},
        "since_s": 12.0,
        "starts_today": 1,
        "switchings": 1,
        "locked_by": "",
        "note": "",
    }
    return found | more


def limit(
    source: str = "surplus", kw: float | None = 100.0, code: str = "export"
) -> dict[str, Any]:
    """One limit of the envelope."""
    values = {"export_kw": 40.0, "own_kw": 60.0, "reserve_kw": 0.0}
    return {"source": source, "scope": "", "kw": kw, "code": code, "values": values, "firm": False}


def state(**more: Any) -> dict[str, Any]:
    """A healthy station with two feeders and twelve racks, three of them running."""
    racks = [rack(f"a{n}", "running", "running") for n in range(1, 4)]
    racks += [rack(f"b{n}") for n in range(1, 10)]
    found = {
        "t_s": 100.0,
        "seq": 7,
        "time": "2026-06-01T12:00:00+00:00",
        "version": "0.1.0",
        "uptime_s": 20.0,
        "site": {"name": "demo", "timezone": "UTC", "sha256": "0", "scan_s": 1.0},
        "envelope": {"kw": 144.0, "binding": limit(), "limits": [limit()], "feeder_kw": {}},
        "drawn_kw": 108.0,
        "planned_kw": 108.0,
        "surplus_kw": 36.0,
        "feeders": [
            {
                "name": "tx1",
                "parent": None,
                "rating_kw": 1000.0,
                "power_kw": -36.0,
                "quality": "good",
            },
            {
                "name": "row-a",
                "parent": "tx1",
                "rating_kw": 230.0,
                "power_kw": 108.0,
                "quality": "good",
            },
            {
                "name": "row-b",
                "parent": "tx1",
                "rating_kw": 230.0,
                "power_kw": None,
                "quality": "silent",
            },
        ],
        "meters": [],
        "signals": [],
        "racks": racks,
        "alarms": [],
        "events": [],
        "scan": {"last_us": 90, "p99_us": 120, "count": 7, "late": 0},
        "healthy": True,
    }
    return found | more
