"""The chain of the journal: every entry is hashed together with the hash before it.

Pure functions: no file, no key. A hash is SHA-256 over the previous hash, a line break and the
entry's canonical JSON (sorted keys, no blanks, ASCII).
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from headworks.record.stamp import Entry, Stamp

NOTHING = "0" * 64  # the hash before the first entry


def canonical(body: Mapping[str, Any]) -> str:
    """The one text of an entry."""
    return json.dumps(_finite(body), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(previous: str, text: str) -> str:
    """The hash of an entry, 64 hexadecimal digits."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def body_of(seq: int, stamp: Stamp, entry: Entry) -> dict[str, Any]:
    """An entry as it is written. What is empty is left out; the times are always there."""
    given = {name: value for name, value in entry._asdict().items() if value}
    return {"seq": seq, **stamp._asdict(), **given}


def _finite(value: Any) -> Any:
    """JSON has no infinities: they become texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
