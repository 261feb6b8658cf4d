"""Where the statements of a hardware file are from: its [[fact]] tables. Reads no file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CONFIDENCES = ("documented", "convention", "ours")


@dataclass(frozen=True, slots=True)
class Fact:
    """Where statements of a file are from. `about` names keys of the file.

    Confidence: `documented` by the maker, `convention` of such devices, `ours` is a choice.
    """

    about: tuple[str, ...]
    source: str
    confidence: str


def fact(entry: Any) -> Fact:
    """One [[fact]] table. Raises ValueError."""
    if not isinstance(entry, dict) or set(entry) != {"about", "source", "confidence"}:
        raise ValueError("[[fact]] has exactly about, source and confidence")
    check_choice("confidence", entry["confidence"], CONFIDENCES)
    return Fact(tuple(entry["about"]), entry["source"], entry["confidence"])


def check_choice(key: str, value: str, choices: Sequence[str]) -> None:
    """Raises ValueError for a word that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{key} = {value!r}; write one of {', '.join(choices)}")


def check_keys(
    data: Mapping[str, Any], required: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """Every required key is there, none is unknown, each has its type. Raises ValueError."""
    known = {**more, **required}
    for key in required:
        if key not in data:
            raise ValueError(f"{key} is missing")
    for key, value in data.items():
        if key not in known:
            raise ValueError(f"unknown key {key!r}; known: {', '.join(sorted(known))}")
        if not isinstance(value, known[key]) or (known[key] is not bool and value is True):
            raise ValueError(f"{key} = {value!r} has the wrong type")
