"""Checks a statement's file: its signature, its seal, its sums, and the records where they are.

Believes nothing that the file says: the figures are signed or they are not, and what can be
worked out again is worked out again.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import NamedTuple
from zoneinfo import ZoneInfo

from headworks.statement import html, pdf, sums, table
from headworks.statement.content import statement_of
from headworks.statement.model import Statement, StatementError
from headworks.statement.months import grid, local_text
from headworks.statement.sealed import Form, Parts, parts
from headworks.statement.signature import Signed, fingerprint, is_sealed, is_signed

MOST_BYTES = 100_000_000
READERS = {Form.PDF: pdf.read, Form.HTML: html.read, Form.CSV: table.read}
# Not compared with records: the tariff may have changed since, and intervals and evidence are
# compared in a way of their own.
_APART = ("made_s", "evidence", "intervals", "cost")
_CHAIN = ("journal_first", "journal_last", "journal_sha256", "seal_day", "seal")


class Finding(NamedTuple):
    """One check. `good` None: it could not be made, and the text says why."""

    name: str
    good: bool | None
    text: str


class Verdict(NamedTuple):
    """All checks, and the statement where it could be read."""

    findings: tuple[Finding, ...]
    statement: Statement | None

    @property
    def good(self) -> bool:
        """Whether nothing was found."""
        return all(finding.good is not False for finding in self.findings)


def verify(data: bytes, key: str = "", now: Statement | str = "there are none here") -> Verdict:
    """Check a file's bytes.

    `key` is the public key of the station, "" where it is not known. `now` is the statement that
    the records give today for the same month and time, or why they give none. Raises
    StatementError where the file is no statement at all.
    """
    if len(data) > MOST_BYTES:
        raise StatementError("larger than 100 MB; this is no statement")
    taken = parts(data)
    signed = READERS[taken.form](taken.body)
    findings = [_figures(signed), _key(signed, key), _file(taken, signed)]
    statement = None
    if findings[0].good:
        statement = statement_of(signed.statement)
        findings.append(_sums(statement))
        findings.append(_records(statement, now))
    return Verdict(tuple(findings), statement)


def _figures(signed: Signed) -> Finding:
    if is_signed(signed):
        return Finding("figures", True, "the figures are those that were signed")
    return Finding(
        "figures",
        False,
        "the figures were changed after they were signed, or another key is named; "
        "ask the operator for the original file",
    )


def _key(signed: Signed, key: str) -> Finding:
    theirs = f"{signed.public_key} (fingerprint {fingerprint(signed.public_key)})"
    if not key:
        return Finding(
            "key",
            None,
            f"signed with the key {theirs}; compare it with the one that the station printed, or "
            "name that with --expect",
        )
    if signed.public_key == key:
        return Finding("key", True, f"signed with this station's key {theirs}")
    return Finding(
        "key", False, f"signed with another key, {theirs}; expected {key} ({fingerprint(key)})"
    )


def _file(taken: Parts, signed: Signed) -> Finding:
    """Whether every byte of the file is as it was made, by the same key."""
    found = taken.seal
    if found is not None and is_sealed(taken.body, found):
        if found.public_key == signed.public_key:
            return Finding("file", True, "every byte of the file is as it was made")
        return Finding("file", False, f"the file was sealed with another key, {found.public_key}")
    return Finding(
        "file",
        False,
        "the file was changed after it was made, so what it shows may not be what was signed; "
        "trust the signed figures only, or ask for the original file",
    )


def _sums(s: Statement) -> Finding:
    """Whether totals, racks, gaps and times follow from the intervals."""
    wrong = [name for name, value in _derived(s).items() if getattr(s, name) != value]
    starts = grid(s.month, s.timezone, s.interval_s)
    if [one.start_s for one in s.intervals] != list(starts[: len(s.intervals)]):
        wrong.append("the times of the intervals")
    if wrong:
        return Finding("sums", False, f"these do not follow from the intervals: {', '.join(wrong)}")
    return Finding("sums", True, f"sums and gaps follow from {len(s.intervals)} intervals")


def _derived(s: Statement) -> Mapping[str, object]:
    return {
        "totals": sums.totals(s.intervals),
        "racks_wh": sums.racks_total(s.intervals, len(s.racks)),
        "gaps": sums.gaps(s.intervals, s.interval_s),
        "unsynced": sums.unsynced(s.intervals, s.interval_s),
    }


def _records(s: Statement, now: Statement | str) -> Finding:
    """Whether today's records give the same."""
    if isinstance(now, str):
        return Finding("records", None, f"not compared with records: {now}")
    zone = ZoneInfo(s.timezone)
    pairs = zip(s.intervals, now.intervals, strict=False)
    first = next((one.start_s for one, other in pairs if one != other), None)
    if first is not None:
        when = local_text(first, zone)
        return Finding("records", False, f"the interval of {when} is not that of the records")
    names = [field.name for field in fields(Statement) if field.name not in _APART]
    wrong = [name for name in names if getattr(s, name) != getattr(now, name)]
    ours, theirs = now.evidence, s.evidence
    wrong += [name for name in _CHAIN if getattr(ours, name) != getattr(theirs, name)]
    if wrong:
        return Finding("records", False, f"these are not those of the records: {', '.join(wrong)}")
    return Finding("records", True, "every interval and event is that of the records")
