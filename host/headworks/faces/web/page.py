"""What the handlers share: the feed, who may act, and who asks."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from starlette.requests import Request

from headworks.faces.people import secrets_of
from headworks.faces.people.accounts import AccountFile, Accounts, AccountsError, User
from headworks.faces.people.lockout import LockOut
from headworks.faces.people.roles import Role
from headworks.faces.web.archive import Archive
from headworks.faces.web.feed import Feed
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.sessions import Session, Sessions
from headworks.faces.web.shares import Shares
from headworks.model.text import clean

STREAMS_EACH = 16  # event streams of one address; whoever opens more pages polls [ours]
WAITING_SIGN_INS = 8  # more than these at once are sent away
_BEARER = "bearer "


class Identity(NamedTuple):
    """Who asks. Nobody has no name; `role` None may not even look."""

    name: str
    role: Role | None
    session: Session | None = None
    program: bool = False  # by a token


class Page:
    """One per process."""

    def __init__(
        self,
        feed: Feed,
        accounts: AccountFile,
        *,
        private: bool = False,
        fingerprint: str = "",
        archive: Archive | None = None,
        many: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.feed = feed
        self.archive = archive or Archive(feed)
        self.private = private
        self.fingerprint = fingerprint
        self.sessions = Sessions()
        self.many = tuple(many)  # addresses that stand for many people
        self.streams = 0
        self.stream_shares = Shares(STREAMS_EACH, self.many)
        self.commissioning: Mapping[str, int] | None = None  # steps passed, failed, in all
        self.guide_changed = asyncio.Event()
        self._accounts = accounts
        self._lockout = LockOut()
        self._clock = clock
        self._nobody = secrets_of.nobody()
        # One thread, always the same: the allocator keeps a hash's 19 MiB for each thread.
        self._hashing = ThreadPoolExecutor(1, "password")
        self._one = asyncio.Lock()  # a flood of guesses takes neither memory nor every processor
        self._waiting = 0

    def accounts(self) -> Accounts:
        """Everybody who may sign in. Raises RefusedError where the file is damaged."""
        try:
            return self._accounts.read()
        except AccountsError as error:
            note(f"accounts: {error}")
            raise RefusedError(503, "accounts-unreadable") from error

    def identify(self, request: Request, *, asks: bool = True) -> Identity:
        """Who asks, by token or by session. Raises RefusedError for a token that is none.

        `asks` False where nobody asks anew, as in a stream: that keeps no session open.
        """
        given = request.headers.get("authorization")
        if given is not None:
            return self._by_token(given)
        key = request.cookies.get(cookie_name(request), "")
        session = self.sessions.get(key, self._clock(), asks=asks)
        if session is not None:
            user = self.accounts().users.get(session.name)
            if user is not None and secrets_of.same(user.secret, session.secret):
                return Identity(user.name, user.role, session)
        return Identity("", None if self.private else Role.VIEWER)

    def may_look(self, request: Request) -> bool:
        """Whether whoever asked may look still: a token may be gone by now, or a person."""
        try:
            return self.identify(request, asks=False).role is not None
        except RefusedError:
            return False

    def _by_token(self, given: str) -> Identity:
        if given[: len(_BEARER)].lower() == _BEARER:
            secret = secrets_of.digest(given[len(_BEARER) :].strip())
            for token in self.accounts().tokens.values():
                if secrets_of.same(token.secret, secret):
                    return Identity(token.name, token.role, program=True)
        raise RefusedError(401, "token-unknown")

    async def sign_in(self, name: str, password: str, address: str) -> tuple[str, Session, Role]:
        """A new session with its key and role. Raises RefusedError, and is as slow in any case."""
        if not self.accounts().users:
            raise RefusedError(403, "nobody-yet")
        self._may_try(name, address)
        if self._waiting >= WAITING_SIGN_INS:
            raise RefusedError(503, "sign-in-busy")
        self._waiting += 1
        try:
            async with self._one:  # so guesses that come at once are counted one after another
                self._may_try(name, address)
                user = await self._tried(name, password)
                now_s = self._clock()
                if user is None:
                    self._lockout.failed(name, address, now_s)
        finally:
            self._waiting -= 1
        if user is None:
            note(f"refused to sign in {clean(name)!r} from {address}")
            raise RefusedError(401, "sign-in-wrong")
        self._lockout.passed(name, address)
        note(f"{clean(name)!r} signed in from {address} as {user.role.word}")
        return *self.sessions.open(user.name, user.secret, now_s), user.role

    def _may_try(self, name: str, address: str) -> None:
        """Raises RefusedError where one has to wait."""
        wait_s = self._lockout.wait_s(name, address, self._clock())
        if wait_s > 0.0:
            told = f"{wait_s:.0f}"
            raise RefusedError(429, "sign-in-locked", again_s=wait_s, wait=told)

    async def _tried(self, name: str, password: str) -> User | None:
        """The person, where the password is right and they are not removed meanwhile."""
        user = self.accounts().users.get(name)
        secret = user.secret if user else self._nobody
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._hashing, secrets_of.fits, secret, password)
        return user if right and self.accounts().users.get(name) == user else None


def cookie_name(request: Request) -> str:
    """With TLS a name that browsers tie to this very host and to TLS."""
    return "__Host-headworks" if request.url.scheme == "https" else "headworks"


def note(text: str) -> None:
    """A line for the log."""
    print(f"headworks web: {text}", file=sys.stderr, flush=True)
