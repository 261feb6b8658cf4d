"""The words of a statement in each language: `languages/*.toml`. A new language is a new file."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from headworks.statement.model import StatementError

FOLDER = Path(__file__).parent / "languages"
_LTR, _END = "\u2066", "\u2069"  # an isolate: what is inside reads left to right


class Words:
    """Texts by their names, filled with figures that read left to right."""

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        self.direction = str(table["direction"])
        self._table = table

    def __call__(self, name: str, /, **figures: object) -> str:
        """The text of `section.name`, or of the section's own name."""
        text: Any = self._table
        for part in name.split("."):
            text = text[part]
        return str(text).format_map({key: self.ltr(value) for key, value in figures.items()})

    def known(self, section: str, name: str) -> str:
        """The text of a code; the code itself, in plain letters, where there is none."""
        return str(self._table[section].get(name) or name.replace("-", " "))

    def ltr(self, value: object) -> str:
        """A value that keeps its order in a sentence that runs from right to left."""
        return f"{_LTR}{value}{_END}" if self.direction == "rtl" else str(value)


def languages() -> list[str]:
    """The languages there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """The words of a language. Raises StatementError for one that is not there."""
    if language not in languages():
        raise StatementError(
            f"no language {language[:20]!r}; write one of {', '.join(languages())}"
        )
    with (FOLDER / f"{language}.toml").open("rb") as file:
        return Words(language, tomllib.load(file))
