"""Requests at the socket: one JSON object a line, checked field by field.

Pure: text in, a request or a RequestError that names the cause out. Nothing is carried out.
"""

import difflib
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headworks.model.commissioning import Commissioned, Step, steps
from headworks.model.live import Action, Command
from headworks.model.site import Site
from headworks.station.alarms import SOURCES
from headworks.station.board_requests import OPS, BoardRequest, board_request
from headworks.station.guide_requests import OP as COMMISSIONED
from headworks.station.guide_requests import guide_request

ROLES = ("technician", "operator", "admin")  # may command; everybody at the socket may look
TECHNICIAN = (Action.OFF, Action.LOCK, Action.ACK)  # only what gives no rack power
LONGEST_NOTE = 200
LONGEST_NAME = 64
LONGEST_FROM = 32
LONGEST_REF = 120
_ids = itertools.count(1)


class RequestError(Exception):
    """The request cannot be carried out; the text says why and what to write instead."""


class Request(NamedTuple):
    """A request with the id to answer with. `command` is set where `op` is "command"."""

    id: object
    op: str
    every_s: float = 0.0  # of a subscription: the least time between two pushes
    run: str | None = None  # of a subscription: the run whose events are known
    after: int = 0  # up to this number
    command: Command | None = None
    board: BoardRequest | None = None
    commissioned: Commissioned | None = None
    face: str = ""  # where the person sits: console, serial, …; empty where nobody said


class Targets(NamedTuple):
    """What a command may name."""

    racks: tuple[str, ...]
    latching: tuple[str, ...]  # interlocks and signals that latch too
    boards: tuple[str, ...] = ()  # sensor boards; a reset may name them
    others: tuple[str, ...] = ()  # what else may have an alarm; an ack may name it
    steps: frozenset[tuple[Step, str]] = frozenset()  # of commissioning


def targets(site: Site) -> Targets:
    """The names of a site that commands may use."""
    latching = (*(i.name for i in site.interlocks), *(s.name for s in site.signals))
    racks = tuple(rack.name for rack in site.racks)
    others = (*(meter.name for meter in site.meters), *SOURCES)
    boards = tuple(board.name for board in site.boards)
    return Targets(racks, latching, boards, others, frozenset(steps(site)))


def parse(line: bytes, known: Targets) -> Request:
    """A line as a request. Raises RequestError."""
    fields = _object(line)
    op = fields.get("op")
    if op == "state":
        return Request(fields.get("id"), op)
    if op == "subscribe":
        return _subscription(fields)
    if op == "command":
        face = _text(fields, "from", LONGEST_FROM, empty=True)
        return Request(fields.get("id"), op, command=_command(fields, known), face=face)
    if isinstance(op, str) and op in OPS:
        return Request(fields.get("id"), op, board=_board(op, fields, known))
    if op == COMMISSIONED:
        return Request(fields.get("id"), op, commissioned=_commissioned(fields, known))
    words = ", ".join(("state", "subscribe", "command", COMMISSIONED, *OPS))
    raise RequestError(f"unknown op {_quoted(op)}; write one of {words}")


def _board(op: str, fields: Mapping[str, Any], known: Targets) -> BoardRequest:
    try:
        return board_request(op, fields, known.boards, _text, lambda: _role(fields, ROLES[1:]))
    except ValueError as error:
        raise RequestError(str(error)) from error


def _commissioned(fields: Mapping[str, Any], known: Targets) -> Commissioned:
    try:
        return guide_request(fields, known.steps, _text, lambda: _role(fields, ROLES))
    except ValueError as error:
        raise RequestError(str(error)) from error


def request_id(line: bytes) -> object:
    """The id of a line, as far as it has one: an error reply should carry it too."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    value = found.get("id") if isinstance(found, dict) else None
    return value if isinstance(value, str | int) else None


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RequestError('a request is a JSON object in one line, such as {"op": "state"}')
    if not isinstance(found.get("id"), str | int | None):
        raise RequestError("id must be a number or a text")
    return found


def _every_s(value: object) -> float:
    if isinstance(value, int | float) and 0.0 <= value <= 3600.0:
        return float(value)
    raise RequestError("every_s must be seconds from 0 to 3600")


def _subscription(fields: Mapping[str, Any]) -> Request:
    found = Request(fields.get("id"), "subscribe", _every_s(fields.get("every_s", 0.0)))
    if "run" not in fields:
        return found
    run, after = _text(fields, "run", LONGEST_NAME, empty=True), fields.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        raise RequestError("after must be the number of an event, 0 or more")
    return found._replace(run=run, after=after)


def _command(fields: Mapping[str, Any], known: Targets) -> Command:
    action = _action(fields.get("action"))
    role = _role(fields, ROLES if action in TECHNICIAN else ROLES[1:])
    ref = _text(fields, "ref", LONGEST_REF, empty=True)
    return Command(
        id=f"{next(_ids)} {ref}".strip(),
        actor=_text(fields, "actor", LONGEST_NAME),
        role=role,
        action=action,
        target=_target(action, _text(fields, "target", LONGEST_NAME), known),
        note=_text(fields, "note", LONGEST_NOTE, empty=True),
    )


def _role(fields: Mapping[str, Any], may: tuple[str, ...]) -> str:
    role = _text(fields, "role", LONGEST_NAME)
    if role not in may:
        raise RequestError(f"the role {_quoted(role)} may not command; {_or(may)} may")
    return role


def _or(words: tuple[str, ...]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1]))


def _action(value: object) -> Action:
    if value in Action.__members__.values():
        return Action(str(value))
    raise RequestError(f"unknown action {_quoted(value)}; write one of {', '.join(Action)}")


def _target(action: Action, name: str, known: Targets) -> str:
    more = known.latching if action in (Action.RESET, Action.ACK) else ()
    more += known.boards if action in (Action.RESET, Action.ACK) else ()
    more += known.others if action is Action.ACK else ()
    if name in known.racks or name in more:
        return name
    what = "nothing" if more else "no rack"
    raise RequestError(f"{what} here is called {_quoted(name)}{_hint(name, known.racks + more)}")


def _hint(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"


def _text(fields: Mapping[str, Any], key: str, longest: int, empty: bool = False) -> str:
    """One line of text without control characters: it will stand in logs and on screens."""
    value = fields.get(key, "")
    if not isinstance(value, str) or not (value.strip() or empty):
        raise RequestError(f"{key} is missing or not a text")
    if len(value) > longest:
        raise RequestError(f"{key} is longer than {longest} characters")
    if value and not value.isprintable():
        raise RequestError(f"{key} has characters that cannot be printed")
    return value.strip()


def _quoted(value: object) -> str:
    return json.dumps(str(value)[:LONGEST_NAME])
