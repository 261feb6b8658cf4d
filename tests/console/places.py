"""A cable with a person at one end and a session at the other, and a screen that can do nothing
but characters. For tests."""

import asyncio
import os
import pty
import re
import time
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from headworks.faces.console.login import FILE, Login
from headworks.faces.console.session import Session
from headworks.faces.console.teletype import HungUpError, Teletype
from headworks.faces.people.accounts import AccountFile, User
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import hashed_pin
from web.places import STATE, NotingStation

PIN = "482913"
SECRET = hashed_pin(PIN)
WAIT_S = 15.0
ROWS, COLUMNS = 24, 80


def give_pin(folder: Path, name: str, role: str) -> None:
    """What `headworks user pin` does; everybody has the same PIN."""
    file = AccountFile(folder / FILE)
    held = file.read()
    file.write(held._replace(users={**held.users, name: User(name, Role[role.upper()], SECRET)}))


class Screen:
    """A dumb terminal: characters, return, new line, backspace. Anything else is a failure."""

    def __init__(self) -> None:
        self.lines = [""]
        self._at = 0

    def feed(self, data: bytes) -> None:
        for char in data.decode("ascii"):
            if char == "\r":
                self._at = 0
            elif char == "\b":
                assert self._at > 0, "a backspace before the first column"
                self._at -= 1
            elif char == "\n":
                self.lines.append("")
            else:
                assert char.isprintable(), repr(char)
                assert self._at < COLUMNS, f"a line is longer than the screen: {self.lines[-1]!r}"
                line = self.lines[-1].ljust(self._at)
                self.lines[-1] = line[: self._at] + char + line[self._at + 1 :]
                self._at += 1

    @property
    def text(self) -> str:
        """Everything that can be read on it, with what has scrolled away."""
        return "\n".join(line.rstrip() for line in self.lines)


class Person:
    """Whoever is at the far end of the cable."""

    def __init__(self, fd: int) -> None:
        self.fd, self.screen = fd, Screen()
        self._from = 0
        os.set_blocking(fd, False)

    def take(self) -> None:
        """Put on the screen what has come."""
        try:
            while data := os.read(self.fd, 65536):
                self.screen.feed(data)
        except OSError:
            return

    def type(self, keys: str | bytes) -> None:
        """Press keys; a cable that takes no more loses them."""
        try:
            os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)
        except BlockingIOError:
            return

    async def until(self, *words: str) -> str:
        """Read until these words stand on the screen, after what was read before."""
        end_s = time.monotonic() + WAIT_S
        while not all(word in self.screen.text[self._from :] for word in words):
            assert time.monotonic() < end_s, f"{words} not in {self.screen.text[self._from :]!r}"
            await asyncio.sleep(0.01)
            self.take()
        found = self.screen.text[self._from :]
        self._from = len(self.screen.text)
        return found

    async def line(self, keys: str, *words: str) -> str:
        """Type a line, and read until these words and the next prompt are there."""
        self.type(f"{keys}\r")
        found = await self.until(*words)
        if not re.search(r"(> |: )$|[>:]$", self.screen.text):
            found += await self.until(">")
        return found

    async def log_in(self, name: str) -> None:
        self.type(f"pin {name}\r")
        await self.until(f"PIN of {name}:")
        self.type(f"{PIN}\r")
        await self.until("may act as", f"{name} (")


class Place:
    """A session at a cable."""

    def __init__(self, person: Person, station: NotingStation, task: "asyncio.Task[None]") -> None:
        self.person, self.station, self.task = person, station, task
        self.now_s = 0.0

    @property
    def acts(self) -> list[tuple[str, str]]:
        """What the station was asked to do."""
        return [(c["action"], c["target"]) for c in self.station.commands]


@asynccontextmanager
async def place(
    folder: Path, *, idle_s: float = 300.0, state: dict[str, Any] = STATE, sessions: int = 1
) -> AsyncIterator[Place]:
    """A noting station, a session, a cable."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    station = NotingStation(folder / "s.sock", state)
    await station.start()
    login = Login(folder, folder, idle_s)
    teletype = Teletype(slave, slave, "ascii")

    async def sit() -> None:
        with teletype.open():
            for _ in range(sessions):
                await Session(teletype, login, station.path, "serial").run()

    found = Place(Person(master), station, asyncio.ensure_future(sit()))
    try:
        yield found
    finally:
        found.task.cancel()
        await asyncio.gather(found.task, return_exceptions=True)
        await station.stop()
        for fd in (found.person.fd, slave):
            if fd >= 0:
                os.close(fd)


def sit(
    folder: Path, work: Callable[[Place], Awaitable[None]], *people: tuple[str, str], **more: Any
) -> None:
    """Do it at a place where these people have a PIN; no error of the session goes unseen."""
    for name, role in people:
        give_pin(folder, name, role)

    async def all_of_it() -> None:
        async with place(folder, **more) as found:
            await found.person.until(">")
            await work(found)
            if found.task.done():
                assert isinstance(found.task.exception(), HungUpError | None)

    asyncio.run(all_of_it())
