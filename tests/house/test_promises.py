"""The table of promises names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
NAMED = re.compile(r"`([\w/]+\.py)?::(\w+)`")


def _named() -> list[tuple[str, str]]:
    """(file, test) of every row; a name without a file belongs to the file before it."""
    found = []
    path = ""
    for line in (TESTS / "README.md").read_text(encoding="utf-8").splitlines():
        for given, name in NAMED.findall(line):
            path = given or path
            found.append((path, name))
    return found


def test_every_promise_names_a_test_that_exists() -> None:
    """A promise whose test was renamed or removed is no longer kept."""
    missing = [
        f"{path}::{name}"
        for path, name in _named()
        if not (TESTS / path).is_file()
        or f"def {name}(" not in (TESTS / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_there_are_promises() -> None:
    """The reading of the table finds its rows, so that the test above can fail."""
    assert len(_named()) > 100
