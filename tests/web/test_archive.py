"""What the page reads from the records by itself: history, journal, energy, system, site file."""

import asyncio
import csv
import io
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from headworks.faces.languages.files import languages
from headworks.faces.web import archive, energy, statements
from headworks.faces.web.app import make_app
from headworks.faces.web.feed import Feed
from headworks.faces.web.hidden import hidden
from headworks.faces.web.journal import row
from headworks.faces.web.origins import own_names
from headworks.faces.web.refused import RefusedError
from headworks.site import load_site
from record.kept import ring
from statement.test_gather import MONTH
from statement.test_gather import kept as month_kept  # noqa: F401 (a fixture)
from waiting import until
from web.kept import RACKS, a_day
from web.places import STATE, call
from web.test_matrix import make_page

END_S = 1_790_000_000.0
HOURS = 3.0
SITE = Path(__file__).parents[2] / "host/headworks/cli/demo_site.toml"
WEIGH = Path(__file__).parents[2] / "tools/benchlib/weigh.py"
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hours of records, and the site file."""
    folder = tmp_path_factory.mktemp("kept")
    a_day(folder / "records", END_S, hours=HOURS, step_s=5.0)
    (folder / "site.toml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def asked(kept: Path, tmp_path: Path, work: Callable[[Ask], Awaitable[None]], **state: Any) -> None:
    """Hand `work` a way to ask the application, whose station's records are `kept`."""

    async def body() -> None:
        page = make_page(tmp_path)
        sha256 = load_site(kept / "site.toml").sha256
        page.feed.state = {
            **STATE,
            "site": {**STATE["site"], "sha256": sha256, "timezone": "Asia/Karachi"},
            "files": {"state": str(kept), "site": str(kept / "site.toml")},
            "racks": [{**STATE["racks"][0], "name": name} for name in RACKS],
            **state,
        }
        page._clock = lambda: 1.0
        app = make_app(page, own_names())

        async def ask(path: str, role: str = "") -> Any:
            return await call(
                app, "GET", path, {"authorization": f"Bearer token-{role}"} if role else {}
            )

        await work(ask)

    asyncio.run(body())


def test_history_is_what_was_kept(kept: Path, tmp_path: Path) -> None:
    """Each chart has its lines, the meter's silence is a hole, and the events stand beside."""

    async def work(ask: Ask) -> None:
        path = f"/api/history?from={END_S - 3 * 3600}&to={END_S}&points=180"
        told = (await ask(path)).json()
        assert (told["count"], told["step_s"], told["grid"]) == (180, 60.0, "incomer")
        charts = {name: [line["name"] for line in ls] for name, ls in told["charts"].items()}
        assert charts == {
            "power": ["envelope.kw", "racks.drawn_kw", "incomer.power_kw"],
            "surplus": ["surplus.kw"],
            "temperature": ["air.intake_c", "air.exhaust_c"],
            "frequency": ["incomer.frequency_hz"],
        }
        envelope, drawn, meter = told["charts"]["power"]
        assert meter["mean"][110] is None
        assert meter["mean"][100] is not None
        assert all(
            low <= mean <= high
            for low, mean, high in zip(
                envelope["least"], envelope["mean"], envelope["most"], strict=True
            )
        )
        surplus = told["charts"]["surplus"][0]["mean"]
        assert surplus[60] == pytest.approx(envelope["mean"][60] - drawn["mean"][60], abs=0.01)
        assert [rack["name"] for rack in told["racks"]] == [*RACKS]
        assert max(told["racks"][0]["on"]) == 1.0
        assert [event["kind"] for event in told["events"]] == [
            "refused", "command", "alarm", "station-start",
        ]  # fmt: skip
        urdu = (await ask(f"{path}&lang=ur")).json()["events"]
        assert urdu[2]["text"] != told["events"][2]["text"]

    asked(kept, tmp_path, work)


def test_the_table_has_the_figures_of_the_picture(kept: Path, tmp_path: Path) -> None:
    """CSV: a row for every step, unknown is empty, times are those of the site."""

    async def work(ask: Ask) -> None:
        query = f"?from={END_S - 3 * 3600}&to={END_S}&points=60"
        told = (await ask(f"/api/history{query}")).json()
        answer = await ask(f"/api/history.csv{query}")
        assert answer.headers["content-disposition"].startswith("attachment")
        rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
        power = told["charts"]["power"][2]
        assert [row["incomer.power_kw.mean"] for row in rows] == [
            "" if value is None else str(value) for value in power["mean"]
        ]
        assert rows[0]["time"].endswith("+05:00")
        assert float(rows[1]["unix_s"]) - float(rows[0]["unix_s"]) == told["step_s"]

    asked(kept, tmp_path, work)


