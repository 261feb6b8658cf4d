"""What ties the statement to the records, and how a reader checks it without trusting us."""

from collections.abc import Iterator

from headworks.statement.figures import UNKNOWN, groups
from headworks.statement.model import Evidence, Statement
from headworks.statement.page import CODE, HASH, Block, Cell, Heading, Note, Row, Table
from headworks.statement.signature import Signed, fingerprint
from headworks.statement.words import Words

_HASHES = ("site", "site_before", "chain", "seal", "signature", "public_key")


def proof(s: Statement, signed: Signed, w: Words) -> Iterator[Block]:
    """Hashes, seal, signature and key."""
    yield Heading(w("proof.heading"))
    rows = tuple(
        Row((Cell(w(f"proof.{name}", **figures)), Cell(text, HASH if name in _HASHES else CODE)))
        for name, text, figures in (*_records(s.evidence), *_signature(signed))
    )
    yield Table((), rows, (0, 1), small=True)
    yield Note(w("proof.how"))
    yield Note(w("proof.key"))


def _records(e: Evidence) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield "software", e.software, {}
    yield "site", groups(e.site_sha256), {}
    for sha256 in e.sites:
        if sha256 != e.site_sha256:
            yield "site_before", groups(sha256), {}
    for board, firmware in e.firmware:
        yield "firmware", firmware, {"board": board}
    if e.journal_first is not None and e.journal_last is not None:
        yield "journal", f"{e.journal_first:,} – {e.journal_last:,}", {}
    else:
        yield "journal", UNKNOWN, {}
    yield "chain", groups(e.journal_sha256), {}
    yield "seal", groups(e.seal), {"day": e.seal_day or UNKNOWN}


def _signature(signed: Signed) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield "signature", groups(signed.signature), {}
    yield "public_key", groups(signed.public_key), {}
    yield "fingerprint", fingerprint(signed.public_key), {}
