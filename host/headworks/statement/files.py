"""Makes the files of a statement, each sealed and whole on the disk before it has its name."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from headworks.statement import html, pdf, table
from headworks.statement.compose import compose
from headworks.statement.content import content
from headworks.statement.model import Statement
from headworks.statement.sealed import Form, sealed
from headworks.statement.signature import Signer, sign
from headworks.statement.words import words


def render(statement: Statement, form: Form, language: str, key: Signer) -> bytes:
    """One file with its seal. Raises StatementError. A CSV is the same in every language."""
    signed = sign(content(statement), key)
    if form is Form.CSV:
        return sealed(form, table.render(statement, signed), key)
    page = compose(statement, signed, words(language))
    if form is Form.HTML:
        return sealed(form, html.render(page, signed), key)
    return sealed(form, pdf.render(page, signed, statement.made_s), key)


def name_of(statement: Statement, form: Form, language: str) -> str:
    """The name of a file; one of a month that still runs says so."""
    site = re.sub(r"[^A-Za-z0-9_-]+", "-", statement.site).strip("-") or "site"
    parts = ["statement", site, statement.month]
    parts += [] if statement.complete else ["preliminary"]
    parts += [language] if form is not Form.CSV and language != "en" else []
    return f"{'-'.join(parts)}.{form.value}"


def write(
    statement: Statement, forms: Iterable[Form], language: str, key: Signer, folder: Path
) -> list[Path]:
    """Write the files; all are made before the first is written. Raises OSError."""
    made = {
        name_of(statement, form, language): render(statement, form, language, key) for form in forms
    }
    for name, data in made.items():
        part = folder / f".{name}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    return [folder / name for name in made]
