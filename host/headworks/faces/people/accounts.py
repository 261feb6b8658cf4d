"""Who may sign in: people with passwords and programs with tokens, in one file of JSON.

The file is readable by its owner alone and replaced in one move. A password is kept as its
argon2 hash, a token as its SHA-256, so neither can be read back. No account ships.
"""

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from headworks.durably import write_durably
from headworks.faces.people.roles import Role, role_of

FILE = "users.json"
LONGEST_NAME = 64  # as the station takes it


class AccountsError(Exception):
    """The file cannot be used or changed; the text says why and what to do."""


class User(NamedTuple):
    """A person; `secret` is the argon2 hash of the password."""

    name: str
    role: Role
    secret: str


class Token(NamedTuple):
    """A program; `secret` is the SHA-256 of its token in hex."""

    name: str
    role: Role
    secret: str


class Accounts(NamedTuple):
    """Everybody, by name."""

    users: Mapping[str, User] = {}
    tokens: Mapping[str, Token] = {}


class AccountFile:
    """The file; `read` looks again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._held = Accounts()

    def read(self) -> Accounts:
        """Everybody. A missing file is nobody. Raises AccountsError."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._seen, self._held = None, Accounts()
            return self._held
        except OSError as error:
            raise AccountsError(_cannot(self.path, error)) from error
        seen = found.st_ino, found.st_mtime_ns, found.st_size
        if seen != self._seen:
            self._held = _load(self.path)
            self._seen = seen
        return self._held

    def change(self, edit: Callable[[Accounts], Accounts]) -> None:
        """Replace what is there now by what `edit` makes of it; two at once wait for each other.

        What was read before somebody typed a password may hold people who were removed meanwhile.
        Raises AccountsError, and whatever `edit` raises.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise AccountsError(_cannot(self.path, error)) from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self.write(edit(self.read()))
        finally:
            os.close(folder)

    def write(self, accounts: Accounts) -> None:
        """Replace the file in one move, whole or not at all. Raises AccountsError."""
        data = {
            "users": [_row(user) for user in accounts.users.values()],
            "tokens": [_row(token) for token in accounts.tokens.values()],
        }
        try:
            write_durably(self.path, json.dumps(data, indent=1) + "\n")
        except OSError as error:
            raise AccountsError(_cannot(self.path, error)) from error


def checked_name(name: str) -> str:
    """A name that can stand in logs and on screens. Raises AccountsError."""
    if name.strip() != name or not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AccountsError(
            f"{name!r} cannot be a name; write 1 to {LONGEST_NAME} characters that can be printed"
        )
    return name


def _load(path: Path) -> Accounts:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        users = [User(*_fields(row)) for row in data["users"]]
        tokens = [Token(*_fields(row)) for row in data["tokens"]]
    except OSError as error:
        raise AccountsError(_cannot(path, error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AccountsError(
            f"{path} is damaged ({error}); restore it, or move it away and add the users anew"
        ) from error
    return Accounts({user.name: user for user in users}, {token.name: token for token in tokens})


def _cannot(path: Path, error: OSError) -> str:
    foreign = isinstance(error, PermissionError)
    whose = "; run this as its owner, such as: sudo -u headworks" if foreign else ""
    return f"{path}: {error.strerror}{whose}"


def _fields(row: Mapping[str, Any]) -> tuple[str, Role, str]:
    return str(row["name"]), role_of(str(row["role"])), str(row["secret"])


def _row(account: User | Token) -> dict[str, str]:
    return {"name": account.name, "role": account.role.word, "secret": account.secret}
