"""Composes the page of a statement in a language: section after section, nothing drawn yet."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from headworks.statement.annex import days, intervals
from headworks.statement.incident_tables import (
    clock_table,
    curtailment_table,
    gap_table,
    trip_table,
)
from headworks.statement.model import Statement
from headworks.statement.months import local_text
from headworks.statement.page import Block, Note, Page
from headworks.statement.proof import proof
from headworks.statement.signature import Signed, fingerprint
from headworks.statement.summary import availability, cost, facts, racks, reconciliation, totals
from headworks.statement.words import Words

__all__ = ["compose"]


def compose(statement: Statement, signed: Signed, words: Words) -> Page:
    """The page of a statement and its signature."""
    key = fingerprint(signed.public_key)
    return Page(
        language=words.language,
        direction=words.direction,
        title=words("title.statement"),
        subtitle=words("title.of", site=statement.site, month=statement.month),
        mark=words("title.mark"),
        foot=words("title.foot", site=statement.site, month=statement.month, key=key),
        blocks=tuple(_blocks(statement, signed, words)),
    )


def _blocks(s: Statement, signed: Signed, w: Words) -> Iterator[Block]:
    yield Note(w("note.indicative"), strong=True)
    if not s.complete:
        through = local_text(s.through_s, ZoneInfo(s.timezone))
        yield Note(w("note.running", through=through), strong=True)
    yield from facts(s, w)
    yield from totals(s, w)
    yield from cost(s, w)
    yield from reconciliation(s, w)
    yield from availability(s, w)
    yield from racks(s, w)
    yield from curtailment_table(s, w)
    yield from trip_table(s, w)
    yield from gap_table(s, w)
    yield from clock_table(s, w)
    yield from proof(s, signed, w)
    yield from days(s, w)
    yield from intervals(s, w)
