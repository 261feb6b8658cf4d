"""`headworks user pin`: who may act at the console, and as what. The PIN is kept as its hash."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headworks.faces.people.accounts import AccountFile

Ask = Callable[[str, bool, Callable[[str], None]], str]  # what, from a pipe, and what will not do


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks user pin`."""
    add = parser.add_argument
    add("name", metavar="NAME", help="who, one word; stands in the journal and on lock-outs")
    add(
        "--role", default="technician",
        help="technician (off, lock-out, acknowledge) or operator (default technician)",
    )  # fmt: skip
    add("--pin-stdin", action="store_true", help="read the PIN from standard input")


def pin_file(folder: Path) -> "AccountFile":
    """The PINs in a state folder."""
    from headworks.faces.console.login import FILE
    from headworks.faces.people.accounts import AccountFile

    return AccountFile(folder / FILE)


def set_pin(args: argparse.Namespace, folder: Path, ask: Ask) -> int:
    """Ask for it and keep it; 0. Raises ValueError, AccountsError."""
    from headworks.faces.people.accounts import User, checked_name
    from headworks.faces.people.roles import Role, role_of
    from headworks.faces.people.secrets_of import check_pin, hashed_pin

    file, role, name = pin_file(folder), role_of(args.role), checked_name(args.name)
    if role < Role.TECHNICIAN:
        raise ValueError("looking takes no PIN; write --role technician or operator")
    if name.isdigit():
        raise ValueError(f"{name} could be a PIN; take a name with a letter")
    if len(name.split()) > 1:
        raise ValueError(f"{name!r} has several words; one must do, as it is typed at the console")
    file.read()  # a damaged one is told before anybody types
    user = User(name, role, hashed_pin(ask("PIN", args.pin_stdin, check_pin)))
    file.change(lambda held: held._replace(users={**held.users, name: user}))
    print(f"{name} may act at the console as {role.word}; kept in {file.path}")
    return 0
