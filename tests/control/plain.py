"""Named tuples to plain lists and back, as any store of JSON must do it."""

import types
import typing
from enum import Enum
from typing import Any


def to_plain(value: Any) -> Any:
    """Lists, strings, numbers and None."""
    if isinstance(value, Enum):
        return value.value
    return [to_plain(item) for item in value] if isinstance(value, tuple) else value


def from_plain(kind: Any, value: Any) -> Any:
    """The value as the annotated type."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        wanted = [arg for arg in args if arg is not type(None)]
        if value is None or not isinstance(value, list):
            return value
        return from_plain(next(arg for arg in wanted if arg not in (str, float)), value)
    if origin is tuple:
        kinds = [args[0]] * len(value) if args[1:] == (...,) else args
        return tuple(from_plain(k, item) for k, item in zip(kinds, value, strict=True))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if hasattr(kind, "_fields"):
        hints = typing.get_type_hints(kind)
        return kind(*(from_plain(hints[f], v) for f, v in zip(kind._fields, value, strict=True)))
    return value
