"""What a page can hold: the one description that PDF, HTML and CSV are drawn from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

# all but text reads from left to right in every language
TEXT, FIGURE, CODE, HASH = "text", "figure", "code", "hash"


class Cell(NamedTuple):
    """A piece of text; `kind` says how it reads and on which side it stands."""

    text: str
    kind: str = TEXT


class Heading(NamedTuple):
    """The heading of a section. `fresh`: on a page of its own."""

    text: str
    fresh: bool = False


class Note(NamedTuple):
    """A sentence or two; `strong` ones must not be missed."""

    text: str
    strong: bool = False


class Tile(NamedTuple):
    """One figure that matters, with a few words above and below."""

    label: str
    figure: str
    below: str = ""


class Tiles(NamedTuple):
    """A row of tiles."""

    tiles: Sequence[Tile]


class Chart(NamedTuple):
    """A drawing as SVG; time runs from left to right in every language."""

    svg: str
    caption: str


class Row(NamedTuple):
    """A row of a table.

    `mark` is "gap" for what is not known, "total" for a sum, "blank" for a line to write on.
    """

    cells: Sequence[Cell]
    mark: str = ""


class Table(NamedTuple):
    """Columns by heading and kind, and rows. `widths` are parts of the page, 0 is as needed."""

    columns: Sequence[Cell]
    rows: Sequence[Row]
    widths: Sequence[float] = ()
    small: bool = False


Block = Heading | Note | Tiles | Chart | Table


class Page(NamedTuple):
    """A whole statement in one language. `direction` is ltr or rtl."""

    language: str
    direction: str
    title: str
    subtitle: str
    mark: str  # what stands on every page
    foot: str
    blocks: Sequence[Block]


def plain(page: Page) -> dict[str, Any]:
    """The page as JSON can hold it; each block says its kind."""
    blocks = [{"kind": type(block).__name__.lower(), **_fields(block)} for block in page.blocks]
    return {**page._asdict(), "blocks": blocks}


def _fields(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _fields(item) for name, item in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [_fields(item) for item in value]
    return value
