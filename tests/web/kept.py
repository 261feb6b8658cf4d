"""A day of records, made by the stores themselves: what the page must show is known exactly."""

import math
from pathlib import Path

from headworks.model.site import RecordSpec
from headworks.record.journal import JournalStore
from headworks.record.samples import SampleStore
from headworks.record.stamp import Clock, Entry, Stamp

HEAD = (0, "")
RACKS = tuple(f"a{n}" for n in range(1, 7))


def a_day(folder: Path, end_s: float, *, hours: float = 24.0, step_s: float = 10.0) -> None:
    """Samples every `step_s` up to `end_s`, and a few entries; the meter is silent for an hour."""
    folder.mkdir(parents=True, exist_ok=True)
    store = SampleStore(folder / "samples.db", RecordSpec())
    count = int(hours * 3600 / step_s)
    for n in range(count):
        stamp = Stamp("boot", n * step_s, end_s - (count - n) * step_s, Clock.SYNCED)
        store.add(stamp, _values(n / count, silent=0.6 < n / count < 0.64))
        if n % 5000 == 4999:
            store.commit(HEAD)
    store.finish()
    store.commit(HEAD)
    store.database.close()
    _journal(folder, end_s, hours * 3600.0)


def _values(part: float, *, silent: bool) -> dict[str, float | None]:
    sun = max(0.0, math.sin((part - 0.2) / 0.62 * math.pi)) if 0.2 < part < 0.82 else 0.0
    cloud = 0.75 + 0.25 * math.sin(part * 400) * math.sin(part * 23)
    spare_kw = 620 * sun * cloud - 90 - 40 * math.sin(part * 14)
    envelope = 0.0 if silent else max(0.0, spare_kw)
    on = min(len(RACKS), int(envelope // 72))
    drawn = on * 72.0
    power = None if silent else drawn - spare_kw - 10
    values: dict[str, float | None] = {
        "envelope.kw": envelope, "racks.drawn_kw": drawn, "racks.planned_kw": drawn,
        "incomer.power_kw": power,
        "incomer.frequency_hz": None if silent else 50 + 0.04 * math.sin(part * 90),
        "air.intake_c": 24 + 9 * sun, "air.exhaust_c": 26 + 9 * sun + on * 1.4,
    }  # fmt: skip
    for index, rack in enumerate(RACKS):
        values[f"{rack}.on"] = float(index < on)
        values[f"{rack}.power_kw"] = 72.0 * (index < on)
    return values


def _journal(folder: Path, end_s: float, length_s: float) -> None:
    began_s = end_s - length_s
    silent = {"meter": "incomer", "quality": "silent"}
    order = {"action": "lock", "actor": "bilal", "role": "technician"}
    entries = [
        (0.0, Entry("station-start", "site", values={"version": "1.2.3"})),
        (0.601, Entry("alarm", "incomer", "unknown", silent)),
        (0.641, Entry("alarm-end", "incomer", "unknown", silent)),
        (0.7, Entry("command", "a3", "command", order, "fan exchange")),
        (0.9, Entry("refused", "a3", "cause-stays", order)),
    ]
    store = JournalStore(folder / "journal.db")
    for part, entry in entries:
        at_s = part * length_s
        store.append([(Stamp("boot", at_s, round(began_s + at_s, 3), Clock.SYNCED), entry)])
    store.database.close()
