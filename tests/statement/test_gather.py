"""From real records to a statement: ledger rows, restarts, gaps, clocks, and the command."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from headworks.cli.main import main
from headworks.record.journal import JournalStore
from headworks.record.seal import KEY_NAME, key_of, make_key, seal_values
from headworks.record.stamp import Clock, Entry, Stamp
from headworks.site import load_site
from headworks.statement.gather import gather
from headworks.statement.ledger_rows import rows_of
from headworks.statement.make import WRITTEN_S
from headworks.statement.model import Interval, Quality, StatementError
from headworks.statement.months import bounds, grid
from record.kept import keep
from record.scans import WALL_S, a_site, scans
from sitefile.samples import HERE

MONTH, ZONE = "2025-02", "Asia/Karachi"
FROM_S, TO_S = bounds(MONTH, ZONE)
LENGTH_S = 900
SITE_TEXT = (
    (HERE / "good" / "design.toml").read_text(encoding="utf-8")
    + """
[tariff]
currency = "PKR"
[[tariff.period]]
name = "all day"
per_kwh = 40
"""
)


def _counted(kwh, first=1000.0, flags=()):
    return {"kwh": kwh, "first": first, "last": first + kwh, "flags": list(flags), "how": "counter"}


def values(from_s=FROM_S, length_s=LENGTH_S, **changes):
    """A row of the ledger as the journal keeps it."""
    found = {
        "from_s": from_s, "to_s": None if from_s is None else from_s + length_s,
        "from_t_s": 5000.0, "to_t_s": 5000.0 + length_s, "interval_s": 900.0,
        "missing_s": 0.0, "quality": "whole", "clock_state": "synced",
        "import": _counted(2.5), "export": _counted(7.25),
        "racks": {"a1": _counted(4.0), "b1": {"kwh": 2.0, "how": "power"}},
        "racks_kwh": 6.0, "covered_kwh": 5.4, "covered_share": 0.9,
        "baseline_kwh": 2.0, "incremental_kwh": 0.5,
    }  # fmt: skip
    return {**found, **changes}


GOOD = Interval(
    FROM_S, Quality.GOOD, Clock.SYNCED, 900, 2500, 7250, 6000, 5400, 2000, 500, (4000, 2000)
)
NONE = {"kwh": None, "how": "unknown"}


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({}, GOOD),
        ({"from_s": FROM_S + 0.4}, GOOD),
        ({"clock_state": "free"}, GOOD._replace(clock=Clock.FREE)),
        ({"missing_s": 100.0, "quality": "partial"}, GOOD._replace(quality=Quality.PARTIAL, measured_s=800)),
        ({"import": NONE, "baseline_kwh": None, "incremental_kwh": None},
         GOOD._replace(quality=Quality.PARTIAL, import_wh=None, baseline_wh=None, incremental_wh=None)),
        ({"import": _counted(2.5, flags=["reset"])}, GOOD._replace(quality=Quality.PARTIAL)),
        ({"import": _counted(2.5, flags=["late"])}, GOOD),
        ({"racks": {"a1": _counted(4.0), "b1": NONE}},
         GOOD._replace(drawn_wh=None, surplus_wh=None, racks_wh=(4000, None))),
        ({"covered_share": None}, GOOD._replace(surplus_wh=None)),
        ({"baseline_kwh": None, "incremental_kwh": None}, GOOD._replace(baseline_wh=None, incremental_wh=None)),
        ({"length_s": 10800, "quality": "partial"},
         Interval(FROM_S, Quality.PARTIAL, Clock.SYNCED)),  # three hours in one row: nobody knows when
    ],
)  # fmt: skip
def test_a_row_of_the_ledger(changes, row):
    """Counters become Wh, what is not known stays so, what cannot be placed is not placed."""
    changes = {"from_s": FROM_S, "length_s": LENGTH_S, **changes}
    found = rows_of([values(**changes)], LENGTH_S, ZoneInfo(ZONE), "incomer")
    assert found.intervals == (row,)
    assert dict(found.racks)["a1"] == "counter"


def test_two_rows_of_one_interval_are_one():
    """A restart leaves two: their energy adds up, and the interval was measured in part."""
    first = values(length_s=300, quality="partial")
    second = values(FROM_S + 400, 500, quality="partial", clock_state="free")
    row = rows_of([first, second], LENGTH_S, ZoneInfo(ZONE), "incomer").intervals
    assert row == (
        Interval(
            FROM_S, Quality.PARTIAL, Clock.FREE, 800, 5000, 14500, 12000, 10800, 4000, 1000, (8000, 4000)
        ),
    )  # fmt: skip


def test_quarters_make_half_hours():
    """Where the interval was changed within a month, whole quarters make a whole half hour."""
    row = rows_of([values(), values(FROM_S + 900)], 1800, ZoneInfo(ZONE), "incomer").intervals
    assert [(one.quality, one.measured_s, one.import_wh) for one in row] == [
        (Quality.GOOD, 1800, 5000)
    ]


@pytest.mark.parametrize(
    ("begin_s", "told"),
    [
        (0, [(0, Quality.GOOD, 2500), (1800, Quality.GOOD, 2500)]),
        # as an older version had them, by UTC: at a quarter past and to
        (900, [(0, Quality.PARTIAL, None), (1800, Quality.PARTIAL, None)]),
    ],
)
def test_half_hours_of_a_zone_at_a_quarter(begin_s, told):
    """Half hours are those of the clock; an older version's cannot be placed, nor count twice."""
    from_s, _ = bounds(MONTH, "Asia/Kathmandu")
    rows = [values(from_s + begin_s + n * 1800, 1800) for n in range(2)]
    found = rows_of(rows, 1800, ZoneInfo("Asia/Kathmandu"), "incomer")
    assert [(o.start_s - from_s, o.quality, o.import_wh) for o in found.intervals] == told
    assert (
        len({one.start_s for one in found.intervals} - {*grid(MONTH, "Asia/Kathmandu", 1800)}) == 0
    )


