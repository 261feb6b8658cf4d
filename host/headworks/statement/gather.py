"""Reads from a folder of records what a statement of one month needs. Opens it read-only."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from headworks.model.site import Site
from headworks.record.database import reading
from headworks.record.journal import INTERVAL, SEAL
from headworks.record.ledger import connection_meter
from headworks.record.reading import JOURNAL_FILE
from headworks.statement.ledger_rows import Rows, entries_of, rows_of
from headworks.statement.make import make, over
from headworks.statement.model import Evidence, Statement, StatementError
from headworks.statement.months import bounds, grid, local_text

_EVENTS = ("trip", "latch", "reset", "curtail", "curtail-met", "curtail-end", "station-start")
_START, _FIRMWARE = "station-start", "firmware"  # what the station says of itself and its boards
_LATEST_S = 86400  # an interval is written at its end, at the latest so long after its begin
Body = dict[str, Any]


def gather(folder: Path, site: Site, month: str, now_s: int, software: str) -> Statement:
    """The statement of a month from the records in a folder.

    Raises StatementError where the month cannot be stated or the records cannot be read, and
    FileNotFoundError where there are none.
    """
    path = folder / JOURNAL_FILE
    from_s, to_s = bounds(month, site.timezone)
    try:
        with closing(reading(path)) as journal:
            intervals = _intervals(journal, from_s, to_s)
            events = _events(journal, to_s)
            interval_s = _length_s(intervals, site)
            if not intervals:
                raise StatementError(
                    f"{path} has no interval of {month}; name a month in which the station ran"
                )
            starts = grid(month, site.timezone, interval_s)
            through_s = over(month, starts, now_s).stop
            evidence = _evidence(journal, site, from_s, through_s, software)
        zone, meter = ZoneInfo(site.timezone), connection_meter(site) or ""
        rows: Rows = rows_of(intervals, interval_s, zone, meter)
        entries = entries_of(events)
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        raise StatementError(
            f"{path}: an entry cannot be read ({error}); run `headworks verify` on these records"
        ) from error
    return make(
        site,
        month,
        starts,
        rows.intervals,
        entries,
        evidence=evidence,
        now_s=now_s,
        racks=rows.racks or {rack.name: "unknown" for rack in site.racks},
        unplaced=rows.unplaced,
        counters=rows.counters,
    )


def _events(journal: sqlite3.Connection, to_s: int) -> list[Body]:
    """What a statement tells of, from the beginning on: an order or a trip may be an old one."""
    kinds = ",".join("?" * len(_EVENTS))
    return _bodies(journal, f"kind IN ({kinds}) AND wall_s < ?", *_EVENTS, to_s)


def _bodies(journal: sqlite3.Connection, where: str, *given: object) -> list[Body]:
    found = journal.execute(f"SELECT body FROM journal WHERE {where} ORDER BY seq", given)
    return [json.loads(body) for (body,) in found]


def _intervals(journal: sqlite3.Connection, from_s: int, to_s: int) -> list[Body]:
    """The ledger's rows that began in the month, and those between them that have no time."""
    timed = _bodies(
        journal, "kind = ? AND wall_s >= ? AND wall_s < ?", INTERVAL, from_s, to_s + _LATEST_S
    )
    found = [body for body in timed if from_s <= (body["values"]["from_s"] or -1) < to_s]
    if found:
        ends = found[0]["seq"], found[-1]["seq"]
        untimed = _bodies(journal, "kind = ? AND seq BETWEEN ? AND ?", INTERVAL, *ends)
        found += [body for body in untimed if body["values"]["from_s"] is None]
    return [body["values"] for body in found]


def _length_s(intervals: list[Body], site: Site) -> int:
    """The length of an interval; where it was changed in the month, the longest."""
    return round(max((v["interval_s"] for v in intervals), default=site.record.interval_min * 60))


def _evidence(
    journal: sqlite3.Connection, site: Site, from_s: int, through_s: int, software: str
) -> Evidence:
    first, last = journal.execute(
        "SELECT min(seq), max(seq) FROM journal WHERE wall_s >= ? AND wall_s < ?",
        (from_s, through_s),
    ).fetchone()
    head = journal.execute("SELECT hash FROM journal WHERE seq = ?", (last,)).fetchone()
    seals = _bodies(journal, "kind = ? AND wall_s < ?", SEAL, through_s)[-1:]
    zone = ZoneInfo(site.timezone)
    return Evidence(
        site_sha256=site.sha256,
        software=software,
        firmware=_firmware(journal, through_s),
        journal_first=first,
        journal_last=last,
        journal_sha256=head[0] if head else "",
        seal_day=local_text(int(seals[0]["wall_s"]), zone, "%Y-%m-%d") if seals else "",
        seal=str(seals[0]["values"]["signature"]) if seals else "",
        sites=_sites(journal, from_s, through_s),
    )


def _firmware(journal: sqlite3.Connection, through_s: int) -> tuple[tuple[str, str], ...]:
    """What each board said last that it runs."""
    told = _bodies(journal, "kind = ? AND wall_s < ?", _FIRMWARE, through_s)
    found = {str(body["source"]): str(body["values"]["firmware"]) for body in told}
    return tuple(sorted(found.items()))


def _sites(journal: sqlite3.Connection, from_s: int, through_s: int) -> tuple[str, ...]:
    """The site files that were in force: that of the last start before, and of each since."""
    starts = _bodies(journal, "kind = ? AND wall_s < ?", _START, through_s)
    before = [body for body in starts if body["wall_s"] < from_s][-1:]
    within = [body for body in starts if body["wall_s"] >= from_s]
    return tuple(dict.fromkeys(str(b["values"]["site_sha256"]) for b in (*before, *within)))
