"""The real process over real sockets: floods, slow clients, wrong names, TLS, sign-in, the feed."""

import asyncio
import http.client
import io
import json
import os
import re
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from benchlib.web_load import Counts, load
from headworks.faces.people.accounts import AccountFile
from headworks.faces.say import Say
from headworks.faces.web import hypercorn_ways, serve, stream
from headworks.faces.web.feed import Feed
from headworks.faces.web.gate import LARGEST_BODY, REQUESTS_EACH
from headworks.faces.web.page import STREAMS_EACH, Page
from headworks.faces.web.routes import table
from headworks.faces.web.serve import HEADER_S
from headworks.faces.web.shares import Shares, whose
from waiting import until, until_blocking
from web.places import READY_S, Noting, Web, add_user, noting, web

PASSWORD = "correct horse"


class Served(NamedTuple):
    """A page before a noting station, shared by the tests of this file."""

    web: Web
    peer: Noting
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("w")
    add_user(folder, "ayesha", "operator", PASSWORD)
    with noting(folder) as peer, web(folder, peer.path) as found:
        yield Served(found, peer, folder)


def _open(served: Served, text: bytes = b"") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", served.web.port), timeout=20.0)
    line.sendall(text)
    return line


def _rest(line: socket.socket) -> bytes:
    """All that comes until the other side hangs up."""
    found = b""
    try:
        while piece := line.recv(65536):
            found += piece
    except ConnectionError:
        pass
    return found


def test_a_slow_header_is_cut(served: Served) -> None:
    """A header that never ends and a connection that says nothing are cut; others are served."""
    began_s = time.monotonic()
    slow, idle = _open(served, b"GET / HTTP/1.1\r\nHost: localhost\r\n"), _open(served)
    slow.settimeout(0.5)
    while time.monotonic() - began_s < 30.0:
        try:
            slow.sendall(b"X-A: 1\r\n")
            if slow.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    assert time.monotonic() - began_s < 3 * HEADER_S
    assert _rest(idle) == b""
    assert served.web.ask("GET", "/")[0] == 200


def test_huge_headers_and_bodies_are_refused(served: Served) -> None:
    """413 before the body is read, and a header that grows without end meets its limit."""
    host = b"Host: localhost\r\n"
    big = b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)
    assert b"413" in _rest(_open(served, b"POST /api/session HTTP/1.1\r\n" + host + big))[:20]
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"x" * 4096 + b"\r\n"
    line = _open(served, b"POST /api/session HTTP/1.1\r\n" + host + chunks)
    for _ in range(5):
        line.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    assert b"413" in line.recv(100)
    line = _open(served, b"GET / HTTP/1.1\r\n" + host + b"X: " + b"x" * 100_000)
    assert re.match(rb"HTTP/1.1 4\d\d|$", _rest(line)[:12])
    assert served.web.ask("GET", "/")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.2"])
def test_another_name_is_misdirected(served: Served, host: str) -> None:
    """A name that a stranger points at this machine opens nothing."""
    status, _, body = served.web.ask("GET", "/api/state", Host=host)
    assert status == 421
    assert b"racks" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/static/../accounts.py", "/static/..%2faccounts.py", "/static/%2e%2e/app.py",
        "/static//etc/passwd", "/static/....//app.py", "/../../etc/passwd", "/static/",
        "/static/main.js%00", "/static/languages/en.toml", "//evil.example/%2e%2e",
        "/api/languages/..%2f..%2fusers", "/api/languages/en.toml",
    ],
)  # fmt: skip
def test_a_path_leads_nowhere_else(served: Served, path: str) -> None:
    """What is asked for is a name in a table, never a path on the disk."""
    line = _open(
        served, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    assert re.match(rb"HTTP/1.1 (404|400)", _rest(line))


def test_every_answer_has_its_headers(served: Served) -> None:
    """A policy without inline script or style, no sniffing, no frames; errors have them too."""
    for path, status in (
        ("/", 200),
        ("/api/state", 200),
        ("/nowhere", 404),
        ("/static/main.js", 200),
    ):
        got, headers, _ = served.web.ask("GET", path)
        assert got == status
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] is None
        assert headers["Server"] is None


