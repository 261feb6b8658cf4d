"""Interlocks as the station's socket tells them, made up for tests."""

from typing import Any


def held(name: str, sees: str = "nothing", **more: Any) -> dict[str, Any]:
    """An interlock that is latched by smoke three minutes ago, gone for one."""
    found = {"name": name, "when": "safety.smoke", "action": "trip", "sees": sees, "latched": True,
             "since_s": 180.0, "gone_s": 60.0 if sees == "nothing" else None, "reset_at": "",
             "relay_of": ""}  # fmt: skip
    return found | more


def told(name: str, code: str = "interlock", **more: Any) -> dict[str, Any]:
    """Its alarm, with the figures that it began with."""
    values = {"interlock": name, "when": "safety.smoke", "value": "active"}
    return {"source": name, "severity": "alarm", "code": code, "values": values | more}


def relay(name: str = "safety-permissive") -> dict[str, Any]:
    """The interlock on a permissive relay that is open."""
    more = {"when": "safety.permit", "relay_of": "safety", "latched": False, "since_s": None}
    return held(name, "cause", **more)


def board(name: str, word: str = "runs", **more: Any) -> dict[str, Any]:
    """A board of the state; `latches`: output → why. A lease's end is the station's to clear."""
    cause = "" if word == "runs" else "silent for more than 5 s; check its cable and supply"
    to_reset = [output for output, why in more.get("latches", {}).items() if why != "lease"]
    found = {"name": name, "state": word, "cause": cause, "latches": {}, "channels": {}}
    return found | {"to_reset": to_reset} | more
