"""The status page of the demo: a third process that may end or fail without ending the demo.

Its one user gets a password that is made anew for every demo and stands in the hint.
"""

import argparse
import asyncio
import importlib.util
import secrets
from contextlib import suppress
from pathlib import Path

from headworks.cli.child import Child, Pipe
from headworks.cli.demo_site import free_port
from headworks.cli.web import DEFAULT, EXTRA, address

READY_S = 15.0
USER = "demo"
_STOP_S = 5.0
_POLL_S = 0.1


class DemoPage:
    """Start it, put `hint` where people look, stop it."""

    def __init__(self, folder: Path, station: Path, listen: tuple[str, int] | None) -> None:
        self._state = folder / "state"
        self._station = station
        self._listen = listen
        self._log = folder / "web.log"
        self._child: Child | None = None
        self._leash: Pipe | None = None
        self.hint = ""

    async def start(self) -> None:
        """Start it and wait until it serves. Never raises; `hint` says what came of it."""
        if self._listen is None:
            return
        if importlib.util.find_spec("hypercorn") is None:
            self.hint = f"No page: it wants {EXTRA}."
            return
        password = await asyncio.to_thread(_one_user, self._state)
        words = ["web", "--listen", f"{_bracketed(self._listen[0])}:{self._listen[1]}"]
        words += ["--socket", str(self._station), "--state", str(self._state)]
        self._child, self._leash = Child("page", words, self._log, {}), Pipe()
        await self._child.start(self._leash)
        url = await self._url()
        self.hint = (
            f"Page: {url} (to act, sign in as {USER}, password {password})."
            if url
            else f"No page: {self._child.last_lines().splitlines()[-1:] or ['it did not start']}"
        )

    async def stop(self) -> None:
        """End it."""
        if self._child is not None and self._leash is not None:
            await self._child.stop(_STOP_S)
            self._leash.drop()
            self._child = None

    async def _url(self) -> str:
        """Its address as it prints it once it serves; empty when it ended first."""
        if self._child is None:
            return ""
        ended = asyncio.create_task(self._child.ended())
        try:
            async with asyncio.timeout(READY_S):
                while not ended.done():
                    for line in self._child.last_lines().splitlines():
                        if line.startswith("headworks web: http"):
                            return line.removeprefix("headworks web: ")
                    await asyncio.wait({ended}, timeout=_POLL_S)
        except TimeoutError:
            pass
        finally:
            ended.cancel()
        return ""


def place(args: argparse.Namespace) -> tuple[str, int] | None:
    """Where to serve: as asked, else at the usual port or a free one; scripts get no page."""
    if args.listen is not None:
        found: tuple[str, int] = args.listen
        return found
    if args.json:
        return None
    host, port = address(DEFAULT)
    return host, port if _is_free(host, port) else free_port()


def _one_user(state: Path) -> str:
    """Make the demo's user; the password."""
    from headworks.faces.people.accounts import FILE, AccountFile, Accounts, AccountsError, User
    from headworks.faces.people.roles import Role
    from headworks.faces.people.secrets_of import hashed

    password = secrets.token_hex(5)
    user = User(USER, Role.OPERATOR, hashed(password))
    with suppress(AccountsError):
        AccountFile(state / FILE).write(Accounts({USER: user}, {}))
    return password


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_free(host: str, port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