def test_the_journal_is_filtered_and_told_in_words(kept: Path, tmp_path: Path) -> None:
    """By kind and words, page by page; every entry says who, what and why."""

    async def work(ask: Ask) -> None:
        everything = (await ask("/api/journal?most=2")).json()
        assert ([e["seq"] for e in everything["entries"]], everything["more"]) == ([5, 4], True)
        more = (await ask("/api/journal?before=4")).json()
        assert [e["seq"] for e in more["entries"]] == [3, 2, 1]
        acts = (await ask("/api/journal?category=acts")).json()["entries"]
        assert [(e["who"], e["role"], e["note"]) for e in acts][1] == (
            "bilal", "technician", "fan exchange",
        )  # fmt: skip
        found = (await ask("/api/journal?words=FAN")).json()["entries"]
        assert [e["source"] for e in found] == ["a3"]
        start = (await ask("/api/journal?category=system")).json()["entries"][0]
        assert start["text"] == "The station starts, version 1.2.3."

    asked(kept, tmp_path, work)


@pytest.mark.parametrize(
    ("path", "role", "status", "text"),
    [
        ("/api/history?from=9&to=5", "", 400, "before"),
        ("/api/history?from=0&to=3999999999", "", 400, "400 days"),
        ("/api/history?last=nan", "", 400, "last must be"),
        ("/api/history?last=1e99", "", 400, "last must be"),
        ("/api/history?points=1e9", "", 400, "points must be"),
        ("/api/journal?category=none", "", 400, "category is one of"),
        (f"/api/journal?words={'x' * 101}", "", 400, "letters"),
        ("/api/journal?before=0", "", 400, "before must be"),
        ("/api/energy?month=2026-13", "", 400, "2026-11"),
        ("/api/energy", "", 400, "2026-11"),
        ("/api/site", "", 401, "sign in"),
        ("/api/site", "viewer", 403, "technician"),
        ("/api/statement?month=2026-11", "technician", 403, "operator"),
        ("/api/statement?month=2026-11&form=exe", "operator", 400, "form is one of"),
        ("/api/statement?month=2026-11&lang=..", "operator", 400, "lang is one of"),
        ("/api/statement?month=2019-01", "operator", 409, "2019-01"),
    ],
)
def test_a_wrong_question_is_told_why(
    kept: Path, tmp_path: Path, path: str, role: str, status: int, text: str
) -> None:
    """A question that cannot be answered is a sentence with the cause, never a traceback."""

    async def work(ask: Ask) -> None:
        answer = await ask(path, role)
        assert answer.status == status
        assert text in answer.json()["error"]

    asked(kept, tmp_path, work)


def test_records_that_are_not_there_are_told(tmp_path: Path) -> None:
    """A station that has kept nothing yet is a sentence, and so is a damaged file."""
    (tmp_path / "site.toml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")

    async def work(ask: Ask) -> None:
        for path in ("/api/history", "/api/journal", "/api/energy?month=2026-11"):
            answer = await ask(path)
            assert (answer.status, answer.json()["error"]) == (404, "there are no records yet")
        (tmp_path / "records").mkdir()
        (tmp_path / "records/journal.db").write_bytes(b"no database at all" * 99)
        answer = await ask("/api/journal")
        assert answer.status == 503
        assert "headworks verify" in answer.json()["error"]

    asked(tmp_path, tmp_path, work)


def test_the_site_file_is_shown_with_its_hash(kept: Path, tmp_path: Path) -> None:
    """The text as it lies there, and whether it is what runs; a control sign steers nothing."""
    other = tmp_path / "kept"
    (other / "records").mkdir(parents=True)
    text = SITE.read_text(encoding="utf-8")
    (other / "site.toml").write_text(text, encoding="utf-8")

    async def work(ask: Ask) -> None:
        told = (await ask("/api/site", "technician")).json()
        assert told["runs"]
        assert "\n".join(told["lines"]) == text
        (other / "site.toml").write_text(f"{text}# \x1b[31m", encoding="utf-8")
        told = (await ask("/api/site", "technician")).json()
        assert not told["runs"]
        assert "\\x1b" in told["lines"][-1]

    asked(other, tmp_path, work)


