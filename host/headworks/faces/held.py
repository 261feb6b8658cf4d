"""What interlocks see now, in place of what they saw when they began, and the way back.

A client of the socket's JSON; decides nothing. Gives codes and values for `words`, and steps.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from headworks.faces.board_sentences import FAULTS
from headworks.faces.words import duration
from headworks.model.plan import ReasonCode
from headworks.model.text import clean

State = Mapping[str, Any]
LEASE = "lease"  # a board's latch after the station's silence
_TOLD = (ReasonCode.INTERLOCK, ReasonCode.UNKNOWN, ReasonCode.TRIPPED, ReasonCode.BLOCKED)
_RUNS = ("runs", "stale")
_SELFTEST = "headworks board selftest"


def as_it_is(state: State, item: State, *, dated: bool = True) -> tuple[str, dict[str, Any]]:
    """Code and values of an alarm or a rack, as its interlock stands now.

    `dated` adds since when. What no held interlock is the reason of stays as it was told.
    """
    code, values = item["code"], dict(item.get("values", {}))
    held = _held(state).get(str(values.get("interlock")))
    if held is None or code not in _TOLD:
        return code, values
    if dated and held["latched"]:
        values |= _times(state, held)
    if held["sees"] == "unknown":
        return ReasonCode.UNKNOWN, values | _unheard(state, held)
    if held["sees"] == "nothing":
        return ReasonCode.TRIPPED, values
    values.pop("began", None)
    if code == ReasonCode.BLOCKED:
        return code, values
    if held["relay_of"]:
        values |= _relay(state, held)
    return (ReasonCode.INTERLOCK if "value" in values else code), values


def _held(state: State) -> dict[str, State]:
    return {one["name"]: one for one in state.get("interlocks", ())}


def _times(state: State, held: State) -> dict[str, str]:
    """When it began, and since when its cause has gone, where that is known."""
    since_s, gone_s, now = held["since_s"], held["gone_s"], state["time"]
    if since_s is None:
        began = "before the last start"
    else:
        began = f"at {_clock(now, since_s)}" if now else f"{duration(since_s)} ago"
    if gone_s is None:
        return {"began": began}
    return {
        "began": began,
        "gone": f"since {_clock(now, gone_s)}" if now else f"for {duration(gone_s)}",
    }


def _clock(now: str, age_s: float) -> str:
    """The time of day at the site, with its date where that is not today's."""
    today = datetime.fromisoformat(now)  # with the site's offset, wherever this machine is
    then = today - timedelta(seconds=age_s)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%H:%M on %d %b}"


def _relay(state: State, held: State) -> dict[str, str]:
    """Whose permissive relay it is, and why the board holds that open, if it does."""
    name, output = held["relay_of"], held["when"].partition(".")[2]
    why = _board(state, name).get("latches", {}).get(output, "")
    opened = {"opened_by": "the station's silence" if why == LEASE else why}
    return {"relay_of": name} | (opened if why else {})


def _unheard(state: State, held: State) -> dict[str, str]:
    """The board of which nothing is known, where that is why an interlock sees nothing."""
    board = _board(state, held["when"].partition(".")[0])
    if not board or board["state"] in _RUNS:
        return {}
    return {"unheard": board["name"], "board_state": board["state"]}


def _board(state: State, name: str) -> State:
    boards = (board for board in state.get("boards", ()) if board["name"] == name)
    return next(boards, {})


def way_back(state: State) -> list[str]:
    """What a person must do until racks may run again, in this order; commands as they are typed.

    First what must be known again and what must end, then the latches.
    """
    held = state.get("interlocks", ())
    steps = [*_repairs(state, held), *_presses(held), *_board_resets(state, held)]
    steps += _resets(held)
    steps += [f"headworks reset {rack['name']}" for rack in state["racks"] if rack.get("latched")]
    if not steps:
        steps = [
            f"{one['when']} closes by itself, once the racks behind it are off"
            for one in held
            if one["relay_of"] and one["sees"] == "cause"
        ]
    return [clean(step) for step in dict.fromkeys(steps)]


def way_lines(state: State) -> list[str]:
    """The same as lines of a screen; none where there is nothing to do."""
    steps = way_back(state)
    if len(steps) == 1:
        return [f"way back: {steps[0]}"]
    return [f"way back {number}: {step}" for number, step in enumerate(steps, 1)]


def _repairs(state: State, held: tuple[State, ...]) -> Iterator[str]:
    """What is unknown comes first, as no reset takes while it is; then causes that last."""
    unknown: dict[str, list[str]] = {}
    for one in held:
        if one["sees"] == "unknown" and one["action"] != "warn":
            what, why = _unknown(state, one["when"])
            unknown.setdefault(why, []).append(what)
    for why, whats in unknown.items():
        yield f"{', '.join(dict.fromkeys(whats))}: {why}"
    for one in held:
        trips = one["latched"] or one["action"] == "trip"
        if one["sees"] == "cause" and trips and not one["relay_of"]:
            yield f"find and end what {one['when']} shows"


def _unknown(state: State, when: str) -> tuple[str, str]:
    """What is to be brought back, and how."""
    name, _, channel = when.partition(".")
    board = _board(state, name)
    if not board:
        return when, "find out why it is unknown; see: headworks doctor"
    if board["state"] not in _RUNS:
        return f"board {name}", f"{board['state']}, {board['cause']}"
    seen = board["channels"].get(channel, {})
    fault = seen.get("cause", "")
    if seen.get("quality") == "never" or not fault:
        return when, f"wait some seconds for its first value; else: {_SELFTEST} {name}"
    return when, FAULTS.get(fault, fault)


def _presses(held: tuple[State, ...]) -> Iterator[str]:
    for one in held:
        if one["latched"] and one["reset_at"]:
            yield _reset(one)


def _board_resets(state: State, held: tuple[State, ...]) -> Iterator[str]:
    """A board's own latches; a button on that board that is to be pressed clears them too."""
    pressed = {one["reset_at"].partition(".")[0] for one in held if one["latched"]}
    for board in state.get("boards", ()):
        opened = board.get("to_reset") and board["name"] not in pressed
        if board["state"] == "quarantined" or opened:
            yield f"headworks reset {board['name']}"


def _resets(held: tuple[State, ...]) -> Iterator[str]:
    for one in held:
        if one["latched"] and not one["reset_at"]:
            yield _reset(one)


def reset_of(state: State, interlock: str) -> str:
    """What clears the latch of this interlock; empty where it has none."""
    one = _held(state).get(interlock)
    return _reset(one) if one and one["latched"] else ""


def _reset(held: State) -> str:
    if held["reset_at"]:
        return f"press {held['reset_at']} at the racks"
    return f"headworks reset {held['name']}"
