"""What can be wrong with a site file, and the list in which it is collected. Finds nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from headworks.model.text import clean

ERROR = "error"
WARNING = "warning"


class Spot(NamedTuple):
    """A place in the file. Line and column count from 1; a tab is one column."""

    line: int = 1
    column: int = 1


class Problem(NamedTuple):
    """One mistake: where, and `what is wrong; what to write instead`."""

    line: int
    column: int
    text: str
    severity: str = ERROR

    def render(self, source: str) -> str:
        """The line that people and editors read."""
        return f"{clean(source)}:{self.line}:{self.column}: {self.severity}: {self.text}"


class SiteErrors(Exception):  # noqa: N818 — a list of them
    """A site file has mistakes: all of them, sorted by their place."""

    def __init__(self, problems: Iterable[Problem], source: str = "site.toml") -> None:
        self.problems = list(problems)
        self.source = source
        super().__init__("\n".join(problem.render(source) for problem in self.problems))


class SiteUnreadable(Exception):  # noqa: N818 — a state of the file
    """A site file cannot be read at all. The text is one line with cause and fix."""


@dataclass
class Findings:
    """Collects mistakes and warnings while a file is checked."""

    found: list[Problem] = field(default_factory=list)

    def error(self, spot: Spot, text: str) -> None:
        """Add a mistake."""
        self.found.append(Problem(spot.line, spot.column, text))

    def warning(self, spot: Spot, text: str) -> None:
        """Add something to think about that does not keep the station from running."""
        self.found.append(Problem(spot.line, spot.column, text, WARNING))

    @property
    def failed(self) -> bool:
        """Whether there is at least one mistake."""
        return any(problem.severity == ERROR for problem in self.found)

    def sorted(self) -> list[Problem]:
        """Everything by place, each statement once."""
        return sorted(set(self.found))
