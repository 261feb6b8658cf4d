"""No unauthorised write: every route of the table by method, role, Origin, Host and CSRF token."""

import asyncio
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from headworks.faces.people.accounts import AccountFile, Accounts, Token, User
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import digest
from headworks.faces.web.app import make_app
from headworks.faces.web.feed import Feed
from headworks.faces.web.origins import own_names
from headworks.faces.web.page import Page
from headworks.faces.web.routes import table
from web.places import call, station

ROLES = ("viewer", "technician", "operator", "admin")
LEAST = {  # written down again here, so that a slip in the table is found
    "off": 2, "lock": 2, "ack": 2, "auto": 3, "unlock": 3, "reset": 3,
    "meter": 2, "sign": 2, "sensor": 2, "relay": 2, "trip": 2, "deadman": 2,
}  # fmt: skip
MEASURED = "sign"  # judged by what was measured, which is nothing here: it reaches nobody
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
HOSTS = {
    "own": "localhost:8080",
    "address": "127.0.0.1:8080",
    "foreign": "evil.example",
    "none": None,
}
ORIGINS = {"own", "absent", "foreign", "null", "port", "scheme"}
WHO = (
    "nobody", "unknown token", "unknown session",
    *(f"{kind} {role}" for kind in ("token", "session") for role in ROLES),
)  # fmt: skip


class Ask(NamedTuple):
    """One cell of the matrix."""

    method: str
    who: str
    origin: str
    host: str
    csrf: str


def make_page(folder: Path) -> Page:
    """A page with a person and a program of every role; nothing is ever hashed here."""
    file = AccountFile(folder / "users.json")
    users = {role: User(role, Role[role.upper()], f"secret {role}") for role in ROLES}
    tokens = {f"t-{r}": Token(f"t-{r}", Role[r.upper()], digest(f"token-{r}")) for r in ROLES}
    file.write(Accounts(users, tokens))
    return Page(Feed(folder / "s.sock"), file)


def headers_of(ask: Ask, page: Page) -> dict[str, Any]:
    """The request's headers, with a fresh session where it has one."""
    host = HOSTS[ask.host]
    own = f"http://{host}"
    origin = {
        "own": own, "absent": None, "foreign": "http://evil.example", "null": "null",
        "port": f"{own.rpartition(':')[0]}:81", "scheme": own.replace("http", "https"),
    }[ask.origin]  # fmt: skip
    found: dict[str, Any] = {"host": host, "origin": origin, "content-type": "application/json"}
    kind, _, role = ask.who.partition(" ")
    if kind == "token":
        found["authorization"] = f"Bearer token-{role}"
    elif kind == "session":
        key, session = page.sessions.open(role, f"secret {role}", 0.0)
        found["cookie"] = f"headworks={key}"
        found["x-csrf-token"] = {"right": session.csrf, "wrong": "x", "absent": None}[ask.csrf]
    elif ask.who == "unknown token":
        found["authorization"] = "Bearer nonsense"
    elif ask.who == "unknown session":
        found["cookie"] = "headworks=nonsense"
    return found


def may(ask: Ask, action: str) -> bool:
    """What must be, said independently of the code: only this cell may reach the station."""
    kind, _, role = ask.who.partition(" ")
    if kind not in ("token", "session") or ROLES.index(role) + 1 < LEAST[action]:
        return False
    if ask.method != "POST" or ask.host not in ("own", "address"):
        return False
    if kind == "session":
        return ask.origin == "own" and ask.csrf == "right"
    return ask.origin in ("own", "absent")


def cells(acts: bool) -> list[Ask]:
    """Every combination; fewer where nothing acts. The CSRF token matters for sessions only."""
    found = []
    origins, hosts = (
        (sorted(ORIGINS), [*HOSTS]) if acts else (["own", "foreign"], ["own", "foreign"])
    )
    for method, who, origin, host in itertools.product(METHODS, WHO, origins, hosts):
        tokens = ("right", "wrong", "absent") if who.startswith("session ") else ("absent",)
        found += [Ask(method, who, origin, host, csrf) for csrf in tokens]
    return found


def _paths() -> list[str]:
    page = Page(Feed(Path("none")), AccountFile(Path("none")))
    rows = table(page)
    names = sorted({row.path for row in rows if not row.path.startswith("/static/")})
    return [*names, "/static/main.js"]


