"""Who is signed in. In memory only, so a restart signs everybody out; time is an argument."""

import hashlib
import secrets
from typing import NamedTuple

IDLE_S = 8 * 3600.0  # a shift
LONGEST_S = 24 * 3600.0
MOST = 200
MOST_OF_ONE = 10  # of one person; the oldest go


class Session(NamedTuple):
    """One browser of one person. `csrf` stands in a header of every act, never in a cookie.

    `secret` is the hash of the password that it was opened with: another one ends it.
    """

    name: str
    secret: str
    csrf: str
    began_s: float
    seen_s: float


class Sessions:
    """Sessions by the digest of their key; the key itself is in the browser only."""

    def __init__(self) -> None:
        self._held: dict[str, Session] = {}

    def open(self, name: str, secret: str, now_s: float) -> tuple[str, Session]:
        """A new session and its key for the cookie."""
        own = [key for key, held in self._held.items() if held.name == name]
        for key in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._held[key]
        while len(self._held) >= MOST:
            self._held.pop(next(iter(self._held)))
        key = secrets.token_urlsafe(32)
        session = Session(name, secret, secrets.token_urlsafe(32), now_s, now_s)
        self._held[_digest(key)] = session
        return key, session

    def get(self, key: str, now_s: float, *, asks: bool = True) -> Session | None:
        """The session of a key, if it has not ended; `asks` where a person did something."""
        place = _digest(key)
        session = self._held.get(place)
        if session is None:
            return None
        if now_s - session.seen_s > IDLE_S or now_s - session.began_s > LONGEST_S:
            del self._held[place]
            return None
        if asks:
            session = self._held[place] = session._replace(seen_s=now_s)
        return session

    def close(self, key: str) -> None:
        """Sign out."""
        self._held.pop(_digest(key), None)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
