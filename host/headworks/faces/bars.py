"""Small drawings out of characters: bars and histories. Knows no station and no colour."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int, ascii_only: bool = False) -> str:
    """`width` characters of which `share` (0..1, cut to that) is filled."""
    share = min(max(share, 0.0), 1.0)
    if ascii_only:
        return ("#" * round(share * width)).ljust(width, ".")
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width, "·")


def history(values: Sequence[float], top: float, width: int, ascii_only: bool = False) -> str:
    """The whole series squeezed into at most `width` characters, `top` being a full one."""
    steps = ".:-=+*%#" if ascii_only else _STEPS
    if not values or top <= 0:
        return ""
    columns = min(width, len(values))
    means = [_mean(values, i, columns) for i in range(columns)]
    return "".join(steps[_level(mean / top, len(steps))] for mean in means)


def _mean(values: Sequence[float], column: int, columns: int) -> float:
    first, last = column * len(values) // columns, (column + 1) * len(values) // columns
    part = values[first:last]
    return sum(part) / len(part)


def _level(share: float, levels: int) -> int:
    return min(max(round(share * (levels - 1)), 0), levels - 1)
