"""A statement as PDF/A-3 with its signed figures as an attachment. Wants the extra `statement`.

typst sets the page; the same page, software and fonts give the same bytes on every machine.
"""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from headworks.statement.content import parse
from headworks.statement.model import StatementError
from headworks.statement.page import Page, plain
from headworks.statement.signature import Signed, document, signed_of

_HERE = Path(__file__).parent
ATTACHMENT = "statement.json"
_MISSING = (
    "PDF wants two more packages; install them with `pip install headworks[statement]`, "
    "or write --html or --csv"
)


def render(page: Page, signed: Signed, made_s: int) -> bytes:
    """The PDF, without its seal. Raises StatementError where typst is not installed."""
    try:
        import typst
    except ImportError as error:
        raise StatementError(_MISSING) from error
    pdf = typst.compile(
        str(_HERE / "statement.typ"),
        root=str(_HERE),
        font_paths=[str(_HERE / "fonts")],
        ignore_system_fonts=True,
        sys_inputs={
            "page": json.dumps(plain(page), ensure_ascii=False),
            "signed": json.dumps(document(signed), ensure_ascii=False, sort_keys=True),
        },
        pdf_standards=["a-3b"],
        pdf_tags=False,  # of a thousand rows they would weigh ten times the page
        timestamp=datetime.fromtimestamp(made_s, UTC),
    )
    return bytes(pdf)


def read(body: bytes) -> Signed:
    """The signed figures that a PDF carries. Raises StatementError."""
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise StatementError(_MISSING) from error
    try:
        found: Any = PdfReader(BytesIO(body)).attachments.get(ATTACHMENT, [])
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StatementError(f"a damaged PDF ({error}); ask for the original file") from error
    if len(found) != 1:
        raise StatementError(
            f"this PDF holds no {ATTACHMENT}, so it is no statement, or it was printed anew; "
            "ask for the original file"
        )
    return signed_of(parse(bytes(found[0])))
