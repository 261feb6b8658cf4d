"""A JSON text with places for fields, `{{name}}`, filled so that it stays JSON whatever they hold.

Pure. A place stands inside a JSON string; a field is escaped before it is put there.
"""

import json
import re
from collections.abc import Mapping

FIELDS = ("site", "key", "kind", "source", "severity", "code", "text", "todo", "time")
_PLACE = re.compile(r"\{\{\s*([A-Za-z_]*)\s*\}\}")
_NASTY = 'a"b\\c\n'


class TemplateError(ValueError):
    """The template cannot be used; the text says why and what to write instead."""


def check(template: str) -> None:
    """Raises TemplateError where a field is unknown or a filled template would be no JSON."""
    unknown = [name for name in _PLACE.findall(template) if name not in FIELDS]
    if unknown:
        raise TemplateError(f"has no field {unknown[0]!r} to fill; there are {', '.join(FIELDS)}")
    if not _PLACE.search(template):
        raise TemplateError("says nothing of the alarm; write {{text}} where it belongs")
    try:
        json.loads(filled(template, dict.fromkeys(FIELDS, _NASTY)))
    except (ValueError, RecursionError):
        raise TemplateError(
            'is no JSON when it is filled; write every field inside quotes: {"text": "{{text}}"}'
        ) from None


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The template with its fields, each escaped as inside a JSON string."""
    return _PLACE.sub(lambda place: json.dumps(fields.get(place[1], ""))[1:-1], template)