def test_rows_without_a_time_are_counted():
    """Before the clock was set nobody knows the month of a row: it is told, not guessed."""
    found = rows_of(
        [values(), values(from_s=None, clock_state="untimed")], LENGTH_S, ZoneInfo(ZONE), "incomer"
    )
    assert (len(found.intervals), found.unplaced) == (1, 1)


def test_the_counters_of_the_connection():
    """First and last reading; after a reset their difference says nothing."""
    later = values(FROM_S + 900, **{"import": _counted(1.0, 1002.5)})
    counter = rows_of([values(), later], LENGTH_S, ZoneInfo(ZONE), "incomer").counters[0]
    assert counter.import_wh == (1_000_000, 1_003_500)
    assert counter.steady
    odd = values(FROM_S + 900, **{"import": _counted(1.0, 3.0, ["reset"])})
    assert not rows_of([values(), odd], LENGTH_S, ZoneInfo(ZONE), "incomer").counters[0].steady


def test_a_rack_that_came_later_drew_nothing_before():
    """Racks of the whole month have a column each, and each says how it was measured."""
    old = values(racks={"a1": _counted(4.0)}, racks_kwh=4.0)
    found = rows_of([old, values(FROM_S + 900)], LENGTH_S, ZoneInfo(ZONE), "incomer")
    assert found.racks == {"a1": "counter", "b1": "power"}
    assert found.intervals[0].racks_wh == (4000, 0)


