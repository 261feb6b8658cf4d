"""Values of the model as plain lists, texts and numbers, and back again without a loss.

For whatever writes JSON. A named tuple is the list of its fields, an enum its value; a float
comes back bit for bit, infinities and NaN too where the writer of JSON lets them through.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any


class PlainError(ValueError):
    """A plain value is not one of the type that it should be."""


def to_plain(value: Any) -> Any:
    """Lists, dicts, texts, numbers, truth values and None."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def from_plain(kind: Any, value: Any) -> Any:
    """The value as the annotated type.

    Fields that a later version has added take their defaults. Raises PlainError.
    """
    try:
        return _made(kind, value)
    except (TypeError, ValueError, KeyError, AttributeError, StopIteration, RuntimeError) as error:
        name = getattr(kind, "__name__", kind)
        raise PlainError(f"no {name}: {error or value!r:.200}") from error


def _made(kind: Any, value: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _one_of(args, value)
    if origin is tuple:
        kinds = [args[0]] * len(value) if args[1:] == (...,) else args
        return tuple(_made(k, item) for k, item in zip(kinds, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {key: _made(args[1], item) for key, item in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if hasattr(kind, "_fields"):
        return _tuple(kind, value)
    return _dataclass(kind, value) if dataclasses.is_dataclass(kind) else value


def _dataclass(kind: Any, value: dict[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{name: _made(hints[name], item) for name, item in value.items()})


def _one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    """The kind of a union that a value is: the structure that has just these fields, or a leaf."""
    if isinstance(value, dict):
        known = {k: _hints(k) for k in kinds if hasattr(k, "__dataclass_fields__")}
        fits = [k for k, hints in known.items() if value.keys() <= hints.keys()]
        return _made(min(fits, key=lambda k: len(known[k])), value)
    if not isinstance(value, list):
        enums = [k for k in kinds if isinstance(k, type) and issubclass(k, Enum)]
        return enums[0](value) if enums and value is not None else value
    leaves = (type(None), str, float, int, bool)
    return _made(next(kind for kind in kinds if kind not in leaves), value)


def _tuple(kind: Any, value: list[Any]) -> Any:
    fields, hints = kind._fields, _hints(kind)
    if not isinstance(value, list) or len(value) > len(fields):
        raise PlainError(f"{value!r:.200} is no {kind.__name__}")
    return kind(*(_made(hints[f], item) for f, item in zip(fields, value, strict=False)))


@lru_cache(maxsize=256)
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
