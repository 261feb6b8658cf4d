"""Walks the journal's chain and its seals, up to the first entry that is broken."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from headworks.record.chain import NOTHING, canonical, digest
from headworks.record.journal import SEAL
from headworks.record.reading import ALWAYS, Span
from headworks.record.seal import seal_text, signed

Json = dict[str, Any]
_KEEP = 100_000  # hashes of the newest entries


class Walk:
    """What a walk has found. `hashes` are those of the entries that it passed, the newest."""

    def __init__(self) -> None:
        self.entries = self.seals = self.sealed_to = self.last = 0
        self.head = NOTHING
        self.broken = ""
        self.hashes: dict[int, str] = {0: NOTHING}


class ChainCheck:
    """One check. `key` is the public key that seals must be of, "" for any."""

    def __init__(self, key: str, span: Span) -> None:
        self._key, self._span = key, span
        self._next_first: int | None = None if span != ALWAYS else 1

    def walk(self, connection: sqlite3.Connection, take: Callable[[Json], None]) -> Walk:
        """Check entry by entry; `take` gets each good one."""
        walk = Walk()
        try:
            for seq, text, noted in self._rows(connection, walk):
                body, wrong = _body(walk, seq, text, noted)
                if not wrong and body["kind"] == SEAL:
                    wrong = self._seal(walk, body)
                if wrong:
                    walk.broken = f"journal entry {_named(seq, body)}: {wrong}"
                    break
                walk.entries += 1
                walk.last, walk.head = seq, noted
                walk.hashes[seq] = noted
                walk.hashes.pop(seq - _KEEP, None)
                take(body)
        except sqlite3.Error as error:
            walk.broken = f"journal, after entry {walk.last}: {error}"
        return walk

    def _rows(self, connection: sqlite3.Connection, walk: Walk) -> Iterator[tuple[int, Any, Any]]:
        """The entries of the span, the walk set to the one before."""
        first, last = _bounds(connection, self._span)
        found = connection.execute(
            "SELECT seq, hash FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT 1", (first,)
        ).fetchone()
        if found is not None:
            walk.last, walk.head = found
            walk.hashes[walk.last] = walk.head
            walk.sealed_to = walk.last
        yield from connection.execute(
            "SELECT seq, body, hash FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq",
            (first, last),
        )

    def _seal(self, walk: Walk, body: Json) -> str:
        """What is wrong with a seal; "" if nothing is."""
        try:
            v = body["values"]
            first, last, head = int(v["first"]), int(v["last"]), str(v["head"])
            public, signature = str(v["key"]), str(v["signature"])
            text = seal_text(str(v["site"]), first, last, head)
        except (KeyError, TypeError, ValueError):
            return "it is no whole seal"
        if not signed(public, signature, text):
            return "its signature does not fit"
        if self._key and public != self._key:
            return f"it is sealed with another key, {public}"
        if self._next_first is not None and first != self._next_first:
            return f"it seals from entry {first}, and the last seal ended before {self._next_first}"
        if last in walk.hashes and walk.hashes[last] != head:
            return f"it seals another entry {last} than the one that is here"
        if last > walk.last:
            return f"it seals entry {last}, which comes after it"
        self._next_first = last + 1
        walk.seals += 1
        walk.sealed_to = body["seq"]
        return ""


def _body(walk: Walk, seq: int, text: Any, noted: Any) -> tuple[Json, str]:
    """The entry, and what is wrong with it."""
    body: Json = {}
    try:
        body = json.loads(text)
        same = canonical(body) == text and body["seq"] == seq and isinstance(body["kind"], str)
    except (TypeError, ValueError, KeyError, RecursionError):
        same = False
    if seq != walk.last + 1:
        return body, f"it follows entry {walk.last}: what was between them is gone"
    if not isinstance(text, str) or digest(walk.head, text) != noted:
        return body, "it was changed: its hash does not fit it and the entry before"
    return body, "" if same else "it is not in the form that the station writes"


def _bounds(connection: sqlite3.Connection, span: Span) -> tuple[int, int]:
    """First and last entry of a span of the wall clock."""
    first, last = 1, 1 << 62
    if span.from_s is not None:
        found = connection.execute("SELECT min(seq) FROM journal WHERE wall_s >= ?", (span.from_s,))
        first = found.fetchone()[0] or last
    if span.to_s is not None:
        found = connection.execute("SELECT max(seq) FROM journal WHERE wall_s < ?", (span.to_s,))
        last = found.fetchone()[0] or 0
    return first, last


def _named(seq: int, body: Any) -> str:
    """An entry in words: number, time, kind."""
    if not isinstance(body, dict):
        return str(seq)
    wall_s: Any = body.get("wall_s")
    try:
        when = datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError, OSError):
        when = "untimed"
    return f"{seq} ({when}, {body.get('kind', '?')!s:.40})"
