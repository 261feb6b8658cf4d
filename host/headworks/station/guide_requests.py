"""Requests at the socket that keep the result of a step of commissioning. Pure checks."""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from headworks.model.commissioning import Commissioned, Step, Verdict

OP = "commissioned"
MOST_SEEN, LONGEST_SEEN = 24, 200
Text = Callable[..., str]
E = TypeVar("E", bound=StrEnum)


def guide_request(
    fields: Mapping[str, Any],
    known: frozenset[tuple[Step, str]],
    text: Text,
    role: Callable[[], str],
) -> Commissioned:
    """The result of a line; `text` and `role` raise for what is missing. Raises ValueError."""
    step, target = _one_of(Step, "step", fields), text(fields, "target", 64)
    if (step, target) not in known:
        raise ValueError(f"the site has no step {step} of {target!r}")
    return Commissioned(
        step=step,
        target=target,
        verdict=_one_of(Verdict, "verdict", fields),
        seen=_seen(fields.get("seen", {})),
        actor=text(fields, "actor", 64),
        role=role(),
        note=text(fields, "note", 200, empty=True),
    )


def _one_of(kind: type[E], name: str, fields: Mapping[str, Any]) -> E:
    value = fields.get(name)
    if value in kind.__members__.values():
        return kind(str(value))
    raise ValueError(f"{name} must be one of {', '.join(kind)}")


def _seen(value: object) -> Mapping[str, float | str]:
    """What was seen: few short names, each with a number or a short text."""
    if not isinstance(value, dict) or len(value) > MOST_SEEN:
        raise ValueError(f"seen must be an object of at most {MOST_SEEN} fields")
    for name, one in value.items():
        number = isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        if not (number or (isinstance(one, str) and len(one) <= LONGEST_SEEN)) or len(name) > 64:
            raise ValueError("seen must hold numbers and short texts")
    return value
