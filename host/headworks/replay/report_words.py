"""Figures as people read them: rounded, with the unit that suits their size."""

NONE = "–"


def energy(kwh: float | None) -> str:
    """kWh below ten thousand, else MWh or GWh."""
    if kwh is None:
        return NONE
    for unit, size in (("GWh", 1e6), ("MWh", 1e3)):
        if abs(kwh) >= 10.0 * size:
            return f"{_three(kwh / size)} {unit}"
    return f"{_three(kwh)} kWh"


def share(value: float | None, digits: int = 1) -> str:
    """Per cent; what is not quite nothing is not rounded down to it."""
    if value is None:
        return NONE
    percent = 100.0 * value
    least = 10.0**-digits
    return (
        f"< {least:g} %"
        if 0.0 < percent < least / 2
        else f"{round(percent, digits) + 0.0:.{digits}f} %"
    )


def seconds(value: float | None) -> str:
    """A length of time as a person says it: 45 s, 2 min 3 s, 6.4 h, 14 d."""
    if value is None:
        return NONE
    if value < 120.0:
        return f"{value:.3g} s"
    if value < 7200.0:
        minutes, left = divmod(round(value), 60)
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    hours = value / 3600.0
    return f"{hours:.1f} h" if hours < 1000.0 else f"{hours:,.0f} h"


def number(value: float | None, digits: int = 1) -> str:
    """A plain number."""
    return NONE if value is None else f"{value:,.{digits}f}"


def power(kw: float | None) -> str:
    """kW."""
    return NONE if kw is None else f"{_three(kw)} kW"


def _three(value: float) -> str:
    """About three figures, and no exponent."""
    size = abs(value)
    digits = 0 if size >= 100.0 else 1 if size >= 10.0 else 2 if size >= 1.0 else 3
    return f"{value:,.{digits}f}" if value else "0"
