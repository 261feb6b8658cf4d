"""Named tuples made in C, for the few that a scan makes for every rack.

The constructor that `NamedTuple` writes is a Python function and costs three times as much.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

T = TypeVar("T")


def maker(kind: type[T]) -> Callable[[tuple[object, ...]], T]:
    """A function from all fields of a named tuple, in their order, to the tuple."""
    return cast(Callable[[tuple[object, ...]], T], partial(tuple.__new__, kind))
