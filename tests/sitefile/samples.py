"""The sample files of these tests: good ones, and broken ones with what must be said of them."""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
GOOD = sorted((HERE / "good").glob("*.toml"))
BROKEN = sorted((HERE / "broken").glob("*.toml"))
_EXPECTED = re.compile(r"# (\d+):(\d+): (error|warning): (.*)")


class Expected(NamedTuple):
    """One line of a broken file's head."""

    line: int
    column: int
    severity: str
    text: str


def expected(text: str) -> list[Expected]:
    """What the lines at the top of a broken file say must be found."""
    found = []
    for line in text.splitlines():
        match = _EXPECTED.fullmatch(line)
        if match is None:
            break
        found.append(Expected(int(match[1]), int(match[2]), match[3], match[4]))
    return found
