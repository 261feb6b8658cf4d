"""Every broken sample gives exactly the mistakes that its first lines name."""

from pathlib import Path

import pytest

from headworks.site import check
from sitefile.samples import BROKEN, GOOD, expected


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_file_is_named(path: Path) -> None:
    """Line, column and text of all mistakes are exact, and there are no others."""
    text = path.read_text(encoding="utf-8")
    site, problems = check(text, path.name)
    found = [(p.line, p.column, p.severity, p.text) for p in problems]
    assert site is None
    assert found == [tuple(line) for line in expected(text)]


def test_there_are_enough_broken_files() -> None:
    """At least sixty mistakes have a sample of their own."""
    assert len(BROKEN) >= 60
    assert all(expected(path.read_text(encoding="utf-8")) for path in BROKEN)


def test_every_message_has_cause_and_fix() -> None:
    """Every text says what is wrong, then after a semicolon what to write instead."""
    texts = [line.text for path in BROKEN for line in expected(path.read_text(encoding="utf-8"))]
    assert [text for text in texts if "; " not in text] == []
    assert [text for text in texts if not text.isprintable()] == []


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_file_has_no_mistake(path: Path) -> None:
    """A good sample is read without a mistake or a warning about its form."""
    site, problems = check(path.read_text(encoding="utf-8"), path.name)
    assert [p for p in problems if p.severity == "error"] == []
    assert site is not None
