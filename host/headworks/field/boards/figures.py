"""The figures that a board tells of itself with its status, by our names. Pure."""

from collections.abc import Mapping
from typing import Any

_FIGURES = {
    "hp": "heap_least_bytes",
    "gc": "gc_longest_ms",
    "lp": "loop_longest_ms",
    "ce": "board_refused_frames",
    "dr": "board_dropped_frames",
}


def figures(fields: Mapping[str, Any]) -> dict[str, int]:
    """Those of a status, as fields of Counters."""
    return {ours: fields[key] for key, ours in _FIGURES.items() if isinstance(fields.get(key), int)}
