"""One try to tell one alarm to a webhook, and what came of it. Keeps nothing, decides no waits.

HTTPS is checked against the system's authorities or the site file's. Redirects are not followed:
they would carry secrets to somebody else. No error text holds an address's path or a header.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from headworks.faces.secret_file import SecretError, read_secrets, text_of
from headworks.faces.trust import trusted
from headworks.model.outside import NotifySpec
from headworks.model.template import filled

MOST_ANSWER = 65_536  # bytes that are read of an answer
MOST_ANSWER_S = 2.0  # for which they are waited for
_ADVICE = {  # what a refusal asks of whoever has set it up
    400: "look at body in [notify]: is it what the receiver wants?",
    401: "look at [headers] in the file of secrets",
    403: "look at [headers] in the file of secrets",
    404: "look at the path of its url",
    405: "look at method in [notify], and at the path of its url",
    410: "this url is no longer valid; have the receiver give a new one",
    413: "body in [notify] is too long for it",
    415: "it does not take JSON; put a receiver between that does",
    422: "look at body in [notify]: is it what the receiver wants?",
}
_AGAIN = (408, 425, 429)  # of 4xx these say: later
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Target(NamedTuple):
    """Whom to tell, with everything secret."""

    url: str
    headers: Mapping[str, str]
    trust: ssl.SSLContext

    @property
    def shown(self) -> str:
        """The receiver as it may stand in a log: no path, which may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class Outcome(NamedTuple):
    """Done; or why not, whether another try makes sense, and for how long the receiver asks."""

    done: bool
    cause: str = ""
    final: bool = False
    wait_s: float = 0.0


def target(spec: NotifySpec) -> Target:
    """Read what the site file points at. Raises SecretError."""
    data: Mapping[str, Any] = {}
    path = Path(spec.secrets)
    if spec.secrets:
        data = read_secrets(path, ("url", "headers"))
    url = text_of(data, "url", path) or spec.url
    if not _usable(url):
        where = path if spec.secrets else "[notify]"
        raise SecretError(f'{where}: holds no usable url; write url = "https://…"')
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1") and data:
        raise SecretError(f"{path}: its secrets would cross the network in clear; write https://")
    return Target(url, _headers(data.get("headers", {}), path), trusted(spec.ca))


def _usable(url: str) -> bool:
    """Whether it can be asked: a host by a name that can be, a port if any, no name or password."""
    try:
        parts, host = urlsplit(url), httpx.URL(url).host
        good = parts.port is None or parts.port > 0
    except (ValueError, httpx.InvalidURL):
        return False
    return parts.scheme in ("https", "http") and bool(host) and good and "@" not in parts.netloc


def _headers(found: object, path: Path) -> Mapping[str, str]:
    if not isinstance(found, dict):
        raise SecretError(f'{path}: headers is no table; write [headers], then NAME = "…"')
    for name, value in found.items():
        good = isinstance(value, str) and value.isascii() and value.isprintable()
        if not good or not _NAME.fullmatch(name):
            raise SecretError(f'{path}: a header cannot be sent; write plain text: NAME = "…"')
    return found


class Webhook:
    """Sends to one receiver."""

    def __init__(self, spec: NotifySpec, to: Target) -> None:
        self._spec, self._to = spec, to

    async def tell(self, key: str, fields: Mapping[str, str]) -> Outcome:
        """One try, `timeout_s` long at most. Never raises for what the network does."""
        body, said, cause = filled(self._spec.body, fields), list[Outcome](), ""
        try:
            async with (
                asyncio.timeout(self._spec.timeout_s) as limit,
                self._asked(key, body) as got,
            ):
                said.append(_outcome(got.status_code, got.headers.get("retry-after", "")))
                limit.reschedule(asyncio.get_running_loop().time() + MOST_ANSWER_S)
                await _read(got)
        except TimeoutError:
            cause = f"no answer within {self._spec.timeout_s:g} s"
        except (httpx.HTTPError, OSError) as error:
            cause = _cause(error)
        return said[0] if said else Outcome(False, cause)

    @asynccontextmanager
    async def _asked(self, key: str, body: str) -> AsyncIterator[httpx.Response]:
        """The answer's beginning, as soon as it is there."""
        headers = {
            **self._to.headers, "Content-Type": "application/json", "Idempotency-Key": key,
            "User-Agent": "headworks",
        }  # fmt: skip
        async with (
            httpx.AsyncClient(
                verify=self._to.trust, follow_redirects=False, trust_env=False,
                timeout=self._spec.timeout_s,
            ) as client,
            client.stream(
                self._spec.method, self._to.url, content=body.encode(), headers=headers
            ) as answer,
        ):  # fmt: skip
            yield answer


async def _read(answer: httpx.Response) -> None:
    """Some of an answer's text: many a server takes it ill when nobody listens to the end."""
    got = 0
    async for piece in answer.aiter_raw():
        got += len(piece)
        if got > MOST_ANSWER:
            return


def _outcome(status: int, after: str) -> Outcome:
    """What a status says: taken, later, or never like this."""
    if 200 <= status < 300:
        return Outcome(True)
    wait_s = float(after) if after.isdecimal() and len(after) < 9 else 0.0
    if 300 <= status < 400:
        cause = f"it sends elsewhere ({status}), which is not followed; write the url that it means"
        return Outcome(False, cause, final=True)
    final = 400 <= status < 500 and status not in _AGAIN
    todo = f"; {_ADVICE[status]}" if status in _ADVICE else ""
    return Outcome(False, f"it answers {status}{todo}", final=final, wait_s=wait_s)


def _cause(error: Exception) -> str:
    """Why, without the address."""
    known: BaseException | None = error
    while known is not None:
        if isinstance(known, ssl.SSLCertVerificationError):
            return f"its certificate is not believed: {known.verify_message}"
        if isinstance(known, ssl.SSLError):
            return "it speaks no TLS that fits; is this its port for https://?"
        if isinstance(known, OSError) and known.strerror:
            return os.strerror(known.errno) if known.errno and known.errno > 0 else known.strerror
        known = known.__cause__ or known.__context__
    return _TOLD.get(type(error), type(error).__name__)


_TOLD: Mapping[type[Exception], str] = {
    httpx.ConnectError: "no connection",
    httpx.ReadError: "the connection broke",
    httpx.WriteError: "the connection broke",
    httpx.RemoteProtocolError: "it does not answer as a web server does, or breaks off; look at its"
    " url: is that the port, and does it want https://?",
}
