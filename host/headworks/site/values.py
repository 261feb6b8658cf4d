"""Kinds of plain values: text, name, number, switch between two words. Knows no section.

A kind takes a row of the schema and the value that tomli gave. It returns what the model holds
or raises FormError with `what is wrong; what to write instead`.
"""

import json
import math
import re
from datetime import date, time
from difflib import get_close_matches
from typing import Any

from headworks.model.text import clean
from headworks.site.schema import FormError, Key

LONGEST_NAME = 32
LONGEST_TEXT = 80
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FIGURE = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)")
_SMALLER = {"kW": "watts", "s": "milliseconds", "Hz": "millihertz", "kW/s": "watts per second"}


def shown(value: object) -> str:
    """A value as one would write it in the file; shortened, and safe to print."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return clean(json.dumps(_short(value), ensure_ascii=False))
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number with more than 15 digits"
    if isinstance(value, float):
        return figure(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return "a list" if isinstance(value, list) else "a table"


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"


def figure(number: float) -> str:
    """A number without a needless fraction: 36, 49.4."""
    return f"{number:.10g}"


def nearest(word: str, known: list[str]) -> str:
    """The known word that begins with `word`, if one does, else the most like it, or ""."""
    low = word[:LONGEST_TEXT].lower()
    begun = [k for k in known if k.lower().startswith(low)] if len(low) > 2 else []
    if len(begun) == 1:
        return begun[0]
    close = get_close_matches(low, [k.lower() for k in known], 1, 0.7)
    return next((k for k in known if close and k.lower() == close[0]), "")


def suggest(word: str, known: list[str], otherwise: str = "") -> str:
    """`write "incomer"` where one is near, else the first dozen known, else `otherwise`."""
    near = nearest(word, known)
    if near:
        return f'write "{near}"'
    if not known:
        return otherwise
    if len(known) == 1:
        return f'write "{known[0]}"'
    more = ", …" if len(known) > 12 else ""
    return f"write one of {', '.join(sorted(known)[:12])}{more}"


def text(key: Key, value: Any) -> str:
    """Text for people: not empty, at most 80 characters, nothing that cannot be printed."""
    if not isinstance(value, str):
        raise FormError(_not_text(key, value))
    if not value.strip():
        raise FormError(f"{key.name} = {shown(value)} is empty; write {key.name} = {key.example}")
    if len(value) > LONGEST_TEXT:
        raise FormError(
            f"{key.name} has {len(value)} characters; write at most {LONGEST_TEXT} of them"
        )
    if not value.isprintable():
        raise FormError(f"{key.name} = {shown(value)} holds control characters; write plain text")
    return value


def _not_text(key: Key, value: Any) -> str:
    if isinstance(value, bool | int | float):
        quoted = f'"{shown(value)}"'
        return f"{key.name} = {shown(value)} is not text; write {key.name} = {quoted}"
    return f"{key.name} is {shown(value)}, not text; write {key.name} = {key.example}"


def name(key: Key, value: Any) -> str:
    """A name: letters, digits, - and _; no dot, since "hat.1" is an outlet of hat."""
    word = text(key, value)
    if len(word) > LONGEST_NAME:
        raise FormError(f"{key.name} is {len(word)} letters long; write at most {LONGEST_NAME}")
    if not _NAME.fullmatch(word) or not word.isascii():
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", word).strip("-_")
        raise FormError(
            f"{key.name} = {shown(word)} is no name (letters, digits, - and _); "
            f"write {key.name} = {shown(plain) if plain else key.example}"
        )
    if word in ("all", "feeder", "zone"):
        raise FormError(f"{key.name} = {shown(word)} is a word of this file; write another name")
    return word


def number(key: Key, value: Any) -> float:
    """A number within the row's range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormError(_not_number(key, value))
    if isinstance(value, float) and not math.isfinite(value):
        raise FormError(f"{key.name} = {shown(value)} is not a finite number; {_range(key)}")
    if value == 0 and key.zero:
        raise FormError(f"{key.name} = 0 {key.zero}")
    if not key.least <= value <= key.most:
        raise FormError(_outside(key, value))
    return float(value)


def whole(key: Key, value: Any) -> int:
    """A whole number within the row's range."""
    checked = number(key, value)
    if checked != int(checked):
        raise FormError(
            f"{key.name} = {shown(value)} is not a whole number; "
            f"write {key.name} = {round(checked) or 1}"
        )
    return int(checked)


def _not_number(key: Key, value: Any) -> str:
    found = _FIGURE.match(value) if isinstance(value, str) else None
    if found:
        return f"{key.name} = {shown(value)} is text; write {key.name} = {found[1]}"
    return f"{key.name} is {shown(value)}, not a number; {_range(key)}"


def _outside(key: Key, value: float) -> str:
    smaller = _SMALLER.get(key.unit)
    if smaller and key.most < value <= 1000 * key.most and value / 1000 >= 2 * key.least:
        return (
            f"{key.name} = {shown(value)} looks like {smaller}; "
            f"write {key.name} = {figure(value / 1000)}"
        )
    return f"{key.name} = {shown(value)} is outside its range; {_range(key)}"


def _range(key: Key) -> str:
    unit = f" {key.unit}" if key.unit else ""
    return f"write a number from {figure(key.least)} to {figure(key.most)}{unit}"


def flag(key: Key, value: Any) -> bool:
    """true or false."""
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, str) or value in (0, 1) else ""
    meant = "false" if word in ("false", "no", "off", "0") else "true"
    raise FormError(
        f"{key.name} = {shown(value)} is neither true nor false; write {key.name} = {meant}"
    )


def choice(key: Key, value: Any) -> str:
    """One of the row's words."""
    if not isinstance(value, str):
        raise FormError(_not_text(key, value))
    if value not in key.choices:
        raise FormError(f"unknown {key.name} {shown(value)}; {suggest(value, list(key.choices))}")
    return value


def point(key: Key, value: Any) -> str:
    """`source.channel`, such as hat.1 or incomer.voltage_l1_v; checked against names later."""
    word = text(key, value)
    source, dot, channel = word.partition(".")
    if not (dot and _NAME.fullmatch(source) and _NAME.fullmatch(channel)):
        raise FormError(
            f"{key.name} = {shown(word)} is not of the form NAME.CHANNEL; "
            f"write {key.name} = {key.example}"
        )
    return word
