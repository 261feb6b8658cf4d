"""A month of a site that tests and eyes can look at: gaps, orders, trips, a clock on its own."""

import math
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headworks.model.site import Site
from headworks.model.tariff import Tariff, TariffPeriod
from headworks.record.seal import SealKey
from headworks.record.stamp import Clock
from headworks.site import check
from headworks.statement.make import make
from headworks.statement.model import Counter, Entry, Evidence, Interval, Quality, Statement
from headworks.statement.months import grid
from sitefile.samples import HERE

KEY = SealKey(Ed25519PrivateKey.from_private_bytes(b"a key of tests alone, 32 bytes!!"))
OTHER_KEY = SealKey(Ed25519PrivateKey.from_private_bytes(b"another key of tests, 32 bytes!!"))
RACKS = tuple(f"a{n}" for n in range(1, 13))
MONTH, ZONE, LENGTH_S = "2026-11", "Asia/Karachi", 1800
STARTS = grid(MONTH, ZONE, LENGTH_S)
DAY_S = 86400

TARIFF = Tariff(
    currency="PKR",
    name="B-3 time of use",
    incremental_per_kwh=22.98,
    periods=(
        TariffPeriod("peak", 41.58, start_min=17 * 60, end_min=21 * 60),
        TariffPeriod("off-peak", 33.12, rest=True),
    ),
)


def site(tariff: Tariff | None = TARIFF) -> Site:
    """The site of the design page, with a tariff."""
    found, _ = check((HERE / "good" / "design.toml").read_text(encoding="utf-8"))
    assert found is not None
    return replace(found, tariff=tariff, timezone=ZONE)


def row(start_s: int, **changes: object) -> Interval:
    """A row like those of a sunny day: the racks follow the surplus."""
    hour = (start_s - STARTS.start) % DAY_S / 3600
    sun = max(0.0, math.sin((hour - 6.5) / 11 * math.pi)) if 6.5 < hour < 17.5 else 0.0
    cloud = 0.55 + 0.45 * math.sin(start_s / 40000)
    surplus = int(190000 * sun * cloud)
    racks = tuple(surplus // 12 + (17 * n) % 31 if surplus > 20000 else 0 for n in range(12))
    drawn = sum(racks)
    imported = int(60000 + 30000 * math.sin(hour)) if surplus < 20000 else int(drawn * 0.03)
    extra = imported // 5
    found = Interval(
        start_s=start_s,
        quality=Quality.GOOD,
        clock=Clock.SYNCED,
        measured_s=LENGTH_S,
        import_wh=imported,
        export_wh=max(0, surplus - drawn) + 9000,
        drawn_wh=drawn,
        surplus_wh=int(drawn * 0.97),
        baseline_wh=imported - extra,
        incremental_wh=extra,
        racks_wh=racks,
    )
    return found._replace(**changes)


def rows() -> list[Interval]:
    """A month with a gap of three hours, an interval measured in part, a day on a free clock."""
    found = []
    for index, start_s in enumerate(STARTS):
        if 400 <= index < 406:
            continue
        one = row(start_s)
        if index in (399, 406):
            one = row(start_s, quality=Quality.PARTIAL, measured_s=1123, surplus_wh=None)
        if 900 <= index < 948:
            one = one._replace(clock=Clock.FREE)
        found.append(one)
    return found


def entries() -> list[Entry]:
    """Three curtailments (kept, late, not met) and three trips."""
    first = STARTS.start
    at = [first + day * DAY_S + 11 * 3600 + 37 for day in (3, 11, 17, 20, 24)]
    return [
        Entry(at[0], "scada", "curtail", "setpoint", {"limit_kw": 120.0, "drawn_kw": 388.4, "asked_s": 10.0}),
        Entry(at[0] + 2, "scada", "curtail-met", "setpoint", {"response_s": 1.62}),
        Entry(at[0] + 3600, "scada", "curtail-end"),
        Entry(at[1], "smoke", "trip", "interlock"),
        Entry(at[1], "smoke", "latch", "interlock"),
        Entry(at[1] + 5400, "smoke", "reset", "command", {"actor": "ops"}),
        Entry(at[2], "frequency", "curtail", "under-frequency", {"limit_kw": 0.0, "drawn_kw": 410.9, "asked_s": 0.5}),
        Entry(at[2] + 1, "frequency", "curtail-met", "under-frequency", {"response_s": 0.71}),
        Entry(at[2] + 420, "frequency", "curtail-end"),
        Entry(at[3], "scada", "curtail", "setpoint", {"limit_kw": 0.0, "drawn_kw": 80.0}),
        Entry(at[4], "a7", "latch", "welded"),
        Entry(at[4] + 60, "door", "trip", "interlock"),
    ]  # fmt: skip


EVIDENCE = Evidence(
    site_sha256="5f" * 32,
    software="headworks 0.1.0",
    firmware=(("air", "0.1.0+3f9a11c2"), ("safety", "0.1.0+77b0de41")),
    journal_first=10412,
    journal_last=18730,
    journal_sha256="c0ffee" * 10 + "aabb",
    seal_day="2026-11-30",
    seal="ab" * 64,
)
COUNTERS = (Counter("incomer", (1_204_500_120, 1_262_503_871), (88_120_003, 102_704_911)),)


def statement(**changes: object) -> Statement:
    """The statement of the month, made a day after its end."""
    given = {
        "now_s": STARTS.stop + DAY_S,
        "racks": dict.fromkeys(RACKS, "counter") | {"a12": "power"},
        "counters": COUNTERS,
    }
    given |= changes
    month, of = str(given.pop("month", MONTH)), given.pop("site", None) or site()
    return make(
        of,  # type: ignore[arg-type]
        month,
        grid(month, of.timezone, given.pop("interval_s", LENGTH_S)),  # type: ignore[attr-defined, arg-type]
        given.pop("rows", None) or rows(),  # type: ignore[arg-type]
        given.pop("entries", entries()),  # type: ignore[arg-type]
        evidence=EVIDENCE,
        **given,  # type: ignore[arg-type]
    )