def test_signing_in_acting_and_signing_out(served: Served) -> None:
    """The cookie is out of reach of scripts and other sites; the journal gets name and role."""
    status, act = served.web.sign_in("ayesha", PASSWORD)
    assert status == 200
    asked = {"name": "ayesha", "password": PASSWORD}
    _, headers, _ = served.web.ask("POST", "/api/session", asked, Origin=served.web.origin)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(headers["Set-Cookie"].split("; "))
    status, _, _ = served.web.ask("POST", "/api/racks/a1/lock", {"note": "fan"}, **act)
    assert status == 200
    wanted = {
        "action": "lock",
        "target": "a1",
        "actor": "ayesha",
        "role": "operator",
        "note": "fan",
    }
    assert wanted.items() <= served.peer.commands[-1].items()
    assert served.web.ask("DELETE", "/api/session", **act)[0] == 200
    assert served.web.ask("POST", "/api/racks/a1/lock", {"note": "fan"}, **act)[0] == 401


def test_a_new_password_ends_the_sessions_of_the_old(served: Served) -> None:
    """Whoever knew the old one is out at once, without a restart."""
    add_user(served.folder, "bilal", "operator", PASSWORD)
    _, act = served.web.sign_in("bilal", PASSWORD)
    assert served.web.ask("POST", "/api/racks/a1/off", {}, **act)[0] == 200
    add_user(served.folder, "bilal", "operator", "another battery")
    assert served.web.ask("POST", "/api/racks/a1/off", {}, **act)[0] == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400), (b"[]", "application/json", 400),
        (b'{"note": 1}', "application/json", 400), (b'{"x": "y"}', "application/json", 400),
        (b"note=x", "application/x-www-form-urlencoded", 415), (b"{}", "text/plain", 415),
        (b"[" * 9000, "application/json", 400), (b"\xff\xfe", "application/json", 400),
        (b'{"note": "ok"}', "application/json; charset=utf-8", 200),
    ],
)  # fmt: skip
def test_bodies(served: Served, body: bytes, kind: str, status: int) -> None:
    """Only a JSON object with the known fields; a form of another page is none."""
    _, act = served.web.sign_in("ayesha", PASSWORD)
    line = http.client.HTTPConnection("127.0.0.1", served.web.port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in act.items()}
    line.request("POST", "/api/racks/a1/off", body, {**headers, "Content-Type": kind})
    assert line.getresponse().status == status


def test_guessing_passwords_is_locked_out_and_no_secret_is_logged(served: Served) -> None:
    """After five wrong ones even the right one waits; the log has names and no password."""
    add_user(served.folder, "chand", "admin", PASSWORD)
    for _ in range(5):
        assert served.web.sign_in("chand", "wrong guess")[0] == 401
    assert served.web.sign_in("chand", PASSWORD)[0] == 429
    assert served.web.sign_in("ayesha", PASSWORD)[0] == 200
    log = served.web.log.read_text()
    assert "refused to sign in 'chand'" in log
    assert PASSWORD not in log
    assert "wrong guess" not in log


def test_a_client_that_takes_nothing_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream ends when its client has taken nothing for a while, and its place is free."""
    monkeypatch.setattr(stream, "SLOW_S", 0.05)
    page = Page(Feed(tmp_path / "none.sock"), AccountFile(tmp_path / "users.json"))

    async def never(message: Any = None) -> Any:
        if message is None or message["type"] != "http.response.start":
            await asyncio.Event().wait()

    async def body() -> None:
        answer = stream.EventStream(page, lambda: b"{}")
        await asyncio.wait_for(answer({"type": "http"}, never, never), 10.0)

    asyncio.run(body())
    assert page.streams == 0


@pytest.mark.long
def test_a_stalled_connection_is_ended(served: Served) -> None:
    """A client that opened a stream and reads nothing has no connection any more after 40 s."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", served.web.port))
    line.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    own = line.getsockname()
    process = psutil.Process(served.web.process.pid)
    until_blocking(lambda: own not in [one.raddr for one in process.net_connections()], 40.0)