def test_records_of_a_running_station(tmp_path):
    """Scans in, statement out: its energies are those of the ledger's rows, trips are there."""
    site = replace(a_site(), timezone="UTC")
    keep(tmp_path, list(scans(2000, smoke_at=1200)))
    now_s = int(WALL_S) + 1900
    found = gather(tmp_path, site, "2027-01", now_s, "headworks 1")
    rows = [one for one in found.intervals if one.quality is not Quality.MISSING]
    assert [one.start_s for one in rows] == [int(WALL_S), int(WALL_S) + 900]
    journal = sqlite3.connect(tmp_path / "journal.db")
    kept = journal.execute("SELECT body FROM journal WHERE kind = 'interval' ORDER BY seq LIMIT 2")
    told = [json.loads(body)["values"] for (body,) in kept]
    assert [one.import_wh for one in rows] == [round(v["import"]["kwh"] * 1000) for v in told]
    assert found.totals["drawn_wh"] == pytest.approx(
        sum(v["racks_kwh"] for v in told) * 1000, abs=4
    )
    assert [trip.source for trip in found.trips] == ["smoke"]
    assert found.evidence.journal_first == 1
    journal.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A folder with a site file and the records of a month that is over."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "site.toml").write_text(SITE_TEXT, encoding="utf-8")
    site = load_site(folder / "site.toml")
    store = JournalStore(folder / "records" / "journal.db")
    start = Entry("station-start", site.name, values={"site_sha256": site.sha256})
    firmware = Entry(
        "firmware", "air", values={"firmware": "0.1.0+aa", "uid": "e661", "model": "pico-air"}
    )
    trip, reset = Entry("latch", "smoke", "interlock"), Entry("reset", "smoke", "command")
    order = Entry("curtail", "scada", "setpoint", {"limit_kw": 0.0, "drawn_kw": 72.0})
    met = Entry("curtail-met", "scada", values={"response_s": 1.25, "limit_kw": 0.0})
    events = [start, firmware, trip, reset, order, met]
    store.append([(_stamp(FROM_S + 60 * i), entry) for i, entry in enumerate(events)])
    rows = [index for index in range((TO_S - FROM_S) // 900) if not 100 <= index < 104]
    store.append([
        (_stamp(FROM_S + 900 * (i + 1)), Entry("interval", site.name, values=values(FROM_S + 900 * i)))
        for i in rows
    ])  # fmt: skip
    seal = seal_values(key_of(folder / "records"), site.name, 1, *store.head())
    store.append([(_stamp(TO_S - 5), Entry("seal", site.name, values=seal))])
    store.database.close()
    return folder


def _stamp(wall_s):
    return Stamp("boot-1", wall_s - FROM_S + 100.0, wall_s, Clock.SYNCED)


def _run(kept, *words, month=MONTH):
    given = ["--site", str(kept / "site.toml"), "--records", str(kept / "records")]
    return main(["statement", "--month", month, *given, *words])


def test_the_command_makes_all_files(kept, tmp_path, capsys):
    """One call, three files, their names on standard output, and nothing else in the folder."""
    assert _run(kept, "--pdf", "--html", "--csv", "--language", "ur", "--out", str(tmp_path)) == 0
    names = [f"statement-jamshoro-2-{MONTH}{end}" for end in ("-ur.pdf", "-ur.html", ".csv")]
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in names]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def _verify(kept, path, *words):
    given = ["--site", str(kept / "site.toml"), "--records", str(kept / "records")]
    return main(["verify", "--statement", str(path), *given, *words])


def test_a_statement_agrees_with_its_records(kept, tmp_path, capsys):
    """Checked where the records are, key, figures, file, sums and records are good."""
    assert _run(kept, "--csv", "--out", str(tmp_path)) == 0
    path = tmp_path / f"statement-jamshoro-2-{MONTH}.csv"
    capsys.readouterr()
    assert _verify(kept, path) == 0
    told = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert told == [[name, "good"] for name in ("figures", "key", "file", "sums", "records")]
    assert _verify(kept, path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--records", "nowhere"), "there are none in nowhere; name their folder with --records"),
        (
            ("--site", "other.toml"),
            "other.toml is of the site other, not jamshoro-2; name the file",
        ),
        (("--site", "bad.toml"), "bad.toml has mistakes; see: headworks check bad.toml"),
        (("--site", "nope.toml"), "nope.toml: there is no such file"),
    ],
)
def test_why_a_statement_was_not_compared_is_told(kept, tmp_path, capsys, monkeypatch, words, why):
    """A wrong site file is not "there are no records"; what needs none is checked all the same."""
    assert _run(kept, "--csv", "--out", str(tmp_path)) == 0
    text = (kept / "site.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace('name = "jamshoro-2"', 'name = "other"', 1))
    (tmp_path / "bad.toml").write_text("[site]\nnmae = 1\n")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert _verify(kept, f"statement-jamshoro-2-{MONTH}.csv", *words) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith(f"records  not checked  not compared with records: {why}")


def test_a_statement_of_another_history_is_told(kept, tmp_path, capsys):
    """Where the records say something else, the interval is named and the exit code is 1."""
    assert _run(kept, "--csv", "--out", str(tmp_path)) == 0
    path = tmp_path / f"statement-jamshoro-2-{MONTH}.csv"
    other = tmp_path / "other"
    shutil.copytree(kept, other)
    store = JournalStore(other / "records" / "journal.db")
    late = Entry("interval", "jamshoro-2", values=values(FROM_S + 100 * 900))
    store.append([(_stamp(FROM_S + 101 * 900), late)])
    store.database.close()
    assert _verify(other, path) == 1
    told = capsys.readouterr()
    assert "the interval of 2025-02-02 01:00 is not that of the records" in told.out
    assert "do not rely on this file" in told.err


def test_another_key_is_named(kept, tmp_path, capsys):
    """A statement of another station is checked against the key that is expected."""
    assert _run(kept, "--html", "--out", str(tmp_path)) == 0
    path = tmp_path / f"statement-jamshoro-2-{MONTH}.html"
    key = make_key(tmp_path).public
    assert _verify(kept, path, "--expect", key) == 1
    assert f"expected {key}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "month", "text"),
    [
        ((), "2025-13", "is no month; write it as 2026-11"),
        ((), "2024-12", "has no interval of 2024-12; name a month in which the station ran"),
        ((), "2199-01", "has no interval of 2199-01; name a month in which the station ran"),
        (("--language", "fr"), MONTH, "no language 'fr'; write one of en, ur"),
        (("--records", "nowhere"), MONTH, "there are no records; name their folder with --records"),
        (("--site", "nowhere.toml"), MONTH, "there is no such file; `headworks init` writes one"),
        (("--csv", "--out", "nowhere"), MONTH, "there is no such folder; make it or name another"),
    ],
)
def test_a_wrong_call_is_one_line(kept, words, month, text, capsys, tmp_path, monkeypatch):
    """Each mistake is one line with what to do, and no file is left behind."""
    monkeypatch.chdir(tmp_path)
    assert _run(kept, *words, month=month) == 1
    told = capsys.readouterr()
    assert text in told.err
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_records_a_file_is_checked_by_itself(kept, tmp_path, capsys):
    """On any other machine the signature is checked, and the key is shown to be compared."""
    assert _run(kept, "--csv", "--out", str(tmp_path)) == 0
    path = tmp_path / f"statement-jamshoro-2-{MONTH}.csv"
    assert _verify(tmp_path, path) == 0
    told = capsys.readouterr().out
    assert "compare it with the one that the station printed" in told
    assert "not compared with records" in told
    path.write_bytes(path.read_bytes().replace(b"2.500", b"2.400", 1))
    assert _verify(tmp_path, path) == 1
    path.write_bytes(b"hello")
    assert _verify(tmp_path, path) == 2
    assert "name the file that was made" in capsys.readouterr().err


