"""What a good file becomes, and what happens to files that cannot be read."""

import hashlib
import os
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest

from headworks.hardware.meter import HardwareError, load_meter
from headworks.model import site as model
from headworks.site import SiteErrors, SiteUnreadable, check, load_site
from headworks.site.book import SPECS
from headworks.site.rows import SECTIONS
from headworks.site.signal_rows import SIGNALS, WINDOW
from sitefile.samples import HERE

EVERYTHING = HERE / "good" / "everything.toml"
DESIGN = HERE / "good" / "design.toml"


def test_design_example_becomes_a_site() -> None:
    """The example of the overview gives the values it shows and the model's defaults."""
    site = load_site(DESIGN)
    assert (site.name, site.timezone, site.scan_s) == ("jamshoro-2", "Asia/Karachi", 1.0)
    assert site.control == model.Control(reserve_kw=25.0)
    assert site.meters == (
        model.MeterSpec("incomer", "pm5560", "tcp://10.0.0.11:502", 1, model.Sign.IMPORT_POSITIVE),
    )
    assert site.feeders == (model.FeederSpec("tx1", 630.0, "incomer"),)
    assert site.signals == (model.ExportSignal("export", "incomer"),)
    assert site.switches == (model.SwitchSpec("hat", "relay-hat-8"),)
    assert site.racks == (
        model.RackSpec("a1", model.RackKind.ASIC, 36.0, "tx1", "hat.1", feedback="hat.in1"),
    )
    trip = model.InterlockAction.TRIP
    assert site.interlocks == (
        model.InterlockSpec("hat.in8", "hat.in8", trip, ("a1",), active=True, latch=True),
    )
    assert (site.deadman, site.upstream_trip, site.gpio) == ("hat.8", None, model.GpioSpec())


def test_source_and_digest_are_of_the_file() -> None:
    """The site tells which file it was and the SHA-256 of its very bytes."""
    site = load_site(DESIGN)
    assert site.source == str(DESIGN)
    assert site.sha256 == hashlib.sha256(DESIGN.read_bytes()).hexdigest()


def test_every_key_reaches_the_model() -> None:
    """In the file with every key no field of the model keeps its default."""
    site = load_site(EVERYTHING)
    specs = [site.control, site.meters[0], site.meters[1], site.racks[0], site.switches[1]]
    specs += [site.mqtt, site.notify]
    assert site.boards == (
        model.BoardSpec(
            "safety",
            "pico-safety",
            "usb:E6614103E7174C2F",
            uid="e6614103e7174c2f",
            zone=("a1", "g1"),
            permissive="permit",
        ),
        model.BoardSpec(
            "line", "pico-rs485", "serial:/dev/serial/by-id/usb-FTDI", address=3, zone=("g1",)
        ),
    )
    for spec in [*specs, *site.signals]:
        kept = [
            f.name
            for f in fields(spec)
            if f.default is not MISSING and getattr(spec, f.name) == f.default
        ]
        alone = {"baud", "parity", "stop_bits", "scale"} if spec in site.meters else set()
        assert set(kept) <= alone, type(spec).__name__


def test_schedule_windows() -> None:
    """Days become numbers from Monday, clock times minutes, dates text; nothing is no limit."""
    night = load_site(EVERYTHING).signals[3]
    assert night == model.ScheduleSignal(
        "night",
        (
            model.Window((0, 1, 2, 3, 4), 1320, 360, 400.0),
            model.Window((5, 6), 360, 1320, None),
        ),
        ("2026-12-25", "2027-01-01"),
        unsynced_ok=True,
    )


def test_interlock_targets() -> None:
    """all, a feeder with what is below it, one name and lists become racks in order."""
    own = [lock for lock in load_site(EVERYTHING).interlocks if not lock.origin]
    racks = [interlock.racks for interlock in own]
    assert racks == [("a1", "g1"), ("a1",), ("g1",), ("a1", "g1")]


@pytest.mark.parametrize("name", sorted(SPECS))
def test_rows_and_model_agree(name: str) -> None:
    """A key is needed exactly where the model has no default, and every field has a row."""
    section = SIGNALS.get(name) or SECTIONS[name]
    rows = {row.target: row for row in section.keys if row.name != "kind"}
    for field in fields(SPECS[name]):
        if field.name in ("windows", "action", "racks", "kind", "reserve_kw", "origin", "periods"):
            continue  # of more than one key, of another section, or of a kind with its own test
        assert field.name in rows, field.name
        optional = field.default is not MISSING or field.name == "feeder"
        optional = optional or (field.name == "name" and not rows["name"].needed)
        assert rows[field.name].needed is not optional, field.name
    assert {f.name for f in fields(model.Window)} == {row.target for row in WINDOW.keys}


