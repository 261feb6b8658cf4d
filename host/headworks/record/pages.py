"""The journal page by page, the newest first, by kind, time and words. Read-only."""

import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from headworks.record.database import reading
from headworks.record.reading import ALWAYS, JOURNAL_FILE, Span

Json = dict[str, Any]


class Asked(NamedTuple):
    """Which entries: all that are given must hold. `before` is a number of the journal."""

    span: Span = ALWAYS
    kinds: tuple[str, ...] = ()
    not_kinds: tuple[str, ...] = ()
    words: str = ""
    before: int | None = None
    most: int = 100


def newest(folder: Path, asked: Asked) -> list[Json]:
    """At most `asked.most` entries with their hashes, the newest first.

    Words are looked for in the entry's text as it was written, without regard to case where they
    are ASCII. Entries without a time of day are in no span that has a bound. Raises
    FileNotFoundError, PermissionError and sqlite3.Error.
    """
    where, values = _where(asked)
    with closing(reading(folder / JOURNAL_FILE)) as connection:
        found = connection.execute(
            f"SELECT body, hash FROM journal {where} ORDER BY seq DESC LIMIT ?",
            (*values, asked.most),
        )
        return [{**json.loads(body), "hash": hash_} for body, hash_ in found]


def _where(asked: Asked) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []

    def add(text: str, *more: Any) -> None:
        parts.append(text)
        values.extend(more)

    if asked.before is not None:
        add("seq < ?", asked.before)
    if asked.span.from_s is not None:
        add("wall_s >= ?", asked.span.from_s)
    if asked.span.to_s is not None:
        add("wall_s < ?", asked.span.to_s)
    for kinds, what in ((asked.kinds, "IN"), (asked.not_kinds, "NOT IN")):
        if kinds:
            add(f"kind {what} ({_marks(kinds)})", *kinds)
    for word in asked.words.split():
        add("body LIKE ? ESCAPE '!'", f"%{_plain(word)}%")
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def _marks(items: Iterable[str]) -> str:
    return ", ".join("?" for _ in items)


def _plain(word: str) -> str:
    """The word as it stands in the entry's JSON, with nothing in it that LIKE would read."""
    text = json.dumps(word)[1:-1]
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in text)
