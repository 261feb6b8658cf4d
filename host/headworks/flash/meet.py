"""What is at a port where no station runs, in one sentence, and how to put it right."""

from collections.abc import Mapping
from typing import Any

from headworks.field.boards.greeting import Expected, hello, judge, other_protocol
from headworks.field.boards.view import BoardState
from headworks.flash.talk import Talk
from headworks.hardware.sensor import config_crc, load_sensor
from headworks.model.site import BoardSpec
from headworks.model.text import clean

RUNS = "Headworks"
_GARBLED = "Headworks, but it introduces itself in words that make no sense"


def way(name: str, port: str = "") -> str:
    """The command that flashes a board: of the site by its name, else at a port that is named."""
    if not port:
        return f"headworks board flash --name {name}"
    return f"headworks board flash --port {port} --name {name or 'NAME'} --model MODEL"


def found(talk: Talk, spec: BoardSpec) -> tuple[str, Mapping[str, Any] | None]:
    """What is where a board of the site should be, and its introduction. Raises FlashError.

    Of another board no more is told than that one is there: whose it is shows by its name.
    """
    fields = talk.hello()
    flash = way(spec.name)
    if fields is None:
        return f"{talk.instead}; {flash}", None
    said = hello(fields)
    if said is None:
        return f"{_GARBLED}; {flash}", fields
    config = config_crc(load_sensor(spec.model), spec.name, spec.address)
    state, cause = judge(said, Expected(spec, config, flash))
    well = state in (BoardState.RUNS, BoardState.OTHER_BOARD)
    return RUNS if well else f"{RUNS}: {cause}", fields


def found_at(talk: Talk, port: str) -> tuple[str, Mapping[str, Any] | None]:
    """The same at a port that the site file does not name."""
    fields = talk.hello()
    if fields is None:
        return f"{talk.instead}; {way('', port)}", None
    said = hello(fields)
    flash = way(clean(str(fields.get("nm", ""))), port)
    if said is None:
        return f"{_GARBLED}; {flash}", fields
    is_safe = said.state != "run" and "its firmware does not start and only talks"
    why = other_protocol(said, flash) or (is_safe and f"{is_safe}; flash it again: {flash}")
    return f"{RUNS}: {why}" if why else RUNS, fields


def why_no_talk(talk: Talk, fields: Mapping[str, Any] | None, flash: str) -> str:
    """Why nothing can be said to what is there, and what to do; empty where it can."""
    if fields is None:
        return f"{talk.port}: {talk.instead}; {flash}"
    said = hello(fields)
    if said is None:
        return f"{talk.port}: {_GARBLED}; {flash}"
    other = other_protocol(said, flash)
    return f"{talk.port}: {other}" if other else ""
