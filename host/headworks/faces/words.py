"""Turns reasons into plain English: one sentence for a code and its figures.

Decides nothing. Each code has forms in `sentences.FORMS`, the fullest first; the first form
whose figures are all there is taken, so that a missing figure shortens a sentence and never
breaks it.
"""

import math
from collections.abc import Callable, Mapping
from string import Formatter

from headworks.faces.board_sentences import FAULTS
from headworks.faces.sentences import CHANNELS, FORMS, LATCHES, LIMITS, LOST, QUALITIES, STATES
from headworks.model.text import clean

__all__ = ["clean", "duration", "sentence", "state_word"]

Value = float | str
_FIELDS = Formatter()


def sentence(code: str, values: Mapping[str, Value], subject: str = "") -> str:
    """One sentence why, with rounded figures and units. `subject` is whom it is about.

    An unknown code gives its own words. Never raises; control characters are made visible.
    """
    known = _shown(values, subject)
    for form in FORMS.get(code, ()):
        if all(name in known for _, name, _, _ in _FIELDS.parse(form) if name):
            return _filled(form, known)
    return f"{clean(code).replace('-', ' ').capitalize() or 'Unknown'}."


def _filled(form: str, known: Mapping[str, str]) -> str:
    """The form with its figures; a name at its beginning keeps its letters."""
    text = form.format_map(known)
    return text if form.startswith("{") else text[:1].upper() + text[1:]


def state_word(state: str) -> str:
    """A rack's state in the words of a list: "locked out"."""
    return STATES.get(state, clean(state).replace("-", " "))


def _shown(values: Mapping[str, Value], subject: str) -> dict[str, str]:
    """Every value that can be shown, as text; empty and infinite ones are left out."""
    shown = {name: _show(name, value) for name, value in values.items()}
    shown["subject"] = clean(subject)
    shown["flow"] = _flow(values.get("export_kw"))
    shown["lost"] = LOST.get(str(values.get("limit")), "")
    have_kw = values.get("have_kw")
    if isinstance(have_kw, int | float) and shown["have_kw"] == shown.get("need_kw") != "":
        shown["have_kw"] = _short_of(have_kw)
    return {name: text for name, text in shown.items() if text}


def _short_of(value: float) -> str:
    """What is just not enough is not rounded up to enough."""
    return f"{math.floor(value * 10.0) / 10.0:.1f} kW"


def _flow(export_kw: Value | None) -> str:
    if not isinstance(export_kw, int | float) or not math.isfinite(export_kw):
        return ""
    return f"{'Exporting' if export_kw >= 0 else 'Importing'} {_kw(abs(export_kw))}"


def _show(name: str, value: object) -> str:
    if isinstance(value, str):
        word = clean(value)
        table = _TABLES.get(name)
        return table.get(value, word) if table else word
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return ""
    if name == "wait_s":
        return _wait(value)
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return _UNITS[unit](value) if unit else _count(name, value)


def _kw(value: float) -> str:
    return f"{_rounded(value)} kW"


def _kws(value: float) -> str:
    return f"{_rounded(value)} kW·s"


def _rounded(value: float) -> str:
    text = f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"
    return "0" if float(text) == 0 else text.removesuffix(".0")


def _hz(value: float) -> str:
    return f"{value:.2f} Hz"


def _wait(value: float) -> str:
    """A time still to wait is never shown as nothing; one that is over is left out."""
    return duration(max(0.1, value)) if value > 0 else ""


def duration(value: float) -> str:
    """Seconds as 0.4 s, 12 s, 3 min 20 s or 2 h 5 min."""
    if value < 9.95:
        return f"{_rounded(max(0.0, value))} s"
    if round(value) < 60:
        return f"{value:.0f} s"
    minutes, seconds = divmod(round(value), 60)
    if minutes < 10 and seconds:
        return f"{minutes} min {seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _count(name: str, value: float) -> str:
    if name == "share":
        return f"{value * 100:.0f} %"
    one = _ONE.get(name)
    if one is None:
        return f"{value:.4g}"
    return f"{value:.0f} {one if round(value) == 1 else name}"


_UNITS: dict[str, Callable[[float], str]] = {
    "_kws": _kws,
    "_kw": _kw,
    "_hz": _hz,
    "_s": duration,
}
_ONE = {"tries": "try", "starts": "start", "changes": "change"}
_TABLES: dict[str, Mapping[str, str]] = {
    "quality": QUALITIES,
    "limit": LIMITS,
    "latch": LATCHES,
    "channel": CHANNELS,
    "fault": FAULTS,
}
