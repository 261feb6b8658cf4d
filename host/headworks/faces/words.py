"""Turns reasons into plain words: one sentence for a code and its figures.

Decides nothing. Each code has forms in its language, English from `sentences.FORMS`, the fullest
first; the first form whose figures are all there is taken, so that a missing figure shortens a
sentence and never breaks it.
"""

import math
from collections.abc import Callable, Mapping
from string import Formatter

from headworks.faces.tongue import ENGLISH, Tongue
from headworks.faces.value_words import CHANNEL_UNITS
from headworks.model.text import clean

__all__ = ["clean", "duration", "sentence", "state_word"]

Value = float | str
Units = Mapping[str, str]
_FIELDS = Formatter()
_OF_OTHERS = ("cause", "error", "why")  # values that other parts have said, as text


def sentence(
    code: str, values: Mapping[str, Value], subject: str = "", tongue: Tongue = ENGLISH
) -> str:
    """One sentence why, with rounded figures and units. `subject` is whom it is about.

    An unknown code gives its own words. Never raises; control characters are made visible.
    """
    known = _shown(values, subject, tongue)
    for form in tongue.forms.get(code, ()):
        if all(name in known for _, name, _, _ in _FIELDS.parse(form) if name):
            return _filled(form, known)
    return f"{clean(code).replace('-', ' ').capitalize() or 'Unknown'}."


def _filled(form: str, known: Mapping[str, str]) -> str:
    """The form with its figures; a name at its beginning keeps its letters."""
    text = form.format_map(known)
    return text if form.startswith("{") else text[:1].upper() + text[1:]


def state_word(state: str, tongue: Tongue = ENGLISH) -> str:
    """A rack's state in the words of a list: "locked out"."""
    return tongue.states.get(state, clean(state).replace("-", " "))


def _shown(values: Mapping[str, Value], subject: str, tongue: Tongue) -> dict[str, str]:
    """Every value that can be shown, as text; empty and infinite ones are left out."""
    shown = {name: _show(name, value, tongue) for name, value in values.items()}
    shown["subject"] = clean(subject)
    if shown.get("value") and isinstance(values["value"], int | float):
        shown["value"] += _unit_of(values.get("when"))
    other_kw = values.get("other_kw")
    if isinstance(other_kw, int | float) and round(other_kw, 1) < 0:
        shown["fed_kw"] = _show("fed_kw", -other_kw, tongue)
    shown["flow"] = _flow(values.get("export_kw"), tongue)
    shown["lost"] = tongue.lost.get(str(values.get("limit")), "")
    have_kw = values.get("have_kw")
    if isinstance(have_kw, int | float) and shown["have_kw"] == shown.get("need_kw") != "":
        shown["have_kw"] = _short_of(have_kw, tongue.units)
    return {name: _apart(text, tongue) for name, text in shown.items() if text}


def _apart(text: str, tongue: Tongue) -> str:
    """Figures and names keep their own direction inside a text from right to left."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if tongue.isolate else text


def _unit_of(channel: Value | None) -> str:
    """What stands after a figure of this channel: " °C", or nothing where its name has no unit."""
    found = (unit for end, unit in CHANNEL_UNITS.items() if str(channel).endswith(end))
    unit = next(found, "")
    return f" {unit}" if unit else ""


def _short_of(value: float, units: Units) -> str:
    """What is just not enough is not rounded up to enough."""
    return f"{math.floor(value * 10.0) / 10.0:.1f} {units['kW']}"


def _flow(export_kw: Value | None, tongue: Tongue) -> str:
    if not isinstance(export_kw, int | float) or not math.isfinite(export_kw):
        return ""
    return f"{tongue.flows[export_kw < 0]} {_kw(abs(export_kw), tongue.units)}"


def _show(name: str, value: object, tongue: Tongue) -> str:
    if isinstance(value, str):
        word = clean(value)
        table = tongue.tables.get(name)
        if name in _OF_OTHERS:
            return tongue.answered(word)
        return table.get(value, word) if table else word
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return ""
    if name == "wait_s":
        return _wait(value, tongue.units)
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return _UNITS[unit](value, tongue.units) if unit else _count(name, value, tongue)


def _kw(value: float, units: Units) -> str:
    return f"{_rounded(value)} {units['kW']}"


def _kws(value: float, units: Units) -> str:
    return f"{_rounded(value)} {units['kW·s']}"


def _rounded(value: float) -> str:
    text = f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"
    return "0" if float(text) == 0 else text.removesuffix(".0")


def _hz(value: float, units: Units) -> str:
    return f"{value:.2f} {units['Hz']}"


def _wait(value: float, units: Units) -> str:
    """A time still to wait is never shown as nothing; one that is over is left out."""
    return duration(max(0.1, value), units) if value > 0 else ""


def duration(value: float, units: Units = ENGLISH.units) -> str:
    """Seconds as 0.4 s, 12 s, 3 min 20 s or 2 h 5 min."""
    second, minute, hour = units["s"], units["min"], units["h"]
    if value < 9.95:
        return f"{_rounded(max(0.0, value))} {second}"
    if round(value) < 60:
        return f"{value:.0f} {second}"
    minutes, seconds = divmod(round(value), 60)
    if minutes < 10 and seconds:
        return f"{minutes} {minute} {seconds} {second}"
    if minutes < 60:
        return f"{minutes} {minute}"
    hours, rest = divmod(minutes, 60)
    return f"{hours} {hour} {rest} {minute}" if rest else f"{hours} {hour}"


def _count(name: str, value: float, tongue: Tongue) -> str:
    if name == "share":
        return f"{value * 100:.0f} %"
    words = tongue.counts.get(name)
    if words is None:
        return f"{value:.4g}"
    return f"{value:.0f} {words[round(value) != 1]}"


_UNITS: dict[str, Callable[[float, Units], str]] = {
    "_kws": _kws,
    "_kw": _kw,
    "_hz": _hz,
    "_s": duration,
}
