"""Who may do what: four roles, each with everything of the ones before it."""

from enum import IntEnum


class Role(IntEnum):
    """A viewer looks; a technician may take power away; an operator may give it back."""

    VIEWER = 1
    TECHNICIAN = 2
    OPERATOR = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """As people write it."""
        return self.name.lower()


NAMES = tuple(role.word for role in Role)


def role_of(word: str) -> Role:
    """The role of this name. Raises ValueError with the names there are."""
    try:
        return Role[word.upper()]
    except KeyError:
        raise ValueError(f"no role is called {word!r}; there are {', '.join(NAMES)}") from None
