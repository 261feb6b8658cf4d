"""All that is kept of a running station, and the one thread that writes it.

`scanned` and `journal` only queue; neither waits for a disk. The thread takes scans in pairs, as
soon as the outputs of the second are set: meters that are asked together make two, and then the
loop waits for the next samples. What gathers for a second would be a long piece of work, and the
next sample would fall into it. Scans that the disk is too slow for are
dropped and counted. Journal entries wait in memory while the disk refuses, and their futures
fail at once, so that nobody believes in what is not there. What goes wrong stands in `trouble`;
control goes on.
"""

import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.record.database import StorageError, promise
from headworks.record.journal import Head
from headworks.record.stamp import Entry, Stamp
from headworks.record.writer import Writer

SCANS = 4096  # that may wait: some minutes of a busy site
ENTRIES = 10_000  # that may wait while the disk refuses
TOGETHER = 2  # scans that the thread takes at once; one alone waits for the rest of its second
PASS_S = 1.0  # about how long a scan may take to be handed to the system
EARLY_S = 0.1  # scans that come so much before that end the pass,
LATE_S = 0.05  # and for those that come so little after it the thread does not wake alone
ENDED = "nothing is written any more: the records have ended"


class Scan(NamedTuple):
    """One scan on its way to the disk."""

    stamp: Stamp
    snapshot: Snapshot
    plan: Plan
    before: Memory


class Waiting(NamedTuple):
    """Journal entries on their way to the disk."""

    stamp: Stamp
    entries: tuple[Entry, ...]
    done: "Future[None]"


class Records:
    """One site's records in one folder. `start` once, `close` at the end."""

    def __init__(self, folder: Path, site: Site, *, site_text: str = "", version: str = "") -> None:
        self.dropped = 0  # scans and entries that were not kept
        self._writer = Writer(folder, site, site_text, version)
        self._ready = threading.Condition()
        self._scans: deque[Scan] = deque()
        self._entries: deque[Waiting] = deque()
        self._closing = self._ended = False
        self._last: Stamp | None = None
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Scans and batches of entries that are not on the disk yet."""
        return len(self._scans) + len(self._entries)

    @property
    def trouble(self) -> str:
        """Why the disk does not take something now; "" = all is well."""
        return "; ".join(dict(self._writer.troubles).values())

    @property
    def set_aside(self) -> tuple[str, ...]:
        """Files that could not be read and lie beside their successors now."""
        return tuple(self._writer.set_aside)

    @property
    def head(self) -> Head:
        """How far the journal has come: number and hash of its last entry."""
        return self._writer.head

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread = threading.Thread(target=self._work, name="records", daemon=True)
        self._thread.start()

    def scanned(self, stamp: Stamp, snapshot: Snapshot, plan: Plan, before: Memory) -> None:
        """Keep one scan; `before` is the memory that it began with."""
        if len(self._scans) >= SCANS or self._ended:
            self.dropped += 1
            return
        self._scans.append(Scan(stamp, snapshot, plan, before))
        if len(self._scans) >= TOGETHER:
            with self._ready:
                self._ready.notify()

    def journal(self, stamp: Stamp, *entries: Entry) -> "Future[None]":
        """Keep entries; done when they are durable. Fails with StorageError where they are not."""
        done = promise()
        with self._ready:
            full = len(self._entries) >= ENTRIES
            if full or self._ended:
                self.dropped += len(entries)
                why = "too many entries wait for the disk" if full else ENDED
                done.set_exception(StorageError(why))
                return done
            self._entries.append(Waiting(stamp, entries, done))
            self._ready.notify()
        return done

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what is left and end the thread; False where that took too long."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """The thread: entries and scans as they come, the rest once in PASS_S."""
        try:
            self._writer.open()
            closing, due_s = False, time.monotonic() + PASS_S
            while not closing:
                closing = self._await(due_s)
                self._write_entries()
                self._write_scans()
                if closing or time.monotonic() >= due_s - EARLY_S:
                    due_s = time.monotonic() + PASS_S
                    self._settle()
            self._writer.close(self._last)
        finally:
            self._end()

    def _await(self, due_s: float) -> bool:
        """Wait for something to write, or until `due_s`; whether it is the end."""
        with self._ready:
            if not (self._entries or len(self._scans) >= TOGETHER or self._closing):
                self._ready.wait(max(0.0, due_s + LATE_S - time.monotonic()))
            return self._closing

    def _end(self) -> None:
        """Nothing will be written any more: whoever waits must know."""
        with self._ready:
            if not self._closing:
                self._writer.troubles["thread"] = ENDED
            self._ended = True
            waiting, self._entries = list(self._entries), deque()
        for one in waiting:
            one.done.set_exception(StorageError(ENDED))

    def _write_entries(self) -> None:
        """Everything that waits, in one commit; then tell who waits."""
        with self._ready:
            waiting, self._entries = list(self._entries), deque()
        if not waiting:
            return
        self._last = waiting[-1].stamp
        trouble = ENDED
        try:
            trouble = self._writer.journal([(w.stamp, e) for w in waiting for e in w.entries])
        finally:
            for one in waiting:
                if trouble:
                    one.done.set_exception(StorageError(trouble))
                else:
                    one.done.set_result(None)

    def _write_scans(self) -> None:
        """What has gathered, looking for entries in between."""
        for _ in range(len(self._scans)):
            scan = self._scans.popleft()
            self._last = scan.stamp
            self._writer.scan(scan.stamp, scan.snapshot, scan.plan, scan.before)
            if self._entries:
                self._write_entries()
        self.dropped += self._writer.take_dropped()

    def _settle(self) -> None:
        """Hand on, commit and trim what is due."""
        if self._last is not None:
            self._writer.settle(self._last)
        self.dropped += self._writer.take_dropped()
