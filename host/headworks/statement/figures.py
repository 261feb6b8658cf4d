"""Numbers as people read them, the same in every language: commas and a point, never rounded up.

Commas, since blanks inside a number fall apart where text runs from right to left.
"""

from decimal import Decimal

UNKNOWN = "–"


def kwh(wh: int | None) -> str:
    """Wh as kWh with every digit: 1,234.567."""
    return UNKNOWN if wh is None else f"{Decimal(wh) / 1000:,.3f}"


def kw(w: int | None) -> str:
    """W as kW with one digit."""
    return UNKNOWN if w is None else f"{Decimal(w) / 1000:,.1f}"


def whole_kwh(wh: int | None) -> str:
    """Wh as whole kWh, for a headline."""
    return UNKNOWN if wh is None else f"{Decimal(wh) / 1000:,.0f}"


def share(part: int | None, whole: int | None) -> str:
    """A part in percent with one digit, rounded down so that 99.96 % is not called all."""
    if part is None or not whole:
        return UNKNOWN
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def seconds(milliseconds: int | None) -> str:
    """Milliseconds as seconds with one digit, rounded up: a response is never made faster."""
    if milliseconds is None:
        return UNKNOWN
    tenths = -(-milliseconds // 100)
    return f"{tenths // 10:,}.{tenths % 10} s"


def duration(length_s: int | None) -> str:
    """A length as hours and minutes: 12:30 h."""
    if length_s is None:
        return UNKNOWN
    return f"{length_s // 3600:,}:{length_s % 3600 // 60:02d} h"


def money(amount: str) -> str:
    """An amount with commas and as many digits as its currency has."""
    return f"{Decimal(amount):,f}"


def groups(text: str, size: int = 8) -> str:
    """Hexadecimal digits in groups that an eye can compare."""
    return " ".join(text[i : i + size] for i in range(0, len(text), size)) or UNKNOWN
