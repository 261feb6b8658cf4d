"""What may stand in an address or a body, as schemas of the OpenAPI document.

The bounds are those that `asked` and `record_handlers` keep.
"""

from collections.abc import Mapping
from typing import Any

from headworks.faces.languages.files import languages
from headworks.faces.web import asked, history, journal
from headworks.faces.web.record_handlers import LONGEST_WORDS, MOST_ENTRIES
from headworks.faces.web.statements import FORMS
from headworks.model.commissioning import Verdict
from headworks.record.history import LONGEST_S

Json = dict[str, Any]
_INSTANT = {"type": "number", "minimum": 0, "maximum": asked.LATEST_S}
_BOUNDS: Mapping[str, Json] = {
    "lang": {"type": "string", "description": "Of /api/languages; any other is English"},
    "last": {"type": "number", "minimum": 1, "maximum": LONGEST_S},
    "from": _INSTANT,
    "to": _INSTANT,
    "points": {"type": "integer", "minimum": history.LEAST_SPANS, "maximum": history.MOST_SPANS},
    "before": {"type": "integer", "minimum": 1, "maximum": 2**53},
    "most": {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES},
    "words": {"type": "string", "maxLength": LONGEST_WORDS},
    "month": {"type": "string", "pattern": f"^{asked.MONTH}$"},
}
MUST = ("month",)  # of those behind the question mark


def schema_of(name: str) -> Json:
    """The schema of what is called so in an address."""
    words = {"code": languages(), "form": FORMS, "category": ("", *journal.CATEGORIES)}
    if name in words:
        return {"type": "string", "enum": list(words[name])}
    return dict(_BOUNDS.get(name, {"type": "string", "minLength": 1}))


def field_of(name: str) -> Json:
    """The schema of a field of a body; every field is a text."""
    texts = {"type": "string"}
    return {**texts, "enum": [one.value for one in Verdict]} if name == "result" else texts
