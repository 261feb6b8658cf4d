"""A statement as the one JSON text that is signed, and back again.

The text has sorted keys, no blanks and whole numbers only, so that any reader makes the same
bytes of the same figures. Reading believes nothing: every field has its type, or a StatementError
says that this is no statement.
"""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfoNotFoundError

from headworks.record.plain import PlainError, from_plain, to_plain
from headworks.statement.model import Interval, Statement, StatementError
from headworks.statement.months import bounds

FORMAT = "headworks-statement-1"
Content = dict[str, Any]
_ORIGINAL = "ask for the original file"
_OTHER = "use the version of Headworks that made it"


def content(statement: Statement) -> Content:
    """All that is signed, as plain values. Rows of intervals have the columns that are named."""
    plain: Content = to_plain(statement)
    return {**plain, "format": FORMAT, "interval_columns": list(Interval._fields)}


def canonical(plain: Content) -> str:
    """The text that is signed."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def parse(text: str | bytes) -> Content:
    """The content of a JSON text. Raises StatementError where it is none."""
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float
        )
    except (ValueError, RecursionError) as error:
        raise StatementError(f"its figures are no JSON ({str(error)[:80]}); {_ORIGINAL}") from error
    if not isinstance(found, dict):
        raise StatementError(f"its figures are no JSON object; {_ORIGINAL}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_float(text: str) -> float:
    raise ValueError(f"{text} is not a whole number")


def statement_of(plain: Content) -> Statement:
    """The statement of its content. Raises StatementError."""
    given = dict(plain)
    form, columns = given.pop("format", None), given.pop("interval_columns", None)
    if form != FORMAT or columns != list(Interval._fields):
        raise StatementError(f"its form is {str(form)[:40]!r}, not {FORMAT}; {_OTHER}")
    try:
        found: Statement = from_plain(Statement, given)
        same = fits(Statement, found) and content(found) == plain
        bounds(found.month, found.timezone)
    except (PlainError, ZoneInfoNotFoundError, ValueError, TypeError, AttributeError) as error:
        raise StatementError(f"no statement ({str(error)[:200]}); {_OTHER}") from error
    if not same or not _whole(found):
        raise StatementError(f"it has fields that this version does not write; {_OTHER}")
    return found


def _whole(s: Statement) -> bool:
    """Whether each row has all its racks, and each rack its word."""
    count = len(s.racks)
    rows = all(len(one.racks_wh) in (0, count) for one in s.intervals)
    return rows and len(s.racks_how) == len(s.racks_wh) == count and s.interval_s > 0


def fits(kind: Any, value: Any) -> bool:
    """Whether a value is wholly of an annotated type, down to the last number."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return any(fits(one, value) for one in args)
    if origin is tuple:
        kinds = [args[0]] * len(value) if args[1:] == (...,) else list(args)
        return len(kinds) == len(value) and all(map(fits, kinds, value))
    if origin is Mapping:
        return all(type(name) is str and fits(args[1], item) for name, item in value.items())
    hints = _hints(kind)
    if hints:
        return type(value) is kind and all(fits(hints[n], getattr(value, n)) for n in hints)
    return type(value) is kind


@lru_cache(maxsize=32)
def _hints(kind: Any) -> dict[str, Any]:
    """The fields of a dataclass or named tuple; none of anything else."""
    fielded = is_dataclass(kind) or hasattr(kind, "_fields")
    return get_type_hints(kind) if fielded else {}
