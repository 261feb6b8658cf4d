"""`headworks user add|list|remove|token|pin`: who may sign in, and tokens for programs.

The page sees a change at once; a new password or role ends the sessions of the old one.
"""

import argparse
import getpass
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from headworks import paths
from headworks.cli import user_pin
from headworks.cli.parser import explained

if TYPE_CHECKING:
    from headworks.faces.people.accounts import AccountFile, Accounts

_ROLES = "viewer, technician, operator or admin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks user`."""
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    add = explained(commands, "add", "add a person, or give one a new password or role")
    add.add_argument("name", metavar="NAME", help="who; stands in the journal and on lock-outs")
    add.add_argument("--role", default="viewer", help=f"{_ROLES} (default viewer)")
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    token = explained(commands, "token", "make a token for a program; it is shown once")
    token.add_argument("name", metavar="NAME", help="the program; stands in the journal")
    token.add_argument("--role", default="viewer", help=f"{_ROLES} (default viewer)")
    pin = explained(commands, "pin", "give a person a PIN for the console, or a new one")
    user_pin.add_arguments(pin)
    gone = explained(commands, "remove", "remove a person, token or PIN, and end its sessions")
    gone.add_argument("name", metavar="NAME", help="who")
    shown = explained(commands, "list", "everybody, with role")
    for sub in (add, token, pin, gone, shown):
        sub.add_argument("--state", type=Path, metavar="DIR", help="folder of who may act")


def run(args: argparse.Namespace) -> int:
    """0 when it is done, 1 when not."""
    from headworks.faces.people.accounts import FILE, AccountFile, AccountsError

    work = {"add": _add, "token": _token, "remove": _remove, "list": _list}
    folder = args.state or paths.people_dir()
    try:
        if args.what == "pin":
            return user_pin.set_pin(args, folder, typed)
        return work[args.what](args, AccountFile(folder / FILE))
    except (AccountsError, ValueError) as error:
        return _refuse(str(error))


def _add(args: argparse.Namespace, file: "AccountFile") -> int:
    from headworks.faces.people.accounts import User, checked_name
    from headworks.faces.people.roles import role_of
    from headworks.faces.people.secrets_of import check_password, hashed

    name, role = checked_name(args.name), role_of(args.role)

    def added(held: "Accounts", user: User | None = None) -> "Accounts":
        if name in held.tokens:
            raise ValueError(f"{name} is a token; take another name")
        return held if user is None else held._replace(users={**held.users, name: user})

    added(file.read())  # before anybody types
    user = User(name, role, hashed(typed("Password", args.password_stdin, check_password)))
    file.change(lambda held: added(held, user))
    print(f"{name} may sign in as {role.word}; kept in {file.path}")
    return 0


def typed(what: str, stdin: bool, check: Callable[[str], None]) -> str:
    """Typed twice without being shown, or one line of standard input. Raises ValueError.

    `check` raises ValueError for what will not do, which nobody has to type again.
    """
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    try:
        with warnings.catch_warnings():  # where it could be read by onlookers, it is not asked
            warnings.simplefilter("error", getpass.GetPassWarning)
            first = getpass.getpass(f"{what}: ")
            check(first)
            again = getpass.getpass("Again: ")
    except EOFError as error:
        raise ValueError(f"no {what} was typed") from error
    except getpass.GetPassWarning as error:
        raise ValueError(
            f"there is no terminal to type the {what} at unseen; add --{what.lower()}-stdin to read"
            " it from standard input"
        ) from error
    if first != again:
        raise ValueError("the two differ; nothing was changed")
    return first


def _token(args: argparse.Namespace, file: "AccountFile") -> int:
    from headworks.faces.people.accounts import Token, checked_name
    from headworks.faces.people.roles import role_of
    from headworks.faces.people.secrets_of import digest, new_token

    name, role, secret = checked_name(args.name), role_of(args.role), new_token()

    def added(held: "Accounts") -> "Accounts":
        if name in held.users or name in held.tokens:
            raise ValueError(f"{name} is there already; remove it first, or take another name")
        return held._replace(tokens={**held.tokens, name: Token(name, role, digest(secret))})

    file.change(added)
    print(secret)
    said = f"{name} may ask as {role.word}; the token is not shown again; kept in {file.path}"
    print(said, file=sys.stderr)
    return 0


def _remove(args: argparse.Namespace, file: "AccountFile") -> int:
    """From both files: whoever is removed keeps no PIN."""
    files = (file, user_pin.pin_file(file.path.parent))
    there = [name for one in files for name in (*one.read().users, *one.read().tokens)]
    if args.name not in there:
        raise ValueError(f"nobody is called {args.name!r}; there is {', '.join(there) or 'nobody'}")

    def without(held: "Accounts") -> "Accounts":
        users = {name: user for name, user in held.users.items() if name != args.name}
        tokens = {name: token for name, token in held.tokens.items() if name != args.name}
        return held._replace(users=users, tokens=tokens)

    for one in files:
        if without(one.read()) != one.read():
            one.change(without)
    print(f"{args.name} is removed")
    return 0


def _list(args: argparse.Namespace, file: "AccountFile") -> int:  # noqa: ARG001
    held, pins = file.read(), user_pin.pin_file(file.path.parent).read()
    for kind, accounts in (("user", held.users), ("token", held.tokens), ("pin", pins.users)):
        for account in accounts.values():
            print(f"{account.name}\t{account.role.word}\t{kind}")
    if not held.users and not pins.users:
        print("nobody may act yet; add: headworks user add NAME --role operator", file=sys.stderr)
    return 0


def _refuse(text: str) -> int:
    print(f"headworks user: {text}", file=sys.stderr)
    return 1