def test_errors_carry_all_problems_in_order() -> None:
    """load_site raises every mistake at once, sorted, with the file's name in the text."""
    path = HERE / "broken" / "many-at-once.toml"
    with pytest.raises(SiteErrors) as caught:
        load_site(path)
    places = [(p.line, p.column) for p in caught.value.problems]
    assert len(places) == 4
    assert places == sorted(places)
    assert str(caught.value).startswith(f"{path}:{places[0][0]}:{places[0][1]}: error: ")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "there is no such file; `headworks init` writes one"),
        (lambda p: p.mkdir(), "a folder; name the site file in it"),
        (lambda p: p.write_bytes(b"[site]\nname = '\xff'\n"), "not UTF-8 in line 2"),
        (lambda p: p.write_bytes(b"#" * 1_000_001), "larger than 1 MB"),
        (os.mkfifo, "not a plain file"),
        (lambda p: p.symlink_to(p), "check the path"),
    ],
    ids=["missing", "folder", "latin-1", "huge", "pipe", "loop"],
)
def test_unreadable(tmp_path: Path, make: object, words: str) -> None:
    """What is no readable text file is told in one line, and a pipe does not block."""
    path = tmp_path / "site.toml"
    make(path)  # type: ignore[operator]
    with pytest.raises(SiteUnreadable) as caught:
        load_site(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is told so (root may read all, so the system is made to say it)."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("headworks.site.load.os.open", refuse)
    with pytest.raises(SiteUnreadable, match="no permission to read it"):
        load_site(tmp_path / "site.toml")


def test_byte_order_mark() -> None:
    """A byte order mark is named, not taken for a strange key."""
    _, problems = check("\ufeff" + DESIGN.read_text())
    assert [(p.line, p.column) for p in problems] == [(1, 1)]
    assert "byte order mark" in problems[0].text


def test_windows_line_ends() -> None:
    """Line ends of Windows change neither the site nor the places of mistakes."""
    text = (HERE / "broken" / "many-at-once.toml").read_text()
    assert check(text.replace("\n", "\r\n"))[1] == check(text)[1]
    site, _ = check(DESIGN.read_text().replace("\n", "\r\n"))
    assert site is not None


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "[" * 300 + "]" * 300, "{" * 999])
def test_deep_nesting(text: str) -> None:
    """Brackets without end are a mistake like any other."""
    site, problems = check(text)
    assert site is None
    assert problems


def test_zero_is_explained_where_it_is_allowed() -> None:
    """A rating or a limit of zero watts is taken as such, with a word of warning."""
    text = DESIGN.read_text().replace("rating_kw = 630", "rating_kw = 0")
    site, problems = check(text)
    assert site is not None
    assert site.feeders[0].rating_kw == 0.0
    assert [p.text for p in problems] == [
        "rating_kw = 0 means zero watts, so that no rack below it ever runs"
    ]


WARNINGS = [
    ('model = "pm5560"', 'model = "sel-735"', "sel-735 is a draft profile"),
    ("tcp://10.0.0.11:502", "serial:/dev/ttyUSB0", "ttyUSB0 may get another number"),
    ('model = "pm5560"', 'model = "sdm630"', "sdm630 speaks RTU"),
    ('\n[outputs]\ndeadman = "hat.8"\n', "", "no dead-man output"),
    (
        "[[switch]]",
        '[[signal]]\nkind = "setpoint"\nlisten = "tcp://0.0.0.0:502"\n\n[[switch]]',
        "anyone on the network may write",
    ),
    (
        "[[switch]]",
        '[[signal]]\nkind = "setpoint"\nlisten = "tcp://127.0.0.1:502"\n\n[[switch]]',
        "port 502 needs a privilege",
    ),
    (
        "[[feeder]]",
        '[[meter]]\nname = "m2"\nmodel = "pm5560"\nconnect = "tcp://10.0.0.12:502"\nunit = 1\n'
        'sign = "import-positive"\n\n[[feeder]]',
        'nothing uses meter "m2"',
    ),
    (
        "[[switch]]",
        "[record]\nrecorder_mb = 100\n\n[[switch]]",
        "recorder_mb = 100 holds about 27 h of recordings where meters",
    ),
]


@pytest.mark.parametrize(("old", "new", "words"), WARNINGS, ids=[w[2][:12] for w in WARNINGS])
def test_warnings_do_not_fail(old: str, new: str, words: str) -> None:
    """What is only doubtful is a warning, and the site is used."""
    text = DESIGN.read_text()
    assert old in text
    site, problems = check(text.replace(old, new))
    assert site is not None
    assert any(words in p.text for p in problems)
    assert {p.severity for p in problems} == {"warning"}


def test_protocol_that_the_meter_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meter with Modbus TCP only cannot be on a serial line."""
    only = replace(load_meter("pm5560"), protocols=("tcp",))
    monkeypatch.setattr("headworks.site.hardware.load_meter", lambda _: only)
    text = DESIGN.read_text().replace("tcp://10.0.0.11:502", "serial:/dev/ttyAMA0")
    assert [(p.line, p.column, p.text) for p in check(text)[1]] == [
        (11, 11, "pm5560 speaks Modbus TCP only; write tcp://HOST:502")
    ]


@pytest.mark.parametrize(("kind", "line"), [("meter", 10), ("switch", 27)])
def test_broken_hardware_file(kind: str, line: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hardware file with a mistake is told at the model that names it."""

    def fail(_: str) -> None:
        raise HardwareError("boards/x.toml: name is missing")

    monkeypatch.setattr(f"headworks.site.hardware.load_{kind}", fail)
    assert [(p.line, p.column, p.text) for p in check(DESIGN.read_text())[1]] == [
        (line, 9, "boards/x.toml: name is missing; mend the file or choose another model")
    ]


def test_far_model_lists_what_there_is() -> None:
    """Where no model is near, some of those that exist are listed."""
    _, problems = check(DESIGN.read_text().replace('pm5560"', 'zzzzzz"', 1))
    assert problems[0].text.startswith('unknown meter model "zzzzzz"; write one of abb-b2x, ')


def test_clock_times_without_quotes() -> None:
    """Times of day may be TOML's own, and a whole day runs to 24:00."""
    window = '[[signal]]\nkind = "schedule"\n[[signal.window]]\ndays = "daily"\n'
    text = f'{DESIGN.read_text()}\n{window}from = 00:00:00\nto = "24:00"\n'
    site, problems = check(text)
    assert problems == []
    assert site is not None
    assert site.signals[1] == model.ScheduleSignal(
        "schedule", (model.Window((0, 1, 2, 3, 4, 5, 6), 0, 1440),)
    )