@pytest.mark.parametrize("spoil", ["damaged", "empty", "entry", "key"])
def test_broken_records_are_told(kept, tmp_path, capsys, spoil):
    """Damaged records make no statement: one line, with the command that looks closer."""
    folder = tmp_path / "broken"
    shutil.copytree(kept, folder)
    path = folder / "records" / "journal.db"
    if spoil == "damaged":
        path.write_bytes(b"\0" * 5000)
    if spoil == "empty":
        path.write_bytes(b"")
    if spoil == "entry":
        store = JournalStore(path)
        store.append([(_stamp(TO_S - 50), Entry("interval", values={"from_s": TO_S - 950.0}))])
        store.database.close()
    if spoil == "key":
        (folder / "records" / KEY_NAME).write_bytes(b"short")
    assert _run(folder, "--csv", "--out", str(tmp_path)) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Traceback" not in told
    assert "; " in told
    assert not list(tmp_path.glob("*.csv"))


def test_a_row_that_contradicts_itself_makes_no_statement(kept, tmp_path):
    """Rows that cannot be are refused with the command that looks closer."""
    folder = tmp_path / "odd"
    shutil.copytree(kept, folder)
    store = JournalStore(folder / "records" / "journal.db")
    odd = values(FROM_S + 100 * 900, export=_counted(-4.0))
    store.append([(_stamp(FROM_S + 101 * 900), Entry("interval", values=odd))])
    store.database.close()
    site = load_site(folder / "site.toml")
    with pytest.raises(StatementError, match="an energy is below zero; run `headworks verify`"):
        gather(folder / "records", site, MONTH, TO_S + WRITTEN_S, "")
