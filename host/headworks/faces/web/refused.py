"""What the page answers where it does not do what was asked: a code, and a sentence per language.

The sentences stand in the language files, under `refusals`; a program is told the English one, the
code and its values, the page puts them into its own language.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Union

from headworks.faces.languages.files import FIRST, language

Json = dict[str, Any]
Value = Union[str, "Said"]


class Said(NamedTuple):
    """One sentence: its code in the language files, and its values, which may be sentences too."""

    code: str
    values: Mapping[str, Value]

    def __str__(self) -> str:
        """In English."""
        form = language(FIRST).refusals[self.code]
        return form.format_map({name: str(value) for name, value in self.values.items()})

    @property
    def as_json(self) -> Json:
        """As the page's scripts read it."""
        values = {k: v.as_json if isinstance(v, Said) else v for k, v in self.values.items()}
        return {"code": self.code, "values": values}


def said(code: str, **values: Value) -> Said:
    """A sentence with its values, which are texts as people read them."""
    return Said(code, values)


class RefusedError(Exception):
    """The request ends here with this status; the sentence says why and what to do.

    `again_s`: for so long another try has no use.
    """

    def __init__(self, status: int, code: str, *, again_s: float = 0.0, **values: Value) -> None:
        self.said = Said(code, values)
        super().__init__(str(self.said))
        self.status, self.again_s = status, again_s

    @property
    def as_json(self) -> Json:
        """The body of the answer."""
        return {"error": str(self), **self.said.as_json}

    @property
    def headers(self) -> dict[str, str]:
        """Those that say when to come again."""
        return {"retry-after": f"{max(1.0, self.again_s):.0f}"} if self.again_s else {}
