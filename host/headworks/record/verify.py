"""Checks records: the chain, the seals, the ledger's sums, samples and recordings.

Changes nothing. Names the first broken record of each kind; what cannot be known is a note. Who
holds the private key and the machine can write another history; who has noted the public key
and a hash that was shown can tell that too.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from headworks.record.chain_check import ChainCheck, Walk
from headworks.record.database import reading
from headworks.record.frames import RecordingError, lines
from headworks.record.journal import SCHEMA as JOURNAL_SCHEMA
from headworks.record.ledger_check import LedgerCheck
from headworks.record.packing import PackingError
from headworks.record.reading import ALWAYS, JOURNAL_FILE, SAMPLES_FILE, Span, blocks, decoded
from headworks.record.samples import SCHEMA as SAMPLES_SCHEMA
from headworks.record.seal import KeyFileError, load_key
from headworks.record.segments import Segments
from headworks.record.sums_check import SumsCheck
from headworks.record.tiers import TIERS

FIRST_S = 60.0  # of a station, in which its samples' file is made


class Report(NamedTuple):
    """What was checked, what is broken (the first of each kind), and what to know besides."""

    entries: int
    seals: int
    sealed_to: int
    intervals: int
    sample_rows: int
    recordings: int
    head: str
    key: str
    broken: tuple[str, ...]
    notes: tuple[str, ...]
    begun: bool = False  # these are a station's first moments; samples come with the first commit


class Begun:
    """Whether a journal is of a station's first moments: its samples' file may not be there yet."""

    def __init__(self) -> None:
        self._boots: set[str] = set()
        self._times_s: list[float] = []  # of the first entry and the newest

    def take(self, body: dict[str, Any]) -> None:
        """One entry of any kind."""
        self._boots.add(str(body.get("boot")))
        t_s = body.get("t_s")
        if isinstance(t_s, int | float):
            self._times_s = [*self._times_s[:1], t_s]

    def only(self, walk: Walk) -> bool:
        """No seal, one boot, and no entry much later than the first."""
        times = self._times_s
        short = bool(times) and times[-1] - times[0] < FIRST_S
        return short and len(self._boots) == 1 and not (walk.seals or walk.broken)


class Found(NamedTuple):
    """How many there were, and the first that is broken."""

    found: int = 0
    broken: str = ""


def verify(folder: Path, span: Span = ALWAYS, key: str = "") -> Report:
    """Check a folder of records. `key` is the public key that is expected; "" takes the folder's.

    Raises FileNotFoundError where there is no journal.
    """
    own, wrong_key = _own_key(folder)
    expected = key or own
    chain, ledger, segments = ChainCheck(expected, span), LedgerCheck(), Segments()
    begun, sums = Begun(), SumsCheck()
    noted = _noted_head(folder) if span == ALWAYS else None  # a station may go on meanwhile
    walk, broken = _journal(folder, chain, (ledger.take, segments.take, begun.take, sums.take))
    broken += [text for text in (wrong_key, ledger.broken) if text]
    no_samples = begun.only(walk) and _no_samples_yet(folder)
    samples, more = (Found(), []) if no_samples else _sample_file(folder, span, sums)
    tail = _tail(noted, walk)
    broken += [tail] if tail else []
    recordings = _recordings(folder)
    broken += [*more, *([recordings.broken] if recordings.broken else [])]
    if span.to_s is None and not walk.broken:
        broken += _segments(folder, segments, walk)
    return Report(
        walk.entries, walk.seals, walk.sealed_to if walk.seals else 0, ledger.count,
        samples.found, recordings.found,
        walk.head, expected, tuple(broken), tuple(_notes(folder, walk, ledger, expected, span)),
        no_samples,
    )  # fmt: skip


def _journal(
    folder: Path, chain: ChainCheck, takers: tuple[Callable[[dict[str, Any]], None], ...]
) -> tuple[Walk, list[str]]:
    """The journal's file: how far its chain is good, and what is broken."""

    def take(body: dict[str, Any]) -> None:
        for taker in takers:
            taker(body)

    try:
        with closing(reading(folder / JOURNAL_FILE)) as connection:
            walk = chain.walk(connection, take)
            broken = [walk.broken] if walk.broken else []
            return walk, [*broken, *_sound(connection, JOURNAL_FILE, JOURNAL_SCHEMA)]
    except sqlite3.Error as error:
        walk = Walk()
        walk.broken = f"{JOURNAL_FILE}: {error}"
        return walk, [walk.broken]


def _sample_file(folder: Path, span: Span, sums: SumsCheck) -> tuple[Found, list[str]]:
    """The samples' file: how many rows are good, and what is broken.

    A span's journal may hold the sum of samples that are not of it: only the whole is summed up.
    """
    try:
        with closing(reading(folder / SAMPLES_FILE)) as connection:
            connection.execute("BEGIN")  # one state of it, however it goes on
            samples = _samples(connection, span)
            broken = [text for text in (samples.broken, _head_gone(connection)) if text]
            if span == ALWAYS and not broken:
                broken = [text for text in (sums.first_wrong(connection),) if text]
            return samples, [*broken, *_sound(connection, SAMPLES_FILE, SAMPLES_SCHEMA)]
    except FileNotFoundError:
        return Found(), [f"{folder / SAMPLES_FILE} is missing"]
    except (sqlite3.Error, KeyError, ValueError, TypeError) as error:
        return Found(), [f"{SAMPLES_FILE}: {error}"]