@pytest.mark.parametrize("path", _paths())
def test_no_unauthorised_write(path: str, tmp_path: Path) -> None:
    """Exactly the allowed cells reach the station; no cell opens or closes a session."""

    async def body() -> None:
        page = make_page(tmp_path)
        page._clock = lambda: 1.0
        app = make_app(page, own_names())
        action = path.rpartition("/")[2] if "{name}" in path else ""
        async with station(tmp_path) as peer:
            wrong = []
            for ask in cells(bool(action)):
                before = len(peer.commands)
                headers = headers_of(ask, page)
                body = b'{"result": "fail"}' if path.startswith("/api/guide/") else b""
                where = path.format(name="a1", code="en", meter="m")
                answer = await call(app, ask.method, where, headers, body)
                reached = len(peer.commands) > before
                if reached != (action not in ("", MEASURED) and may(ask, action)):
                    wrong.append((ask, answer.status, reached))
                if (
                    answer.status == 200
                    and "set-cookie" in answer.headers
                    and path != "/api/session"
                ):
                    wrong.append((ask, answer.status, "a cookie"))
            assert wrong == []
            if action and action != MEASURED:
                assert {(c["action"], c["target"]) for c in peer.commands} == {(action, "a1")}
                assert {c["actor"].removeprefix("t-") for c in peer.commands} == {
                    role for role in ROLES if ROLES.index(role) + 1 >= LEAST[action]
                }
                assert all(c["role"] == c["actor"].removeprefix("t-") for c in peer.commands)

    asyncio.run(body())


def test_a_session_is_closed_by_its_own_page_alone(tmp_path: Path) -> None:
    """Signing out takes the page's token and origin, so no stranger can sign anybody out."""

    async def body() -> None:
        page = make_page(tmp_path)
        app = make_app(page, own_names())
        for origin, csrf in itertools.product(sorted(ORIGINS), ("right", "wrong", "absent")):
            ask = Ask("DELETE", "session admin", origin, "own", csrf)
            page._clock = lambda: 1.0
            headers = headers_of(ask, page)
            await call(app, "DELETE", "/api/session", headers)
            key = headers["cookie"].removeprefix("headworks=")
            open_still = page.sessions.get(key, 1.0) is not None
            assert open_still != (origin == "own" and csrf == "right"), ask

    asyncio.run(body())


def test_every_route_is_in_the_table_and_every_act_has_a_role(tmp_path: Path) -> None:
    """Nothing is served that is not in the table; what acts has a least role written down here."""
    page = make_page(tmp_path)
    rows = table(page)
    inner = make_app(page, own_names())._app
    served = {(route.path, min(route.methods - {"HEAD"})) for route in inner.routes}
    assert served == {(row.path, row.method) for row in rows}
    acts = {row.path.rpartition("/")[2]: row.role for row in rows if "{name}" in row.path}
    assert acts == {action: Role(least) for action, least in LEAST.items()}
    assert all(row.method == "GET" or row.acts or row.path == "/api/session" for row in rows)


def test_cross_site_fetches_and_doubled_headers_are_refused(tmp_path: Path) -> None:
    """What a browser says of a request's site counts too, and no header is read in two ways."""

    async def body() -> None:
        app = make_app(make_page(tmp_path), own_names())
        right = {"authorization": "Bearer token-admin", "content-type": "application/json"}
        async with station(tmp_path) as peer:
            for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
                answer = await call(
                    app, "POST", "/api/racks/a1/off", {**right, "sec-fetch-site": site}
                )
                assert answer.status == status
            assert len(peer.commands) == 1
            twice = [(b"host", b"evil.example")]
            answer = await call(app, "POST", "/api/racks/a1/off", right, more=twice)
            assert answer.status == 400
            assert len(peer.commands) == 1

    asyncio.run(body())


def test_private_shows_nothing_before_signing_in(tmp_path: Path) -> None:
    """With --private the state takes a viewer; the page itself stays reachable to sign in."""

    async def body() -> None:
        page = make_page(tmp_path)
        page.private = True
        app = make_app(page, own_names())
        for path, status in (("/api/state", 401), ("/api/events", 401), ("/", 200)):
            assert (await call(app, "GET", path)).status == status
        seen = await call(app, "GET", "/api/state", {"authorization": "Bearer token-viewer"})
        assert seen.status == 200

    asyncio.run(body())
