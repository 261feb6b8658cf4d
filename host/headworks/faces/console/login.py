"""Who may act at a console: a person with a PIN, for a while. Time is an argument.

The PINs are in a file of their own, each as its argon2 hash. None ships.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from headworks.faces.console.guesses import FILE as GUESSES
from headworks.faces.console.guesses import NOBODY, Guesses, GuessesError
from headworks.faces.people import secrets_of
from headworks.faces.people.accounts import AccountFile, AccountsError, User
from headworks.faces.people.roles import Role
from headworks.faces.words import duration

FILE = "pins.json"
IDLE_S = 300.0  # without a line, then a person must give the PIN again
NOBODY_YET = "nobody has a PIN yet; on the station's own shell: headworks user pin NAME"


class LoginError(Exception):
    """Nobody is logged in; the text says why and what to do."""


class Login:
    """At most one person at a time."""

    def __init__(self, people: Path, state: Path, idle_s: float = IDLE_S) -> None:
        """`people` is the folder of the PINs, `state` that of what this console counts."""
        self._file = AccountFile(people / FILE)
        self._guesses = Guesses(state / GUESSES)
        self._idle_s = idle_s
        self._user: User | None = None
        self._until_s = float("-inf")

    @property
    def name(self) -> str:
        """Who that is, or nobody: ""."""
        return self._user.name if self._user else ""

    @property
    def role(self) -> Role:
        """A viewer, unless somebody has given a PIN."""
        return self._user.role if self._user else Role.VIEWER

    def left_s(self, now_s: float) -> float | None:
        """How long it holds without a line; None where nobody is logged in."""
        return max(0.0, self._until_s - now_s) if self._user else None

    def used(self, now_s: float) -> None:
        """The person has given a line."""
        self._until_s = now_s + self._idle_s

    def off(self) -> None:
        """Log off."""
        self._user = None

    def still(self, now_s: float) -> str:
        """Look whether it still holds, and log off where not; why that is, or ""."""
        if self._user is None:
            return ""
        if now_s >= self._until_s:
            why = f"logged off after {duration(self._idle_s)} without a line"
        elif self._people().get(self._user.name) != self._user:
            why = "logged off: this PIN or its role was changed"
        else:
            return ""
        self.off()
        return why

    def who(self, name: str) -> str:
        """The name to ask a PIN of. Raises LoginError."""
        try:
            people = self._file.read().users
        except AccountsError as error:
            raise LoginError(f"no PIN can be looked at: {error}") from error
        if not people:
            raise LoginError(NOBODY_YET)
        if name.isdigit():
            raise LoginError("the PIN is asked for by itself; write: pin NAME")
        if not name and len(people) > 1:
            raise LoginError("whose? write: pin NAME")
        return name or next(iter(people))

    def knows(self, name: str) -> bool:
        """Whether a person of this name has a PIN."""
        return name in self._people()

    def may_try(self, now_s: float) -> None:
        """Raises LoginError where too many PINs were wrong."""
        wait_s = self._guesses.wait_s(now_s)
        if wait_s > 0.0:
            raise LoginError(f"too many wrong PINs; try again in {duration(wait_s)}")

    async def give(self, name: str, pin: str, clock: Callable[[], float]) -> None:
        """Log in. Raises LoginError, after the same time whether the name or the PIN is wrong."""
        self.may_try(clock())
        user, _ = self._people().get(name), _nobody()
        try:
            self._guesses.begin(name if user else NOBODY, clock())
            if not await _fits(user, pin) or user is None:
                raise LoginError("this is not the PIN")
            self._guesses.passed(name, self._people())
        except GuessesError as error:
            raise LoginError(str(error)) from error
        self._user = user
        self.used(clock())

    def _people(self) -> dict[str, User]:
        try:
            return dict(self._file.read().users)
        except AccountsError:
            return {}


def _fits(user: User | None, pin: str) -> Awaitable[bool]:
    return asyncio.to_thread(lambda: secrets_of.fits(user.secret if user else _nobody(), pin))


@cache
def _nobody() -> str:
    return secrets_of.nobody()
