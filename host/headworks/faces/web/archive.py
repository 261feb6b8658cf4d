"""What the page reads from the station's records: by itself, read-only, never by the station.

One read at a time in a thread of its own; who would have to wait long is sent away. A read that
fails is a sentence for the person who asked.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from headworks.faces.web.feed import Feed
from headworks.faces.web.refused import RefusedError
from headworks.model.site import Site
from headworks.record.packing import PackingError
from headworks.site import check

T = TypeVar("T")
MOST_WAITING = 6
READ_S = 60.0  # a card that is dying may never answer
END_S = 3.0  # for what is read when the page ends
_LARGEST_SITE = 1_000_000  # bytes


class SiteFile(NamedTuple):
    """The site file: its text, whether it is the one that runs, and what it says if it is."""

    path: str
    text: str
    sha256: str
    runs: bool
    site: Site | None


class Archive:
    """The records of the station that the feed follows, or of the folder that is named."""

    def __init__(self, feed: Feed, folder: Path | None = None) -> None:
        self._feed, self._named = feed, folder
        self._reading = ThreadPoolExecutor(1, "records")
        self._under_way: set[Future[Any]] = set()
        self._site: SiteFile | None = None

    def folder(self) -> Path:
        """Where the records lie. Raises RefusedError before the station has said so."""
        if self._named is not None:
            return self._named
        state = (self._feed.state or {}).get("files", {}).get("state", "")
        if not state:
            raise RefusedError(503, "records-place")
        return Path(state) / "records"

    async def read(self, work: Callable[[Path], T]) -> T:
        """What `work` makes of the folder. Raises RefusedError with the cause and a way out."""
        folder = self.folder()
        # those that nobody waits for any more count, too, until they have ended
        self._under_way = {one for one in self._under_way if not one.done()}
        if len(self._under_way) >= MOST_WAITING:
            raise RefusedError(503, "records-busy")
        reading = self._reading.submit(work, folder)
        self._under_way.add(reading)
        try:
            async with asyncio.timeout(READ_S):
                return await asyncio.wrap_future(reading)
        except TimeoutError as error:
            raise RefusedError(503, "records-silent", seconds=f"{READ_S:.0f}") from error
        except FileNotFoundError as error:
            raise RefusedError(404, "no-records") from error
        except PermissionError as error:
            raise RefusedError(503, "records-forbidden") from error
        except (PackingError, sqlite3.Error, OSError) as error:
            raise RefusedError(503, "records-damaged", error=str(error)) from error
        except ValueError as error:
            raise RefusedError(400, "not-asked-well", error=str(error)) from error
        except (LookupError, TypeError, AttributeError) as error:
            raise RefusedError(503, "records-newer") from error

    def close(self) -> bool:
        """Begin no more reads. Whether those under way have ended, waited for END_S at most."""
        self._reading.shutdown(wait=False, cancel_futures=True)
        return not wait(self._under_way, END_S).not_done

    def site_file(self) -> SiteFile:
        """The site file as it lies there now. Raises RefusedError where it cannot be read."""
        state = self._feed.state or {}
        path = state.get("files", {}).get("site", "")
        if not path:
            raise RefusedError(503, "site-place")
        try:
            with Path(path).open("rb") as file:
                raw = file.read(_LARGEST_SITE)
        except OSError as error:
            why = str(error.strerror)
            raise RefusedError(503, "site-unreadable", error=why) from error
        sha256, runs = hashlib.sha256(raw).hexdigest(), state["site"]["sha256"]
        if self._site is None or (self._site.path, self._site.sha256) != (path, sha256):
            text = raw.decode("utf-8", "replace")
            site = check(text, path)[0] if sha256 == runs else None
            self._site = SiteFile(path, text, sha256, sha256 == runs, site)
        return self._site._replace(runs=sha256 == runs)

    def site(self) -> Site | None:
        """The site that runs, where its file is there and the same still."""
        try:
            found = self.site_file()
        except RefusedError:
            return None
        return found.site if found.runs else None
