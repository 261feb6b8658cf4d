"""What the records' thread does: every store in turn, each with its own trouble.

A store that fails is left alone for RETRY_S and then opened anew. A full disk costs the oldest
recordings and samples, never the journal. An unreadable database is set aside and a new one
begun, and the journal says so.
"""

import errno
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.record.chain import NOTHING
from headworks.record.channels import channels
from headworks.record.database import code_of, is_unreadable
from headworks.record.journal import BEGIN, SEAL, Head, JournalStore
from headworks.record.ledger import Ledger
from headworks.record.orders import Orders
from headworks.record.recorder import Recorder
from headworks.record.samples import COMMIT_S, DAY_S, SampleStore
from headworks.record.seal import KeyFileError, SealKey, key_of, seal_values
from headworks.record.stamp import Entry, Stamp
from headworks.record.sums import SampleSums

RETRY_S = 10.0  # between two tries of a store that failed [ours]
TRIM_S = 600.0
KEPT_ROWS = 20_000  # of samples that wait for a disk: some hours
KEPT_ENTRIES = 10_000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
JOURNAL, SAMPLES, RECORDER, KEY = "journal", "samples", "recorder", "key"


def _day(wall_s: float | None, t_s: float) -> tuple[str, int]:
    return ("boot", int(t_s // DAY_S)) if wall_s is None else ("wall", int(wall_s // DAY_S))


class Writer:
    """Owns the stores. Only the records' thread calls it; `troubles` may be read by all."""

    def __init__(self, folder: Path, site: Site, site_text: str, version: str) -> None:
        self.troubles: dict[str, str] = {}
        self.set_aside: list[str] = []
        self.head = Head(0, NOTHING)
        self._folder, self._site, self._version = folder, site, version
        self._journal = JournalStore(folder / "journal.db")
        self._sums = SampleSums()
        self._samples = SampleStore(folder / "samples.db", site.record, self._sums.add)
        self._recorder = Recorder(folder / "recorder", site, site_text, version)
        self._ledger = Ledger(site)
        self._orders = Orders()
        self._key: SealKey | None = None
        self._newest: tuple[Stamp, Snapshot, Plan] | None = None
        self._waiting: deque[tuple[Stamp, Entry]] = deque()
        self._again_s: dict[str, float] = {}
        self._dropped = 0
        self._commit_s = self._trim_s = float("-inf")
        self._sealed: tuple[str, int] | None = None

    def open(self) -> None:
        """Look at what is there; trouble is told and tried again."""
        self._try(JOURNAL, self._begin)
        self._try(KEY, self._load_key)

    def journal(self, entries: list[tuple[Stamp, Entry]]) -> str:
        """Make entries durable, with all that waited before them; "" or why they are not."""
        self._waiting.extend(entries)
        while len(self._waiting) > KEPT_ENTRIES:
            self._waiting.popleft()
            self._dropped += 1
        if self._waiting:
            self._try(JOURNAL, self._append)
        return self.troubles.get(JOURNAL, "the journal is not open") if self._waiting else ""

    def scan(self, stamp: Stamp, snapshot: Snapshot, plan: Plan, before: Memory) -> None:
        """Take one scan into samples, ledger and recorder."""
        self._seal_if_due(stamp)
        newest = self._newest
        if newest is not None and int(newest[0].t_s) != int(stamp.t_s):
            self._sample()
        self._newest = stamp, snapshot, plan
        done = self._ledger.add(stamp, snapshot, plan) + self._orders.add(plan)
        self._tell(stamp, done)
        if not self._try(RECORDER, lambda: self._recorder.add(stamp, before, snapshot, plan)):
            self._recorder.forget()
        self._tell(stamp, self._recorder.take_news())

    def _tell(self, stamp: Stamp, entries: list[Entry]) -> None:
        if entries:
            self.journal([(stamp, entry) for entry in entries])

    def settle(self, stamp: Stamp) -> None:
        """After some scans: hand on, commit, trim and seal what is due."""
        self._try(RECORDER, self._recorder.flush)
        if stamp.t_s - self._commit_s >= COMMIT_S:
            self._commit_s = stamp.t_s
            self._commit()
        if stamp.t_s - self._trim_s >= TRIM_S:
            self._trim_s = stamp.t_s
            self._try(SAMPLES, lambda: self._samples.trim(stamp.wall_s))
            self._try(RECORDER, lambda: self._recorder.trim(partial(self._tell, stamp)))
        if self._key is None:
            self._try(KEY, self._load_key)
        if self._waiting:
            self.journal([])

    def close(self, stamp: Stamp | None) -> None:
        """The end: what was begun is finished, and the journal sealed."""
        self._try(RECORDER, self._recorder.close)
        if stamp is not None:
            self._tell(stamp, self._recorder.take_news() + self._ledger.cut(stamp))
            self._sample()
            self._samples.finish()
            self._seal(stamp)
            self._commit()
        self._samples.database.close()
        self._journal.database.close()

    def take_dropped(self) -> int:
        """How much was given up since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    # --- each store ---------------------------------------------------------------------

    def _sample(self) -> None:
        """The last scan of a second is what is kept of it."""
        if self._newest is not None:
            stamp, snapshot, plan = self._newest
            self._samples.add(stamp, channels(snapshot, plan))
            self._newest = None

    def _begin(self) -> None:
        self.head = self._journal.head()

    def _append(self) -> None:
        """One commit with all that waits. It is gone from the queue only when it is durable."""
        entries = list(self._waiting)
        self.head = self._journal.append(entries)
        for _ in entries:
            self._waiting.popleft()

    def _commit(self) -> None:
        self._try(SAMPLES, lambda: self._samples.commit(self.head))
        self._dropped += self._samples.forget_oldest(KEPT_ROWS)

    def _load_key(self) -> None:
        self._key = key_of(self._folder)

    def _seal_if_due(self, stamp: Stamp) -> None:
        """Once a day of the wall clock, without one once a day of the boot.

        A start seals what an earlier day left open: a station that loses its power each night
        would else never seal.
        """
        day = _day(stamp.wall_s, stamp.t_s)
        if self._sealed is None:
            self._try(JOURNAL, self._look_for_seal)
        if self._sealed not in (None, day) and self._seal(stamp):
            self._sealed = day

    def _look_for_seal(self) -> None:
        """On which day the journal was sealed last, or was begun where it never was."""
        found = self._journal.last_of(SEAL) or self._journal.first()
        if found is not None:
            self._sealed = _day(found["wall_s"], found["t_s"])

    def _seal(self, stamp: Stamp) -> bool:
        """Sign how far the chain has come; nothing where nothing is new since the last seal."""
        if self._key is None:
            self._try(KEY, self._load_key)
        if self._key is None or self._waiting or self.head.seq == 0:
            return False
        self._tell_samples(stamp)
        if self._waiting:
            return False
        key = self._key
        return self._try(JOURNAL, lambda: self._seal_with(key, stamp))

    def _tell_samples(self, stamp: Stamp) -> None:
        """The journal gets the sum of the samples, once they outlive a power cut as it does."""
        synced: list[bool] = []
        self._commit()
        if self._try(SAMPLES, lambda: synced.append(self._samples.sync())) and synced[-1]:
            entry = self._sums.take()
            self._tell(stamp, [entry] if entry else [])

    def _seal_with(self, key: SealKey, stamp: Stamp) -> None:
        found = self._journal.last_of(SEAL)
        first = int(found["values"]["last"]) + 1 if found else 1
        if first < self.head.seq:
            values = seal_values(key, self._site.name, first, *self.head)
            self.head = self._journal.append([(stamp, Entry(SEAL, self._site.name, values=values))])

    # --- what goes wrong ----------------------------------------------------------------

    def _try(self, store: str, work: Callable[[], None]) -> bool:
        """Do it unless the store rests; whether it was done."""
        if time.monotonic() < self._again_s.get(store, 0.0):
            return False
        try:
            try:
                work()
            except (sqlite3.Error, OSError) as error:
                if not self._made_room(error):
                    raise
                work()
        except (sqlite3.Error, ValueError, OSError, KeyFileError) as error:
            self._failed(store, error)
            return False
        self.troubles.pop(store, None)
        return True

    def _failed(self, store: str, error: Exception) -> None:
        self.troubles[store] = f"{self._folder / store}: {error}"
        self._again_s[store] = time.monotonic() + RETRY_S
        databases = {JOURNAL: self._journal.database, SAMPLES: self._samples.database}
        if store == JOURNAL:
            self._journal.forget()
        if store == SAMPLES:
            self._sums.take()  # nobody knows whether what was kept is still there
        database = databases.get(store)
        if database is None:
            return
        database.close()
        if is_unreadable(error):
            self._put_aside(store, error)

    def _put_aside(self, store: str, error: Exception) -> None:
        database = self._journal.database if store == JOURNAL else self._samples.database
        try:
            target = database.set_aside()
        except OSError as refused:
            self.troubles[store] += f"; and it cannot be set aside: {refused}"
            return
        self.set_aside.append(target)
        self._again_s.pop(store)
        self.troubles.pop(store)
        values = {"set_aside": target, "error": str(error), **self._known_head()}
        note = Entry(BEGIN, store, values=values)
        stamp = self._waiting[0][0] if self._waiting else Stamp("", time.monotonic())
        self._waiting.appendleft((stamp, note))

    def _known_head(self) -> dict[str, object]:
        """How far the journal is known to have come, for the first entry of the next one."""
        try:
            head = self.head if self.head.seq else self._samples.journal_head() or self.head
        except (sqlite3.Error, OSError):
            head = self.head
        return {"after_seq": head[0], "after_hash": head[1]}

    def _made_room(self, error: Exception) -> bool:
        """Where the disk is full: let the oldest recording and samples go."""
        full = isinstance(error, sqlite3.Error) and code_of(error) == sqlite3.SQLITE_FULL
        if not full and getattr(error, "errno", None) not in _FULL:
            return False
        self._journal.forget()
        made = False
        try:
            made = self._recorder.drop_oldest()
            made = self._samples.drop_oldest() or made
            self._samples.give_back()
        except (sqlite3.Error, OSError):
            self._samples.database.close()
        return made
