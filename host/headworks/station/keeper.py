"""What the station tells its records: scans, events, and who commanded what from where.

Stamps everything with both clocks. Nothing here waits for a disk but the answers to people.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path

from headworks import __version__
from headworks.field.boards import BoardView
from headworks.field.signals.clock import synchronised, wall_clock
from headworks.model.commissioning import Commissioned
from headworks.model.live import Command
from headworks.model.plan import Alarm, Event, Reason, ReasonCode, Severity
from headworks.model.site import Site
from headworks.record.records import Records
from headworks.record.stamp import Clock, Entry, Stamp, entry_of
from headworks.station.alarms import StationAlarms
from headworks.station.board_requests import BoardRequest
from headworks.station.loop import Result

FOLDER = "records"
LOOK_S = 10.0  # between two looks at whether a time service keeps the clock
SLOW_SHOWN_S = 60.0  # that something was dropped stays an alarm for this long
FIRMWARE_S = 1.0  # between two looks at what the boards run
FIRMWARE_MOST = 6  # changes of one board that are kept within FIRMWARE_WITHIN_S [ours]
FIRMWARE_WITHIN_S = 3600.0
_SOURCE = "records"


class Keeper:
    """One run of the station, for its records in the state folder."""

    def __init__(self, site: Site, state_dir: Path, boot: str) -> None:
        text = _site_text(site)
        self._site, self._boot = site, boot
        self.files = {"state": str(state_dir.absolute()),
                      "site": str(Path(site.source).absolute()) if site.source else ""}  # fmt: skip
        self._records = Records(state_dir / FOLDER, site, site_text=text, version=__version__)
        self._synced, self._looked_s = False, float("-inf")
        self._firmware: dict[str, tuple[str, ...]] = {}
        self._changed_s: dict[str, deque[float]] = {}  # when each board's firmware was kept
        self._firmware_s = float("-inf")
        self._told_aside = self._told_dropped = 0
        self._slow_until_s = float("-inf")

    def start(self, now_s: float) -> None:
        """Begin, and say which program and which site file begin."""
        self._records.start()
        values = {"version": __version__, "site_file": self._site.source,
                  "site_sha256": self._site.sha256}  # fmt: skip
        self._journal(now_s, Entry("station-start", self._site.name, values=values))

    def close(self, exit_code: int, timeout_s: float) -> bool:
        """Say how it ended and write what is left; False where that took too long."""
        values = {"exit": exit_code, "dropped": self._records.dropped}
        self._journal(time.monotonic(), Entry("station-stop", self._site.name, values=values))
        return self._records.close(timeout_s)

    def view(self) -> dict[str, object]:
        """How the records are, for the state."""
        records = self._records
        asked = self._site.record
        return {
            "waiting": records.waiting,
            "dropped": records.dropped,
            "trouble": records.trouble,
            "recorder_hours": asked.recorder_hours,
            "recorder_mb": asked.recorder_mb,
        }

    def scanned(self, result: Result) -> None:
        """Keep one scan."""
        stamp = self._stamp(result.snapshot.t_s)
        self._records.scanned(stamp, result.snapshot, result.plan, result.before)

    def events(self, t_s: float, events: Iterable[Event]) -> "Future[None] | None":
        """Keep what happened; None where nothing did."""
        entries = [entry_of(event) for event in events]
        return self._journal(t_s, *entries) if entries else None

    def command(self, command: Command, origin: str) -> "Future[None]":
        """Keep what a person or program wants, who that is and from where."""
        c = command
        entry = Entry("asked", c.target, c.action.value, {"id": c.id}, c.note, c.actor, c.role)
        return self._journal(time.monotonic(), entry._replace(origin=origin))

    def commissioned(self, result: Commissioned, origin: str) -> "Future[None]":
        """Keep the result of a step of commissioning, with the site file that it is about."""
        r = result
        values = {**r.seen, "result": r.verdict.value, "site_sha256": self._site.sha256}
        entry = Entry("commissioning", r.target, r.step.value, values, r.note, r.actor, r.role)
        return self._journal(time.monotonic(), entry._replace(origin=origin))

    def board(self, request: BoardRequest, uid: int) -> "Future[None]":
        """Keep what is wanted of a sensor board."""
        r = request
        values = {"line": r.line, "for_s": r.for_s}
        entry = Entry("asked", r.board, r.op, values, "", r.actor, r.role, f"uid {uid}")
        return self._journal(time.monotonic(), entry)

    def look_at_firmware(self, t_s: float, boards: Callable[[], Iterable[BoardView]]) -> None:
        """Keep which firmware each board runs, when that changes; looked at now and then.

        An ill board may tell two in turn for ever. The last entry within a while says that there
        may be more; what it runs after that while is kept again.
        """
        if t_s - self._firmware_s < FIRMWARE_S:
            return
        self._firmware_s = t_s
        for board in boards():
            now = board.firmware, *board.made, board.uid
            if board.firmware and self._firmware.get(board.name) != now:
                latest = self._changed_s.setdefault(board.name, deque(maxlen=FIRMWARE_MOST))
                if len(latest) == FIRMWARE_MOST and t_s - latest[0] < FIRMWARE_WITHIN_S:
                    continue
                latest.append(t_s)
                self._firmware[board.name] = now
                values: dict[str, str | float] = {
                    "firmware": board.firmware, "build": board.made[0], "config": board.made[1],
                    "uid": board.uid, "model": board.model,
                }  # fmt: skip
                if len(latest) == FIRMWARE_MOST and t_s - latest[0] < FIRMWARE_WITHIN_S:
                    values["held_back_s"] = FIRMWARE_WITHIN_S - (t_s - latest[0])
                self._journal(t_s, Entry("firmware", board.name, values=values))

    def look(self, t_s: float, alarms: StationAlarms) -> None:
        """Raise and end the alarms of the records."""
        trouble, aside = self._records.trouble, self._records.set_aside
        dropped = self._records.dropped
        if dropped != self._told_dropped:
            self._told_dropped, self._slow_until_s = dropped, t_s + SLOW_SHOWN_S
        if not trouble and t_s < self._slow_until_s:
            trouble = f"the disk is too slow, {dropped} scans or entries were not kept so far"
        if trouble:
            reason = Reason(ReasonCode.STORAGE, (("error", trouble),))
            alarms.raise_alarm(t_s, Alarm(_SOURCE, Severity.ALARM, reason))
        else:
            alarms.end_alarm(t_s, _SOURCE, ReasonCode.STORAGE)
        for path in aside[self._told_aside :]:
            reason = Reason(ReasonCode.STORAGE_CORRUPT, (("path", path),))
            alarms.raise_alarm(t_s, Alarm(_SOURCE, Severity.ALARM, reason))
        self._told_aside = len(aside)

    def _journal(self, t_s: float, *entries: Entry) -> "Future[None]":
        return self._records.journal(self._stamp(t_s), *entries)

    def _stamp(self, t_s: float) -> Stamp:
        if t_s - self._looked_s >= LOOK_S:
            self._looked_s, self._synced = t_s, synchronised()
        if wall_clock(unsynced_ok=True) is None:
            return Stamp(self._boot, t_s)
        wall_s = round(time.time() - (time.monotonic() - t_s), 3)
        return Stamp(self._boot, t_s, wall_s, Clock.SYNCED if self._synced else Clock.FREE)


def _site_text(site: Site) -> str:
    """The site file as it runs; "" where it is not there or another by now."""
    try:
        text = Path(site.source).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return text if hashlib.sha256(text.encode()).hexdigest() == site.sha256 else ""