@pytest.mark.parametrize("asked", [b"", b"GET /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_who_hangs_up_is_let_go_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: bytes
) -> None:
    """A connection ends with its client, and does not take a place until the time for a next
    request is over: a few hundred that came and went would shut out everybody."""
    monkeypatch.setattr(serve, "HEADER_S", 600.0)
    monkeypatch.setattr(serve, "_cap_files", lambda: None)  # it is that of the whole process

    async def work() -> bytes:
        page = Page(Feed(tmp_path / "none.sock"), AccountFile(tmp_path / "users.json"))
        with serve.bound(serve.Address("127.0.0.1", 0)) as listening:
            port, names = listening.getsockname()[1], frozenset(["127.0.0.1"])
            ready = asyncio.Event()
            serving = asyncio.ensure_future(serve.serve(page, listening, names, None, ready.set))
            await ready.wait()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(asked)
            told = await reader.readuntil(b"}") if asked else b""
            writer.write_eof()
            async with asyncio.timeout(60.0):
                told += await reader.read()
            writer.close()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            return told

    assert asyncio.run(work()).startswith(b"HTTP/1.1 200 " if asked else b"")


def test_a_flood_of_connections_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio tells of each that it has no room for with a traceback, many times a second; all else
    that it tells still stands in the log."""
    log = io.StringIO()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        hypercorn_ways.apply(loop, Say("web", log))
        few = loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
        async with await few as server:
            port = server.sockets[0].getsockname()[1]
            old = resource.getrlimit(resource.RLIMIT_NOFILE)
            with socket.socket() as first, socket.socket() as second:
                resource.setrlimit(resource.RLIMIT_NOFILE, (second.fileno() + 1, old[1]))
                try:
                    first.connect(("127.0.0.1", port))
                    second.connect(("127.0.0.1", port))
                    await until(log.getvalue, 20.0)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, old)
        loop.call_exception_handler({"message": "something else"})

    asyncio.run(work())
    assert log.getvalue().count("too many connections at once") == 1
    assert [record.message for record in caplog.records] == ["something else"]


def test_a_page_that_ends_while_somebody_looks_says_nothing(tmp_path: Path) -> None:
    """An open page in a browser is no traceback for whoever ends `headworks web`."""
    with web(tmp_path, tmp_path / "none.sock") as found:
        line = socket.create_connection(("127.0.0.1", found.port), timeout=20.0)
        line.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        told = b""
        while b"data: " not in told:
            told += line.recv(65536)
    line.close()
    assert found.process.returncode == 0
    assert found.log.read_text().count("\n") == 1  # where it served


def test_a_page_whose_disk_never_answers_ends_and_says_so(tmp_path: Path) -> None:
    """A read of the records that hangs for ever holds up no end, neither an admin's nor a unit's."""
    os.mkfifo(tmp_path / "journal.db")  # who opens it waits for somebody to write
    with web(tmp_path, tmp_path / "none.sock", "--records", str(tmp_path)) as found:
        line = socket.create_connection(("127.0.0.1", found.port), timeout=20.0)
        threads = psutil.Process(found.process.pid).num_threads
        before = threads()
        line.sendall(b"GET /api/journal HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until_blocking(lambda: threads() > before, 20.0)
    line.close()
    assert found.process.returncode == 0
    assert "still waits for the disk" in found.log.read_text()


def test_streams_are_few(served: Served) -> None:
    """The 65th gets 503 and may poll, memory stays, and whoever goes makes room."""
    request = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    lines = [_open(served, request) for _ in range(stream.MOST)]
    for line in lines:
        assert line.recv(12) == b"HTTP/1.1 200"
    assert served.web.ask("GET", "/api/events")[0] == 503
    assert served.web.ask("GET", "/api/state")[0] == 200
    assert psutil.Process(served.web.process.pid).memory_info().rss < 80 * 2**20
    for line in lines:
        line.close()
    until_blocking(lambda: served.web.ask("HEAD", "/api/events")[0] != 503, 15.0)


def _from(served: Served, address: str, text: bytes) -> socket.socket:
    """A connection from this address; of those of loopback only 127.0.0.1 has no share."""
    place = ("127.0.0.1", served.web.port)
    line = socket.create_connection(place, timeout=20.0, source_address=(address, 0))
    line.sendall(text)
    return line


def _asked(served: Served, address: str, what: bytes = b"GET /api/state") -> bytes:
    """The whole answer to a request from there."""
    head = what + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with _from(served, address, head) as line:
        return _rest(line)


def test_one_address_has_its_share_of_streams(served: Served) -> None:
    """One more than that is refused with when to come again; others are served, and room is made."""
    request = b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    lines = [_from(served, "127.0.0.2", request) for _ in range(STREAMS_EACH)]
    for line in lines:
        assert line.recv(12) == b"HTTP/1.1 200"
    refused = _asked(served, "127.0.0.2", b"GET /api/events").lower()
    assert refused.startswith(b"http/1.1 429")
    assert b"retry-after: 5" in refused
    assert b"too many streams from your address" in refused
    assert _asked(served, "127.0.0.2").startswith(b"HTTP/1.1 200")  # and may poll
    for other in ("127.0.0.3", "127.0.0.1"):
        with _from(served, other, request) as line:
            assert line.recv(12) == b"HTTP/1.1 200"
    for line in lines:
        line.close()
    until_blocking(lambda: b" 200 " in _asked(served, "127.0.0.2", b"HEAD /api/events")[:15], 15.0)


def test_one_address_has_its_share_of_requests(served: Served) -> None:
    """Requests that never end their body fill one address's places, not those of others."""
    endless = b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    lines = [_from(served, "127.0.0.4", endless) for _ in range(REQUESTS_EACH)]
    until_blocking(lambda: _asked(served, "127.0.0.4").startswith(b"HTTP/1.1 429"), 8.0)
    assert _asked(served, "127.0.0.3").startswith(b"HTTP/1.1 200")
    for line in lines:
        line.close()
    until_blocking(lambda: _asked(served, "127.0.0.4").startswith(b"HTTP/1.1 200"), 15.0)


@pytest.mark.parametrize(
    ("address", "whom"),
    [
        ("10.0.0.7", "10.0.0.7"), ("::ffff:10.0.0.7", "10.0.0.7"), ("::1", "::1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"), ("", ""),
    ],
)  # fmt: skip
def test_a_share_is_of_whom_an_address_belongs_to(address: str, whom: str) -> None:
    """Who has an IPv6 network has all its addresses, and one share."""
    assert whose(address) == whom


def test_a_proxy_that_is_named_has_no_share() -> None:
    """It stands for many people; this machine's own proxy does without being named."""
    shares = Shares(1, ["10.0.0.2"])
    for address in ("10.0.0.2", "127.0.0.1", "::1", "10.0.0.3"):
        with shares.place(address):
            assert shares.full(address) is (address == "10.0.0.3")
    assert not shares.full("10.0.0.3")


def test_streams_slow_clients_and_a_flood_at_once(served: Served) -> None:
    """50 streams get their pictures while 200 connections never end their header and requests come
    without a pause; answers are pictures or 503, and memory keeps its bound."""

    def enough(found: Counts) -> bool:
        return min(found.pictures.values()) >= 2 and sum(found.answers.values()) >= 200

    async def all_at_once() -> Counts:
        return await asyncio.wait_for(load(served.web.port, enough), 60.0)

    found = asyncio.run(all_at_once())
    assert set(found.answers) <= {"200", "503"}
    assert found.answers["200"]
    assert psutil.Process(served.web.process.pid).memory_info().rss < 80 * 2**20
    end_s = time.monotonic() + 15.0
    while served.web.ask("GET", "/api/state")[0] != 200:
        assert time.monotonic() < end_s
        time.sleep(0.05)


def test_tls_shows_its_fingerprint(tmp_path: Path) -> None:
    """The fingerprint on the terminal is that of the certificate on the wire, and the cookie is
    tied to this host and to TLS."""
    add_user(tmp_path, "ayesha", "operator", PASSWORD)
    with web(tmp_path, tmp_path / "none.sock", "--tls") as found:
        assert found.tls
        printed = re.search(r"fingerprint ([0-9A-F:]{95})", found.log.read_text())
        assert printed is not None
        pem = ssl.get_server_certificate(("127.0.0.1", found.port))
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256

        wire = x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256()).hex(":").upper()
        assert wire == printed[1]
        assert json.loads(found.ask("GET", "/api/session")[2])["fingerprint"] == wire
        asked = {"name": "ayesha", "password": PASSWORD}
        _, headers, _ = found.ask("POST", "/api/session", asked, Origin=found.origin)
        assert headers["Set-Cookie"].startswith("__Host-headworks=")
        assert "Secure" in headers["Set-Cookie"]
        # a station that is not there is said, and no act seems done
        state = json.loads(found.ask("GET", "/api/state")[2])
        assert state["link"] == "never"
        assert "not running" in state["cause"]


