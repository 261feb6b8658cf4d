"""A statement as one HTML file that needs nothing else: no network, no script, no other file."""

import base64
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from headworks.statement.content import parse
from headworks.statement.model import StatementError
from headworks.statement.page import Cell, Chart, Heading, Note, Page, Row, Table, Tiles
from headworks.statement.signature import Signed, document, signed_of

_HERE = Path(__file__).parent
_DATA = re.compile(
    rb'<script type="application/json" id="headworks-statement">(.*?)</script>', re.DOTALL
)
_ARABIC = "U+0600-06FF,U+0750-077F,U+FB50-FDFF,U+FE70-FEFC"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"


def render(page: Page, signed: Signed) -> bytes:
    """The file, without its seal."""
    data = json.dumps(document(signed), sort_keys=True, separators=(",", ":"))
    parts = (
        f'<!doctype html>\n<html lang="{page.language}" dir="{page.direction}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)} – {escape(page.subtitle)}</title>\n"
        f"<style>\n{_style(page.direction)}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(page.title)}</h1><p>{escape(page.subtitle)}</p></header>\n<main>\n",
        *_blocks(page),
        f"</main>\n<footer>{escape(page.mark)} · {escape(page.foot)}</footer>\n",
        '<script type="application/json" id="headworks-statement">',
        data.replace("<", "\\u003c"),
        "</script>\n</body>\n</html>\n",
    )
    return "".join(parts).encode("utf-8", "replace")


def read(body: bytes) -> Signed:
    """The signed figures that an HTML file carries. Raises StatementError."""
    found = _DATA.findall(body)
    if len(found) != 1:
        raise StatementError("this page holds no figures of a statement; ask for the original file")
    return signed_of(parse(found[0]))


def _style(direction: str) -> str:
    style = (_HERE / "statement.css").read_text(encoding="utf-8")
    if direction != "rtl":
        return style
    faces = (("Regular", 400), ("Bold", 700))
    return "".join(_face(name, weight) for name, weight in faces) + style


def _face(name: str, weight: int) -> str:
    font = (_HERE / "fonts" / f"NotoNaskhArabic-{name}.ttf").read_bytes()
    data = base64.b64encode(font).decode("ascii")
    return (
        f"@font-face{{font-family:'Statement Naskh';font-weight:{weight};"
        f"unicode-range:{_ARABIC};src:url(data:font/ttf;base64,{data})}}\n"
    )


def _blocks(page: Page) -> Iterator[str]:
    for block in page.blocks:
        match block:
            case Heading():
                yield f"<h2>{escape(block.text)}</h2>\n"
            case Note():
                kind = "strong" if block.strong else "note"
                yield f'<p class="{kind}">{_prose(block.text)}</p>\n'
            case Tiles():
                yield from _tiles(block)
            case Chart():
                caption = escape(block.caption)
                yield f"<figure>{block.svg}<figcaption>{caption}</figcaption></figure>\n"
            case Table():
                yield from _table(block)


def _prose(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(
        f'<code dir="ltr">{part}</code>' if index % 2 else part for index, part in enumerate(parts)
    )


def _tiles(block: Tiles) -> Iterator[str]:
    yield '<div class="tiles">'
    for tile in block.tiles:
        yield (
            f"<div><span>{escape(tile.label)}</span>"
            f'<b dir="ltr">{escape(tile.figure)}</b><small>{escape(tile.below)}</small></div>'
        )
    yield "</div>\n"


def _table(block: Table) -> Iterator[str]:
    yield f'<div class="wide"><table class="{"small" if block.small else ""}">\n'
    if block.columns:
        cells = (f'<th class="{cell.kind}">{_prose(cell.text)}</th>' for cell in block.columns)
        yield f"<thead><tr>{''.join(cells)}</tr></thead>\n"
    yield "<tbody>\n"
    for row in block.rows:
        yield _row(row)
    yield "</tbody></table></div>\n"


def _row(row: Row) -> str:
    mark = f' class="{row.mark}"' if row.mark else ""
    return f"<tr{mark}>{''.join(_cell(cell) for cell in row.cells)}</tr>\n"


def _cell(cell: Cell) -> str:
    if cell.kind == "text":
        return f"<td>{_prose(cell.text)}</td>"
    return f'<td class="{cell.kind}"><bdi dir="ltr">{escape(cell.text)}</bdi></td>'
