"""What a board's `st` and `ev` say, checked before any of it counts. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from headworks.field.boards.figures import LARGEST
from headworks.model.text import clean

_LONGEST = 40  # letters of a latch


def outputs_told(
    fields: Mapping[str, Any], names: Iterable[str]
) -> dict[str, tuple[bool, str]] | None:
    """Output → whether it is on, and its latch; None for a status that cannot be read.

    That is one without the counter, or in which an output of the model is missing or makes no
    sense: a program that tells such a thing is as ill as one that tells nothing.
    """
    outputs = fields.get("o")
    if type(fields.get("m")) is not int or not isinstance(outputs, dict):
        return None
    told = {}
    for name in names:
        output = outputs.get(name)
        if not isinstance(output, list) or len(output) != 2:
            return None
        on, latch = output
        if type(on) is not int or on not in (0, 1) or not isinstance(latch, str):
            return None
        told[name] = bool(on), clean(latch)[:_LONGEST]
    return told


def event_told(fields: Mapping[str, Any]) -> tuple[int, str] | None:
    """An event's number and its channel; None where they make no sense."""
    number, channel = fields.get("e"), fields.get("c")
    if type(number) is not int or not 0 <= number < LARGEST or not isinstance(channel, str):
        return None
    return number, channel
