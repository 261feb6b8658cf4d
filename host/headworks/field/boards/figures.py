"""The figures that a board tells of itself with its status, by our names. Pure."""

from collections.abc import Mapping
from typing import Any

LARGEST = 1 << 31  # of any count or figure of a board; more is nonsense
_FIGURES = {
    "hp": "heap_least_bytes",
    "gc": "gc_longest_ms",
    "lp": "loop_longest_ms",
    "ce": "board_refused_frames",
    "dr": "board_dropped_frames",
}


def figures(fields: Mapping[str, Any]) -> dict[str, int]:
    """Those of a status that make sense, as fields of Counters."""
    return {ours: fields[key] for key, ours in _FIGURES.items() if _is_figure(fields.get(key))}


def _is_figure(value: object) -> bool:
    return type(value) is int and 0 <= value < LARGEST
