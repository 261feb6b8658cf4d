"""Journal entries as people read them: a word for the kind, and a sentence."""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any

from headworks.faces.languages.files import Language
from headworks.faces.web.guide import on_a_word
from headworks.faces.words import sentence
from headworks.model.text import clean

Json = dict[str, Any]
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "alarms": ("alarm", "alarm-end", "trip", "latch", "reset", "fault"),
    "acts": ("asked", "command", "refused", "reset"),
    "racks": ("start", "stop"),
    "orders": ("curtail", "curtail-met", "curtail-end"),
    "guide": ("commissioning",),
    "system": ("station-start", "station-stop", "firmware", "begin", "seal", "recording-kept"),
}
# Not among "all": each has a place of its own, or says again what another entry says.
QUIET = ("interval", "recording", "recording-kept", "recording-gone", "asked", "seal", "samples")
GRAVE = ("trip", "latch", "fault", "alarm")  # on the time line of the history
ON_LINE = (*GRAVE, "station-start", "station-stop", "command", "refused", "curtail")
_FIELDS = Formatter()


def row(entry: Mapping[str, Any], language: Language) -> Json:
    """One entry; nothing in it can steer a screen."""
    kind = str(entry.get("kind", ""))
    values = entry.get("values", {})
    return {
        "seq": entry["seq"],
        "wall_s": entry.get("wall_s"),
        "clock": entry.get("clock", ""),
        "kind": clean(kind),
        "kind_word": language.texts.get(f"kind_{kind}", clean(kind)),
        "grave": kind in GRAVE,
        "source": clean(str(entry.get("source", ""))),
        "text": _text(kind, entry, values, language),
        "note": clean(str(entry.get("note", ""))),
        "who": clean(str(entry.get("who") or values.get("actor", ""))),
        "role": clean(str(entry.get("role") or values.get("role", ""))),
        "hash": str(entry.get("hash", ""))[:16],
    }


def rows(entries: Iterable[Mapping[str, Any]], language: Language) -> list[Json]:
    """All of them, in their order."""
    return [row(entry, language) for entry in entries]


def _text(
    kind: str, entry: Mapping[str, Any], values: Mapping[str, Any], language: Language
) -> str:
    code, source = str(entry.get("code", "")), str(entry.get("source", ""))
    form = language.texts.get(f"journal_{kind}")
    if form is None:
        return sentence(code, values, source, language.tongue) if code else ""
    known = {**values, "code": code, "source": source, "who": entry.get("who", "")}
    if kind == "commissioning":
        known["step"] = language.texts.get(f"step_{code}", code)
        how = "word" if on_a_word(values) else values.get("result")
        known["result"] = language.texts.get(f"result_{how}", "")
    return filled(form, known, language)


def filled(form: str, known: Mapping[str, Any], language: Language) -> str:
    """A text with its {names}; what is not known is a question mark."""
    names = {name for _, name, _, _ in _FIELDS.parse(form) if name}
    shown = {name: clean(str(known.get(name, "") or "?"))[:120] for name in names}
    if language.direction == "rtl":
        shown = {name: f"\u2068{text}\u2069" for name, text in shown.items()}
    return form.format_map(shown)
