"""A station's socket that notes commands, a page before it, and ways to ask that page."""

import asyncio
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from headworks.faces.people.accounts import FILE, AccountFile, Token, User
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import digest, hashed, new_token

Json = dict[str, Any]
STATE: Json = json.loads(Path(__file__).with_name("state.json").read_text(encoding="utf-8"))
READY_S = 20.0


class Answer:
    """What came back from the application."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status, self.body = status, body
        self.headers = {name.decode(): value.decode() for name, value in headers}

    def json(self) -> Any:
        return json.loads(self.body)


def scope_of(
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    more: list[tuple[bytes, bytes]] | None = None,
) -> Json:
    """A request as the server hands it to the application."""
    given = {"host": "localhost:8080", **(headers or {})}
    plain, _, query = path.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": plain, "raw_path": plain.encode(), "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in given.items() if v is not None]
        + (more or []),
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8080), "root_path": "",
    }  # fmt: skip


async def call(
    app: Any,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    more: list[tuple[bytes, bytes]] | None = None,
) -> Answer:
    """One request straight to the ASGI application; it hangs up after the first answer."""
    scope = scope_of(method, path, headers, more)
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    started: list[Any] = []
    found = b""
    answered = asyncio.Event()

    async def receive() -> Json:
        if waiting:
            return waiting.pop()
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Json) -> None:
        nonlocal found
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            found += message.get("body", b"")
            answered.set()

    await asyncio.wait_for(app(scope, receive, send), 10.0)
    return Answer(started[0]["status"], started[0]["headers"], found)


class NotingStation:
    """Serves the socket with one recorded state, and notes every command."""

    def __init__(self, path: Path, state: Json = STATE) -> None:
        self.path, self.state = path, state
        self.commands: list[Json] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        pushing = None
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                asked = json.loads(line)
                reply: Json = {"id": asked["id"], "ok": True}
                if asked["op"] == "command":
                    self.commands.append(asked)
                elif asked["op"] == "commissioned":
                    self.commands.append({**asked, "action": asked["step"]})
                else:
                    reply["state"] = self.state
                writer.write(json.dumps(reply).encode() + b"\n")
                if asked["op"] == "subscribe":
                    pushing = asyncio.ensure_future(self._push(writer))
        if pushing:
            pushing.cancel()
        writer.close()

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(0.2)
            line = json.dumps({"event": "scan", "state": {**self.state, "events": []}})
            writer.write(line.encode() + b"\n")


@asynccontextmanager
async def station(folder: Path, state: Json = STATE) -> AsyncIterator[NotingStation]:
    """A noting station."""
    found = NotingStation(folder / "s.sock", state)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()


class Noting:
    """The noting station on an event loop of its own, for tests that wait for processes."""

    def __init__(self, folder: Path, state: Json = STATE) -> None:
        self._loop = asyncio.new_event_loop()
        self._station = NotingStation(folder / "s.sock", state)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._station.start())
        self.path, self.commands = self._station.path, self._station.commands

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    def stop(self) -> None:
        """Hang up and serve no more."""
        self._run(self._station.stop())

    def end(self) -> None:
        """Stop, and end its thread."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10.0)


@contextmanager
def noting(folder: Path, state: Json = STATE) -> Iterator[Noting]:
    """A noting station beside the test."""
    found = Noting(folder, state)
    try:
        yield found
    finally:
        found.end()


class Web:
    """A real `headworks web` process."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log
        found = re.fullmatch(r"(https?)://([^/]+):(\d+)/", url)
        assert found is not None, url
        self.tls, self.host, self.port = found[1] == "https", found[2], int(found[3])

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """A request over a real connection of its own."""
        if self.tls:
            context = ssl._create_unverified_context()
            line: Any = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=10, context=context
            )
        else:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        more = {"Content-Type": "application/json"} if body is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body) if body is not None else None
        line.request(method, path, data, {**more, **named})
        answer = line.getresponse()
        found = answer.status, answer.headers, answer.read()
        line.close()
        return found

    def sign_in(self, name: str, password: str) -> tuple[int, dict[str, str]]:
        """The status, and the headers of an act in that session."""
        asked = {"name": name, "password": password}
        status, headers, body = self.ask("POST", "/api/session", asked, Origin=self.origin)
        if status != 200:
            return status, {}
        cookie = headers["Set-Cookie"].partition(";")[0]
        csrf = json.loads(body)["csrf"]
        return status, {"Cookie": cookie, "Origin": self.origin, "X_CSRF_Token": csrf}

    @property
    def origin(self) -> str:
        return f"http{'s' * self.tls}://127.0.0.1:{self.port}"


@contextmanager
def web(folder: Path, socket: Path, *words: str) -> Iterator[Web]:
    """The page's process, on a free port of loopback."""
    log = folder / "web.log"
    listen = [] if "--listen" in words else ["--listen", "127.0.0.1:0"]
    state = ["--state", str(folder / "state"), "--socket", str(socket)]
    command = [sys.executable, "-m", "headworks", "web", *listen, *state, *words]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ})
    try:
        yield Web(process, _url(process, log), log)
    finally:
        process.terminate()
        process.wait(READY_S)


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    end_s = time.monotonic() + READY_S
    while time.monotonic() < end_s:
        found = re.search(r"headworks web: (https?://\S+)", log.read_text())
        if found:
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(f"not ready: {log.read_text()}")


def add_user(folder: Path, name: str, role: str, password: str) -> None:
    """What `headworks user add` does, without a process of its own."""
    file = AccountFile(folder / "state" / FILE)
    held = file.read()
    user = User(name, Role[role.upper()], hashed(password))
    file.write(held._replace(users={**held.users, name: user}))


def made_token(folder: Path, name: str, role: str) -> str:
    """What `headworks user token` does; the token."""
    file, secret = AccountFile(folder / "state" / FILE), new_token()
    held, token = file.read(), Token(name, Role[role.upper()], digest(secret))
    file.write(held._replace(tokens={**held.tokens, name: token}))
    return secret
