"""Named sets of interlocks: boards/interlock/*.toml, read and checked. Knows no site."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headworks.hardware.facts import Fact, check_choice, check_keys, fact
from headworks.hardware.files import HardwareError, read
from headworks.model.site import InterlockAction

NUMBER = (int, float)
_REQUIRED: dict[str, Any] = {"name": str, "interlock": list, "fact": list}
_ACTIONS = tuple(action.value for action in InterlockAction)
_LIMITS = {"above": NUMBER, "below": NUMBER, "active": bool}
_OPTIONAL: dict[str, Any] = {
    **dict.fromkeys(_ACTIONS, str),
    **_LIMITS,
    "hysteresis": NUMBER,
    "delay_s": NUMBER,
    "latch": bool,
    "reset": str,
}
_WHERE = ("zone", "all")
_LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """An interlock for every channel whose name fits `channel`, a pattern as of file names.

    `everywhere`: it acts on all racks, not on the board's zone only. `local`: reset at the
    racks where the site has a contact for that.
    """

    name: str
    channel: str
    action: InterlockAction
    everywhere: bool
    limits: Mapping[str, Any]  # one of above, below, active; hysteresis, delay_s, latch
    local: bool


@dataclass(frozen=True, slots=True)
class InterlockSet:
    """One file of boards/interlock."""

    name: str
    rules: tuple[Rule, ...]
    provenance: tuple[Fact, ...]


def load_set(name: str) -> InterlockSet:
    """One set by its name. Raises HardwareError naming file, key and fix."""
    data = read("interlock", name)
    try:
        return parse(name, data)
    except (ValueError, TypeError, KeyError) as error:
        raise HardwareError(f"boards/interlock/{name}.toml: {error}") from error


def parse(name: str, data: Mapping[str, Any]) -> InterlockSet:
    """A parsed file as a set. Raises ValueError with what to write instead."""
    check_keys(data, _REQUIRED, {"notes": str})
    rules = tuple(_rule(entry) for entry in data["interlock"])
    names = [rule.name for rule in rules]
    for word in names:
        if names.count(word) > 1:
            raise ValueError(f"the interlock {word!r} is there twice; rename one")
    return InterlockSet(name, rules, tuple(map(fact, data["fact"])))


def _rule(entry: Mapping[str, Any]) -> Rule:
    try:
        check_keys(entry, {"name": str, "channel": str}, _OPTIONAL)
        action = _one(entry, _ACTIONS)
        check_choice(action, entry[action], _WHERE)
        _check_limits(entry, _one(entry, tuple(_LIMITS)))
    except ValueError as error:
        raise ValueError(f"interlock {entry.get('name', '?')!r}: {error}") from error
    kept = (*_LIMITS, "hysteresis", "delay_s", "latch")
    return Rule(
        entry["name"],
        entry["channel"],
        InterlockAction(action),
        entry[action] == "all",
        {key: entry[key] for key in kept if key in entry},
        "reset" in entry,
    )


def _one(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    written = [key for key in keys if key in entry]
    if len(written) != 1:
        raise ValueError(f"has {' and '.join(written) or 'none'} of {', '.join(keys)}; write one")
    return written[0]


def _check_limits(entry: Mapping[str, Any], limit: str) -> None:
    if limit == "active" and "hysteresis" in entry:
        raise ValueError("hysteresis belongs to above or below; remove it")
    for key in ("hysteresis", "delay_s"):
        if not 0 <= entry.get(key, 0) <= _LONGEST_S:
            raise ValueError(f"{key} = {entry[key]!r}; write 0 to {_LONGEST_S:g}")
    if "reset" in entry:
        check_choice("reset", entry["reset"], ("local",))
        if not entry.get("latch"):
            raise ValueError("reset wants something to reset; write latch = true, or remove it")