def test_health_tells_what_it_knows(kept: Path, tmp_path: Path) -> None:
    """Scan, records, disk, clock and versions; what is not known is null."""

    async def work(ask: Ask) -> None:
        told = (await ask("/api/system")).json()
        assert told["scan"]["count"] == STATE["scan"]["count"]
        assert told["records"]["bytes"]["samples.db"] > 10_000
        assert 0 < told["disk"]["free_bytes"] < told["disk"]["total_bytes"]
        assert told["versions"]["station"] == STATE["version"]

    asked(kept, tmp_path, work)


def test_health_says_how_many_hours_of_recordings_there_are(kept: Path, tmp_path: Path) -> None:
    """In the ring, that fit at its rate, and that are asked for; a trip's recordings are links."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(kept / "site.toml", home / "site.toml")
    files = ring(home / "records", 13)
    (home / "records/recorder/trips/one").mkdir(parents=True)
    for path in files[:2]:
        (path.parent / "trips/one" / path.name).hardlink_to(path)
    files[0].unlink()  # the ring went on; the trip has it still

    async def work(ask: Ask) -> None:
        told = (await ask("/api/system")).json()["records"]
        assert told["bytes"] == {"journal.db": 0, "samples.db": 0, "recorder": 13 * 100_000}
        hours = told["recorder"]
        assert hours["kept_hours"] == pytest.approx(11 / 6)
        assert hours["fit_hours"] == pytest.approx(100.0 / 0.6)
        assert hours["wanted_hours"] == 72.0

    asked(home, tmp_path, work, records={"recorder_mb": 100.0, "recorder_hours": 72.0})


def test_hours_of_recordings_that_nobody_knows_are_null(kept: Path, tmp_path: Path) -> None:
    """No ring yet, or a station that does not say what it was asked for."""

    async def work(ask: Ask) -> None:
        told = (await ask("/api/system")).json()["records"]["recorder"]
        assert told == {"kept_hours": 0.0, "fit_hours": None, "wanted_hours": 72.0}

    async def silent(ask: Ask) -> None:
        told = (await ask("/api/system")).json()["records"]["recorder"]
        assert told == dict.fromkeys(("kept_hours", "fit_hours", "wanted_hours"))

    asked(kept, tmp_path, work, records={"recorder_mb": 100.0, "recorder_hours": 72.0})
    asked(kept, tmp_path, silent, records=None)


def test_a_month_is_stated_and_signed(month_kept: Path, tmp_path: Path) -> None:  # noqa: F811
    """An operator gets the command's file; not so with a site file that is not what runs."""

    async def work(ask: Ask) -> None:
        answer = await ask(f"/api/statement?month={MONTH}&form=csv", "operator")
        name = answer.headers["content-disposition"]
        assert (answer.status, f"{MONTH}.csv" in name) == (200, True)
        assert b"# signed" in answer.body
        days = (await ask(f"/api/energy?month={MONTH}")).json()["days"]
        assert (len(days), days[0]["date"]) == (28, f"{MONTH}-01")
        site = month_kept / "site.toml"
        text = site.read_text(encoding="utf-8")
        site.write_text(f"{text}\n", encoding="utf-8")
        answer = await ask(f"/api/statement?month={MONTH}&form=csv", "operator")
        site.write_text(text, encoding="utf-8")
        assert (answer.status, "changed" in answer.json()["error"]) == (409, True)

    asked(month_kept, tmp_path, work)


def interval(from_s: float, **more: Any) -> dict[str, Any]:
    """An entry of the ledger."""
    ways = {way: {"kwh": more.pop(way, 1.0)} for way in ("import", "export")}
    told = {"from_s": from_s, "quality": "whole", "racks": {"a1": {"kwh": 2.0}}, "racks_kwh": 2.0}
    return {"values": {**told, **ways, "covered_kwh": 1.5, **more}}


def test_energy_is_added_by_day_of_the_site() -> None:
    """Intervals go to the day in which they began there; unknown adds nothing and is counted."""
    zone = ZoneInfo("Asia/Karachi")
    midnight_s = 1_793_473_200.0  # the first of November 2026, 00:00 at the site
    entries = [
        interval(midnight_s - 900),
        interval(midnight_s),
        interval(midnight_s + 900, quality="partial", **{"import": None}),
        interval(midnight_s + 86_400),
    ]
    told = energy.days(entries, zone, "2026-11")
    assert [(d["date"], d["import_kwh"], d["racks_kwh"]) for d in told["days"]] == [
        ("2026-11-01", 1.0, 4.0),
        ("2026-11-02", 1.0, 2.0),
    ]
    assert (told["days"][0]["partial"], told["days"][0]["unknown"]) == (1, 1)
    assert told["total"]["covered_kwh"] == 4.5
    assert told["racks"] == [{"name": "a1", "kwh": 6.0}]


