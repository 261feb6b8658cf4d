"""What has changed between two values of the model, so that a scan costs few bytes.

A change is None (the same), [plain] (all of it is new) or {"position": change} for the parts of
a tuple or mapping. Exact: 1, 1.0 and True differ, and so do 0.0 and -0.0.
"""

from collections.abc import Mapping
from typing import Any

from headworks.record.plain import PlainError, to_plain

_LEAVES = frozenset((float, int, str, bool))


def diff(old: Any, new: Any) -> Any:
    """What turns `old` into `new`. Objects that are the same cost nothing."""
    if old is new:
        return None
    kind = type(new)
    if type(old) is kind:
        if kind in _LEAVES:
            if old == new and (new or repr(old) == repr(new)):
                return None
        elif isinstance(new, tuple) and len(old) == len(new):
            return _parts(old, new)
        elif isinstance(new, Mapping) and list(old) == list(new):
            return _parts(old.values(), new.values())
    return [to_plain(new)]


def _parts(old: Any, new: Any) -> dict[int, Any] | None:
    found = {}
    for position, (before, after) in enumerate(zip(old, new, strict=True)):
        if before is not after:
            kind = type(after)
            if kind in _LEAVES and type(before) is kind and before == after and after:
                continue
            change = diff(before, after)
            if change is not None:
                found[position] = change
    return found or None


def patched(old: Any, change: Any) -> Any:
    """The plain value after a change as JSON gives it back. Raises PlainError."""
    if change is None:
        return old
    if isinstance(change, list) and len(change) == 1:
        return change[0]
    try:
        made = dict(old) if isinstance(old, dict) else list(old)
        keys = list(made) if isinstance(made, dict) else range(len(made))
        for position, part in change.items():
            key = keys[int(position)]
            made[key] = patched(made[key], part)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise PlainError(f"a change that fits nothing: {error}") from error
    return made
