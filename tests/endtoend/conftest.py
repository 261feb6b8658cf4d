"""One running crew for all tests of this folder, and a play on it from steady to steady."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from endtoend.crew import Crew
from endtoend.play import Play


@pytest.fixture(scope="package")
def crew() -> Iterator[Crew]:
    """One crew for all rows, in a folder with a path so short that sockets fit below it."""
    with tempfile.TemporaryDirectory(prefix="hw-", dir="/tmp") as name:
        found = Crew(Path(name))
        try:
            found.start_all()
            yield found
        finally:
            found.end()


@pytest.fixture
def play(crew: Crew) -> Iterator[Play]:
    """A row's play, from a steady state to a steady state."""
    found = Play(crew)
    try:
        found.steady()
        yield found
        found.steady()
    finally:
        found.close()
