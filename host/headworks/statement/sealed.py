"""The seal at the end of a file, in the way that each format lets something stand there.

PDF: a comment between the last and a second end of file, which points to the same place as the
first. HTML: a comment behind the page. CSV: one more line that begins with #.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from headworks.statement.model import StatementError
from headworks.statement.signature import Seal, Signer, seal
from headworks.statement.table import FIRST_LINE

_MARK = rb"headworks-seal ([0-9a-f]{64}) ([0-9a-f]{128})"
_START = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")


class Form(StrEnum):
    """Formats of a statement, as the ends of their files' names."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"


_ENDS = {
    Form.PDF: re.compile(rb"%" + _MARK + rb"\nstartxref\n(\d{1,12})\n%%EOF\n\Z"),
    Form.HTML: re.compile(rb"<!-- " + _MARK + rb" -->\n\Z"),
    Form.CSV: re.compile(rb"# " + _MARK + rb"\r\n\Z"),
}


class Parts(NamedTuple):
    """A file taken apart: what is sealed, and the seal; None where there is none at its end."""

    form: Form
    body: bytes
    seal: Seal | None


def sealed(form: Form, body: bytes, key: Signer) -> bytes:
    """The file with its seal."""
    if not body.endswith(b"\n"):
        body += b"\n"
    return body + _end(form, body, seal(body, key))


def _end(form: Form, body: bytes, found: Seal) -> bytes:
    text = f"headworks-seal {found.public_key} {found.signature}"
    if form is Form.HTML:
        return f"<!-- {text} -->\n".encode()
    if form is Form.CSV:
        return f"# {text}\r\n".encode()
    start = _START.search(body[-64:])
    return f"%{text}\nstartxref\n{int(start[1]) if start else 0}\n%%EOF\n".encode()


def parts(data: bytes) -> Parts:
    """Take a file apart. Raises StatementError where it is none of the formats."""
    form = form_of(data)
    found = _ENDS[form].search(data[-400:])
    if found is not None:
        body = data[: len(data) - len(found[0])]
        made = Seal(found[1].decode("ascii"), found[2].decode("ascii"))
        if body + _end(form, body, made) == data:  # its second end leads where the first does
            return Parts(form, body, made)
    return Parts(form, data, None)


def form_of(data: bytes) -> Form:
    """Which format a file has. Raises StatementError."""
    if data.startswith(b"%PDF-"):
        return Form.PDF
    head = data[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return Form.HTML
    if head.lstrip(b'"').startswith(FIRST_LINE.encode().lower()):
        return Form.CSV
    raise StatementError("neither PDF, HTML nor CSV of a statement; name the file that was made")