def test_entries_steer_nothing() -> None:
    """Escapes and direction marks in names and notes of the journal are made visible."""
    evil = "\x1b[2J\u202e<script>"
    entry = {"seq": 1, "kind": evil, "source": evil, "note": evil, "who": evil, "values": {}}
    for language in languages().values():
        shown = json.dumps(row(entry, language), ensure_ascii=False)
        assert "\\u001b" not in shown
        assert "\u202e" not in shown


@pytest.mark.needs("linux")
def test_a_statement_leaves_the_page_its_memory(month_kept: Path, tmp_path: Path) -> None:  # noqa: F811
    """A month by quarter hours as PDF, beside a page of 80 MB, stays below what the unit allows."""
    unit = (SITE.parents[2] / "systemd/headworks-web.service").read_text(encoding="utf-8")
    most = re.search(r"^MemoryMax=(\d+)M$", unit, re.M)
    assert most is not None
    assert "OOMPolicy=continue" in unit
    where = ["--site", str(month_kept / "site.toml"), "--records", str(month_kept / "records")]
    words = ["statement", "--month", MONTH, "--pdf", *where, "--out", str(tmp_path)]
    # through a small process: Linux counts the memory of whoever starts a program as the program's
    weigh = [sys.executable, str(WEIGH), "-m", "headworks", *words]
    done = subprocess.run(weigh, stdout=subprocess.PIPE, check=True)
    assert 80 + json.loads(done.stdout)["memory_mb"] < int(most[1])


@pytest.mark.needs("linux")
def test_a_statement_that_memory_ends_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process goes before the page does, and whoever waits hears what takes less memory."""
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    order = statements.Order(MONTH, "pdf", "en")
    with pytest.raises(RefusedError, match="HTML and CSV take less") as refused:
        asyncio.run(statements.Statements().make(order, tmp_path, tmp_path))
    assert refused.value.status == 503


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('password = "s3cret" # of the broker', 'password = (hidden) # of the broker'),
        ("[mqtt]\nbroker = 'mqtts://ops:s3cret@h:8883'", "[mqtt]\nbroker = 'mqtts://(hidden)@h:8883'"),
        ('url = "https://hooks.example/T0/s3cret"', 'url = "https://hooks.example/(hidden)"'),
        ('url = "https://hooks.example?key=s3cret"', 'url = "https://hooks.example/(hidden)"'),
        ("notify = {token = 's3cret', url = \"https://h/s3cret\"}",
         "notify = {token = (hidden), url = \"https://h/(hidden)\"}"),
        ('"headers" = { Authorization = "s3cret" }', '"headers" = (hidden)'),
        ('headers = [\n  "s3cret",\n]\nname = "x"', 'headers = (hidden)\n\n\nname = "x"'),
        ('token = """\ns3cret\n"""\nx = 1', 'token = (hidden)\n\n\nx = 1'),
        ("pass_word = s3cret", "pass_word = (hidden)"),
        ("# password = s3cret", "# password = (hidden)"),
        ('secrets = "/etc/headworks/notify.secret"', 'secrets = "/etc/headworks/notify.secret"'),
        ('connect = "tcp://10.0.0.11:502"', 'connect = "tcp://10.0.0.11:502"'),
        ('name = "token-ring"  # see https://docs.example/a', 'name = "token-ring"  # see https://docs.example/a'),
    ],
)  # fmt: skip
def test_secrets_in_a_site_file_are_not_shown(line: str, shown: str) -> None:
    """A password, a token or the address of a webhook stands for itself; every line keeps its number."""
    assert hidden(line) == shown


def test_a_disk_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever asks gets a sentence in time, and what hangs still counts among the few that may
    wait: it must not take the page's places one after another."""
    monkeypatch.setattr(archive, "READ_S", 0.05)
    answers = threading.Event()

    async def refusal(found: archive.Archive) -> str:
        with pytest.raises(RefusedError) as caught:
            await found.read(lambda _folder: answers.wait(60.0))
        return str(caught.value)

    async def work() -> list[str]:
        found = archive.Archive(Feed(None), tmp_path)
        try:
            told = [await refusal(found)]
            told += await asyncio.gather(*(refusal(found) for _ in range(archive.MOST_WAITING)))
        finally:
            answers.set()
        await until(lambda: all(one.done() for one in found._under_way), 20.0)
        assert await found.read(lambda folder: folder) == tmp_path
        return told

    told = asyncio.run(work())
    assert "has not answered" in told[0]
    assert sum("many people" in one for one in told) == 1