def test_the_network_gets_tls_only(tmp_path: Path) -> None:
    """Whoever listens beyond loopback gets TLS without asking for it."""
    with web(tmp_path, tmp_path / "none.sock", "--listen", "0.0.0.0:0") as found:
        assert found.tls


def test_nobody_can_act_before_there_is_a_user(tmp_path: Path) -> None:
    """No password ships: signing in and acting are refused with what to do."""
    with web(tmp_path, tmp_path / "none.sock") as found:
        for name, password in (("admin", "admin"), ("admin", ""), ("demo", "demo")):
            assert found.sign_in(name, password)[0] == 403
        status, _, body = found.ask("POST", "/api/racks/a1/off", {}, Origin=found.origin)
        assert status == 403
        assert "headworks user add" in json.loads(body)["error"]
        found.process.terminate()
        assert found.process.wait(READY_S) == 0, found.log.read_text()
        assert found.log.read_text().count("headworks web:") == 1, "it ends without a word"


def test_the_interface_is_documented(served: Served) -> None:
    """Every route of the API is in the OpenAPI document, each act with its role and its token."""
    document = json.loads(served.web.ask("GET", "/api/openapi.json")[2])
    assert document["openapi"].startswith("3.1")
    lock = document["paths"]["/api/racks/{name}/lock"]["post"]
    assert "technician" in lock["description"]
    assert {"token": []} in lock["security"]
    assert {} not in lock["security"]
    page = Page(Feed(Path("none")), AccountFile(Path("none")))
    api = {row.path for row in table(page) if row.path.startswith("/api/")}
    assert set(document["paths"]) == api - {"/api/openapi.json"}
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_the_first_screen_is_small(served: Served) -> None:
    """All that the first screen fetches is at most 200 kB, before any packing."""
    _, _, page = served.web.ask("GET", "/")
    names = set(re.findall(rb"/static/[\w.-]+", page)) | {b"/static/main.js"}
    waiting, weight = list(names), len(page)
    while waiting:
        status, _, body = served.web.ask("GET", waiting.pop().decode())
        assert status == 200
        weight += len(body)
        more = {b"/static/" + name for name in re.findall(rb'from "\./([\w.-]+)"', body)} - names
        names |= more
        waiting += more
    weight += len(served.web.ask("GET", "/api/languages/ur")[2])
    weight += len(served.web.ask("GET", "/api/state?lang=ur")[2])
    assert 30_000 < weight < 200_000


def test_the_first_screens_parts_are_asked_for_at_once(served: Served) -> None:
    """The page names every module that the first screen needs, so that none waits for another."""
    _, _, page = served.web.ask("GET", "/")
    found, waiting = {"main.js"}, ["main.js"]
    while waiting:
        body = served.web.ask("GET", f"/static/{waiting.pop()}")[2].decode()
        more = set(re.findall(r'^import .* from "\./([\w.-]+)"', body, re.MULTILINE)) - found
        found |= more
        waiting += more
    named = re.findall(r'rel="modulepreload" href="/static/([\w.-]+)"', page.decode())
    assert sorted(named) == sorted(found - {"main.js"})