def _no_samples_yet(folder: Path) -> bool:
    """Whether the samples' file is not there, or has just been made."""
    try:
        with closing(reading(folder / SAMPLES_FILE)) as connection:
            return not _shape(connection)
    except FileNotFoundError:
        return True
    except sqlite3.Error:
        return False


def _own_key(folder: Path) -> tuple[str, str]:
    """The public key of the folder, "" without one, and what is wrong with its file."""
    try:
        return load_key(folder).public, ""
    except FileNotFoundError:
        return "", ""  # records that were handed on without it
    except (OSError, KeyFileError) as error:
        return "", f"key: {error}"


def _sound(connection: sqlite3.Connection, name: str, schema: str) -> Iterator[str]:
    """SQLite's own check, and whether tables, indexes and triggers are those of this program."""
    try:
        told = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if told != ("ok",):
            yield f"{name}: SQLite's own check fails: {told[0]}"
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(schema)
            if _shape(connection) != _shape(fresh):
                yield f"{name}: its tables or triggers are not those that the station made"
    except sqlite3.Error as error:
        yield f"{name}: {error}"


def _shape(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return sorted(
        connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    )


def _samples(connection: sqlite3.Connection, span: Span) -> Found:
    """Every row of every tier: its check, and that it belongs to a block."""
    count = 0
    for tier in TIERS:
        for block in blocks(connection, tier.name, span):
            try:
                count += sum(1 for _ in decoded(connection, block))
            except PackingError as error:
                return Found(count, f"samples {tier.name}, block {block.id}: {error}")
    if span == ALWAYS:
        kept = connection.execute("SELECT count(*) FROM row").fetchone()[0]
        if kept != count:
            return Found(count, f"samples: {kept - count} rows belong to no block")
    return Found(count)


def _head_gone(connection: sqlite3.Connection) -> str:
    """What is wrong where samples do not say how far the journal had come; each commit says it."""
    asked = "SELECT EXISTS (SELECT 1 FROM block) AND NOT EXISTS (SELECT 1 FROM head)"
    if connection.execute(asked).fetchone()[0]:
        return f"{SAMPLES_FILE}: it no longer says how far the journal had come"
    return ""


def _noted_head(folder: Path) -> tuple[int, str] | None:
    """How far the journal had come when samples were last kept; None where nobody noted it."""
    try:
        with closing(reading(folder / SAMPLES_FILE)) as connection:
            found: tuple[int, str] | None = connection.execute(
                "SELECT seq, hash FROM head"
            ).fetchone()
            return found
    except (sqlite3.Error, OSError):
        return None  # told where the samples are looked at


def _tail(head: tuple[int, str] | None, walk: Walk) -> str:
    """The journal must still have come as far as was noted."""
    if head is None or walk.broken:
        return ""
    seq, noted = head
    if seq > walk.last:
        return (
            f"journal: it ends with entry {walk.last}, but had come to {seq}: "
            "the entries after it are gone"
        )
    if seq and walk.hashes.get(seq) != noted:
        return f"journal entry {seq}: it is not the one that was there when samples were kept"
    return ""


def _recordings(folder: Path) -> Found:
    count = 0
    for path in sorted((folder / "recorder").glob("**/*.rec")):
        count += 1
        try:
            for _ in lines(path):
                pass
        except RecordingError as error:
            return Found(count, f"recording {error}")
    return Found(count)


def _segments(folder: Path, segments: Segments, walk: Walk) -> list[str]:
    """The first recording that is gone or another; a station that runs lets some go meanwhile."""
    recorder = folder / "recorder"
    if not segments.first_wrong(recorder):
        return []
    with suppress(sqlite3.Error, ValueError), closing(reading(folder / JOURNAL_FILE)) as newer:
        for (text,) in newer.execute("SELECT body FROM journal WHERE seq > ?", (walk.last,)):
            segments.take(json.loads(text))
    wrong = segments.first_wrong(recorder)
    return [f"recording {wrong}"] if wrong else []


def _notes(
    folder: Path, walk: Walk, ledger: LedgerCheck, expected: str, span: Span
) -> Iterator[str]:
    if not expected:
        yield "there is no key in this folder: the seals are checked against their own keys only"
    if not walk.broken and walk.seals and span.to_s is None and walk.last > walk.sealed_to:
        yield f"{walk.last - walk.sealed_to} entries are newer than the last seal"
    if ledger.gaps:
        yield f"the ledger has {ledger.gaps} gaps; they are shown in the export and never filled"
    for path in sorted(folder.glob("*.unreadable-[0-9]*")):
        if path.suffix != ".db" and not path.name.endswith(("-wal", "-shm")):
            yield f"{path.name} could not be read once and lies beside its successor"
