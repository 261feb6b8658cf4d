"""The first thing that every request meets: caps, the Host allow-list, Origin, headers.

Plain ASGI around the application. Knows no route and no user.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from headworks.faces.web.origins import host_ok, origin_ok
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.shares import Shares

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_REQUESTS = 120  # at once, event streams among them
REQUESTS_EACH = 40  # of one address; a browser has at most six at once [ours]
AGAIN_S = 5.0  # after which it may be worth another try
LARGEST_BODY = 16 * 1024
BODY_S = 10.0  # for a body to arrive
SAFE = ("GET", "HEAD")
_POLICY = "; ".join(
    (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'"),
        *("connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'self'"),
        *("frame-ancestors 'none'", "require-trusted-types-for 'script'"),
    )
)
HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)


class Gate:
    """Lets a request through to `app` or answers it with an error in JSON."""

    def __init__(self, app: App, names: frozenset[str], many: Iterable[str] = ()) -> None:
        self._app = app
        self._names = names
        self._inside = 0
        self._shares = Shares(REQUESTS_EACH, many)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a websocket: there is none here
            await send({"type": "websocket.close", "code": 1008})
            return
        address = address_of(scope)
        is_full = self._shares.full(address)
        self._inside += 1
        try:
            with self._shares.place(address):
                await self._pass(scope, receive, _dressed(send), is_full=is_full)
        finally:
            self._inside -= 1

    async def _pass(self, scope: Scope, receive: Receive, send: Send, *, is_full: bool) -> None:
        try:
            if is_full:
                raise RefusedError(429, "requests-yours", again_s=AGAIN_S)
            if self._inside > MOST_REQUESTS:
                raise RefusedError(503, "requests-many", again_s=AGAIN_S)
            self._look(scope)
            body = await _body(scope, receive)
        except RefusedError as error:
            await _refuse(send, error)
            return
        await self._app(scope, _again(body, receive), send)

    def _look(self, scope: Scope) -> None:
        """The address that it came by and the page that it came from. Raises RefusedError."""
        headers = _single(scope)
        host = headers.get(b"host", b"").decode("latin-1")
        local = scope.get("server") or ("", None)
        if not host_ok(host, self._names, str(local[0])):
            raise RefusedError(421, "wrong-name")
        if scope["method"] in SAFE:
            return
        origin = headers.get(b"origin")
        if origin is not None and not origin_ok(origin.decode("latin-1"), scope["scheme"], host):
            raise RefusedError(403, "other-origin")
        if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            raise RefusedError(403, "other-site")


def address_of(scope: Scope) -> str:
    """Where a request comes from; empty where the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _single(scope: Scope) -> dict[bytes, bytes]:
    """The headers; one that decides and comes twice could be read in two ways."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found and name in _DECIDING:
            raise RefusedError(400, "header-twice", name=name.decode("latin-1"))
        found[name] = value
    return found


_DECIDING = (b"host", b"origin", b"sec-fetch-site", b"authorization", b"x-csrf-token", b"cookie")


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, small and in time. Raises RefusedError."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length) > LARGEST_BODY:
        raise RefusedError(413, "body-large", most=str(LARGEST_BODY))
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise RefusedError(400, "broke-off")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > LARGEST_BODY:
                    raise RefusedError(413, "body-large", most=str(LARGEST_BODY))
    except TimeoutError:
        raise RefusedError(408, "body-slow", most=f"{BODY_S:.0f}") from None
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then whatever comes after it."""
    told = False

    async def told_once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return told_once


def _dressed(send: Send) -> Send:
    """Adds the headers that every answer carries."""

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message.get("headers", ())}
            more = [header for header in HEADERS if header[0] not in own]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return dressed


async def _refuse(send: Send, error: RefusedError) -> None:
    body = json.dumps(error.as_json).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *((name.encode(), value.encode()) for name, value in error.headers.items()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
