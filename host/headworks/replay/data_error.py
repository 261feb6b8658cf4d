"""What is wrong with a data file, in one line: file, row, cause and what to do."""

from pathlib import Path

from headworks.model.text import clean


class DataError(Exception):
    """A data file cannot be used; the text is one line that names place, cause and fix."""


def at(path: Path, row: int | None, cause: str, fix: str) -> DataError:
    """The error of one place. The heading is row 1; `row` None is the file as a whole."""
    place = clean(str(path)) if row is None else f"{clean(str(path))}: row {row}"
    return DataError(f"{place}: {clean(cause)}; {clean(fix)}")


def short(text: str, most: int = 40) -> str:
    """A cell's text as it may be quoted in one line."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")
