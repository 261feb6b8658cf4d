"""The parts of the schema: a row for a key, a section of rows. Knows no section of a site file."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Kind = Callable[["Key", Any], Any]


class FormError(Exception):
    """A value that cannot be used; the text says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the schema: a key, its kind, its range and what to say of zero.

    `field` is its name in the model where that differs. A key that is not needed and not
    written takes the model's default. `example` is what to write where it is missing.
    `zero` says why 0 is refused; `zero_means` is a warning where 0 is accepted but surprising.
    """

    name: str
    kind: Kind
    least: float = -math.inf
    most: float = math.inf
    unit: str = ""
    needed: bool = False
    field: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    zero: str = ""
    zero_means: str = ""

    @property
    def target(self) -> str:
        """The name in the model."""
        return self.field or self.name


@dataclass(frozen=True, slots=True)
class Section:
    """A section: [name], or [[name]] where there may be many. `child` is a list within it."""

    name: str
    keys: tuple[Key, ...]
    many: bool = True
    child: "Section | None" = None

    @property
    def heading(self) -> str:
        """As it is written."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"

    def key(self, wanted: str) -> Key | None:
        """The row of a key."""
        return next((key for key in self.keys if key.name == wanted), None)
