"""Attacks on the page that its first tests did not try: odd texts, other protocols, bad stations."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.people import secrets_of
from headworks.faces.people.accounts import Accounts, User
from headworks.faces.people.lockout import FREE
from headworks.faces.people.roles import Role
from headworks.faces.web import feed as feeds
from headworks.faces.web import guide, sessions
from headworks.faces.web.app import make_app
from headworks.faces.web.feed import Feed
from headworks.faces.web.origins import own_names
from headworks.faces.web.page import WAITING_SIGN_INS
from headworks.faces.web.refused import RefusedError
from web.places import STATE, Web, add_user, call, scope_of, web
from web.test_guide import DEMO
from web.test_matrix import make_page

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A real page without a station, shared by the tests of this file."""
    folder = tmp_path_factory.mktemp("a")
    add_user(folder, "ayesha", "operator", PASSWORD)
    with web(folder, folder / "none.sock") as found:
        yield found


def first_words(page: Web, text: bytes) -> bytes:
    """What comes first for these bytes."""
    with socket.create_connection(("127.0.0.1", page.port), timeout=20.0) as line:
        line.sendall(text)
        found: bytes = line.recv(4096)
        return found


def test_half_a_letter_is_a_wrong_password_like_any(alone: Web) -> None:
    """JSON may hold half of a UTF-16 pair, which no hash takes: it is refused and counted."""
    for _ in range(5):
        assert alone.sign_in("half", "\ud83d" * 12)[0] == 401
    assert alone.sign_in("half", PASSWORD)[0] == 429
    assert "Traceback" not in alone.log.read_text()


@pytest.mark.parametrize(
    "begun",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        b"GET /api/state HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    ],
    ids=["begun", "upgraded"],
)
def test_only_http_1_is_spoken(alone: Web, begun: bytes) -> None:
    """HTTP/2 has other bounds than those that were tested, so nobody gets it."""
    assert first_words(alone, begun).startswith((b"HTTP/1.1 200", b"HTTP/1.1 4"))


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13", "2026-1", "", "\u0662026-11"])
def test_a_month_that_is_none_is_refused(month: str, tmp_path: Path) -> None:
    """A month beyond what a calendar can count is told like one that is none."""

    async def body() -> int:
        app = make_app(make_page(tmp_path), own_names())
        return (await call(app, "GET", f"/api/energy?month={month}")).status

    assert asyncio.run(body()) == 400


def test_asking_for_the_head_of_the_stream_ends(alone: Web) -> None:
    """HEAD has an answer without a body, so it may not hold a place among the streams."""
    words = b"HEAD /api/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", alone.port), timeout=20.0) as line:
        line.sendall(words)
        while line.recv(4096):
            pass


@pytest.mark.parametrize(
    "said",
    [
        {"ok": True, "state": {}},
        {"ok": True, "state": []},
        {"ok": True, "state": {**STATE, "racks": [{}]}},
        {"ok": True, "state": {**STATE, "events": [{"n": 1}]}},
        {"ok": True},
        7,
    ],
    ids=["empty", "list", "racks", "events", "none", "number"],
)
def test_a_station_of_another_version_is_said_and_met_again(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not understood is told with a way out, and the page goes on listening."""
    monkeypatch.setattr(feeds, "AGAIN_S", 0.01)
    answers = [said, {"ok": True, "state": STATE}]

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(json.dumps(answers.pop(0) if answers else said).encode() + b"\n")
        await reader.read()
        writer.close()

    async def body() -> None:
        feed = Feed(tmp_path / "s.sock")
        server = await asyncio.start_unix_server(speak, feed.socket)
        running = asyncio.ensure_future(feed.run())
        async with asyncio.timeout(20.0):
            while "same version" not in feed.cause:
                assert await feed.newer(feed.version, 10.0)
            while feed.state is None:
                assert await feed.newer(feed.version, 10.0)
        assert feed.cause == ""
        running.cancel()
        server.close()

    asyncio.run(body())


def test_results_that_are_not_understood_are_no_results() -> None:
    """A journal of a newer version may tell a step in another way: the step is to be done."""
    rows = guide.progress(DEMO, [{"seq": 1, "code": "meter", "source": "incomer", "values": {}}])
    assert guide.summary(rows) == {"of": len(rows), "passed": 0, "failed": 0}


@pytest.mark.parametrize("who", ["token", "session", "signed out", "idle"])
def test_a_stream_ends_with_the_right_to_look(who: str, tmp_path: Path) -> None:
    """A token that is revoked, a person who is removed, signs out or is idle: the picture stops."""
    page = make_page(tmp_path)
    page.private, now_s = True, [0.0]
    page._clock = lambda: now_s[0]
    key, _ = page.sessions.open("viewer", "secret viewer", 0.0)
    by = (
        {"authorization": "Bearer token-viewer"}
        if who == "token"
        else {"cookie": f"headworks={key}"}
    )

    def lose() -> None:
        if who == "signed out":
            page.sessions.close(key)
        elif who == "idle":
            now_s[0] = sessions.IDLE_S + 1.0
        else:
            page._accounts.write(Accounts())

    async def body() -> None:
        sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        stay = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if stay.is_set():
                await asyncio.Event().wait()
            stay.set()
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = scope_of("GET", "/api/events", by)
        streaming = asyncio.ensure_future(make_app(page, own_names())(scope, receive, sent.put))
        async with asyncio.timeout(20.0):
            assert (await sent.get())["status"] == 200
            assert (await sent.get())["body"].startswith(b"data: ")
            page.feed._tell()
            assert (await sent.get())["body"].startswith(b"data: ")
            lose()
            page.feed._tell()
            assert (await sent.get())["body"] == b""
            await streaming

    asyncio.run(body())
    assert page.streams == 0


def test_guesses_at_once_are_no_more_than_guesses_one_by_one(tmp_path: Path) -> None:
    """Sending many guesses before the first is answered gives no guess beyond the free ones."""
    page = make_page(tmp_path)

    async def guess() -> int:
        try:
            await page.sign_in("viewer", "wrong password", "10.0.0.9")
        except RefusedError as error:
            return error.status
        return 200

    async def body() -> list[int]:
        return await asyncio.gather(*(guess() for _ in range(WAITING_SIGN_INS)))

    free = FREE["pair"]
    assert sorted(asyncio.run(body())) == [401] * free + [429] * (WAITING_SIGN_INS - free)


def test_who_is_removed_while_the_password_is_looked_at_does_not_get_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right password opens nothing for somebody who has gone meanwhile."""
    page = make_page(tmp_path)

    def removed(secret: str, password: str) -> bool:
        page._accounts.write(
            page._accounts.read()._replace(users={"other": User("other", Role.VIEWER, "")})
        )
        return True

    monkeypatch.setattr(secrets_of, "fits", removed)
    with pytest.raises(RefusedError) as refused:
        asyncio.run(page.sign_in("admin", PASSWORD, "10.0.0.9"))
    assert refused.value.status == 401
