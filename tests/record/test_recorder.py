"""The flight recorder: what went in comes out, exactly, and damage is told with its row."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.control.scan import scan
from headworks.model.live import Observation, Quality
from headworks.model.memory import Memory
from headworks.model.site import RecordSpec, Site
from headworks.record import recorder as module
from headworks.record.delta import Differ, Patcher
from headworks.record.frames import MAGIC
from headworks.record.plain import PlainError, from_plain, to_plain
from headworks.record.recorder import Recorder
from headworks.record.recording import RecordingError, read
from headworks.record.ring import hours_held, ring_hours
from headworks.record.shapes import Shaped
from headworks.record.singles import TOGETHER, single
from headworks.site import load_site
from record.kept import ring
from record.scans import Scan, a_site, scans
from sitefile.samples import GOOD


def recorded(folder: Path, rows: list[Scan], site: Site | None = None) -> list[Path]:
    """Write these scans; the files in order."""
    recorder = Recorder(folder, site or a_site(), "[site]\n", "1.2.3")
    for row in rows:
        recorder.add(row.stamp, row.before, row.snapshot, row.plan)
        recorder.flush()
    recorder.close()
    recorder.trim(lambda _: None)
    return sorted(folder.glob("*.rec"))


def shown(row: tuple[Any, ...]) -> str:
    """Equal only where value and type are: 1, 1.0 and True differ."""
    return repr(tuple(row))


def test_every_scan_comes_back_exactly(tmp_path: Path) -> None:
    """Site, memory, snapshot and plan are equal in value and type, and scan the same again."""
    rows = list(scans(400, smoke_at=300))
    [path] = recorded(tmp_path, rows)
    recording = read(path)
    assert recording.site == a_site()
    assert (recording.site_text, recording.version) == ("[site]\n", "1.2.3")
    found = [shown(row) for row in recording.rows()]
    assert recording.whole
    assert found == [shown((r.stamp, r.before, r.snapshot, r.plan)) for r in rows]
    for site, memory, snapshot, plan in recording:
        assert scan(site, memory, snapshot)[0] == plan


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_kind_of_site_comes_back(path: Path) -> None:
    """Every section of a site file survives the way through JSON."""
    site = load_site(path)
    assert from_plain(Site, json.loads(json.dumps(to_plain(site)))) == site


BASE_NS = 3_907_637_629_345
TIMES = st.integers(-5_000_000_000, 5_000_000_000).map(lambda ns: (BASE_NS + ns) / 1e9)
LEAVES = st.floats() | st.floats(width=32) | TIMES | st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(
    [0.0, -0.0, 1.0, math.inf, -math.inf, 0.1, "", "a", Quality.GOOD]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_a_change_turns_the_old_into_the_new(old: Any, new: Any) -> None:
    """Whatever two values are: the old one and the change give the new one, type by type."""
    differ, patcher = Differ(), Patcher()
    differ.base_ns = patcher.base_ns = BASE_NS
    change = json.loads(json.dumps(differ.diff(old, new)))
    assert repr(patcher.patched(to_plain(old), change)) == repr(to_plain(new))
    assert patcher.base_ns == differ.base_ns


FIGURES = st.floats() | st.floats(width=32) | TIMES | st.sampled_from([0.0, -0.0, 230.5, 1e39])


@given(st.lists(st.tuples(FIGURES, FIGURES), min_size=1, max_size=12))
def test_all_figures_of_a_meter_come_back(pairs: list[tuple[float, float]]) -> None:
    """Bit for bit, whether they are of 32 bits, a counter of 64, infinite or no number."""
    old, new = ({str(n): pair[k] for n, pair in enumerate(pairs)} for k in (0, 1))
    differ, patcher = Differ(), Patcher()
    differ.base_ns = patcher.base_ns = BASE_NS
    change = json.loads(json.dumps(differ.diff(old, new)))
    assert repr(patcher.patched(old, change)) == repr(new)
    assert patcher.base_ns == differ.base_ns


def test_figures_of_32_bits_stand_together() -> None:
    """Eleven channels of a meter cost less than ten bytes each, its 64-bit counter stays exact."""
    old = {f"v{n}": single(230.0 + n / 7) for n in range(11)} | {"kwh": 123456.789}
    new = {f"v{n}": single(231.0 + n / 3) for n in range(11)} | {"kwh": 123456.791}
    change = Differ().diff(old, new)
    assert change.keys() == {TOGETHER, 11}
    assert len(json.dumps(change)) < 110
    assert Patcher().patched(old, json.loads(json.dumps(change))) == new


@pytest.mark.parametrize("text", ["", "AAAA", "no base64", "AAAAAAAAAAAAAAAAAAAAAAA=", 5, None])
def test_figures_that_fit_nothing_are_refused(text: Any) -> None:
    """A changed recording is an error of its own kind, never other figures."""
    with pytest.raises(PlainError, match="fits nothing"):
        Patcher().patched(dict.fromkeys("abcd", 1.0), {TOGETHER: text})


ROWS = st.lists(st.tuples(VALUES, st.lists(FIGURES, max_size=4).map(tuple), VALUES), min_size=2)


@given(ROWS, st.integers(0, 2))
def test_rows_in_a_row_come_back(rows: list[tuple[Any, ...]], first_hand: int) -> None:
    """Through shapes, times and figures that follow others, each row is exactly as it was."""
    differ, patcher, shaped = Differ(), Patcher(), Shaped()
    differ.next_row(BASE_NS / 1e9)
    patcher.next_row(BASE_NS / 1e9)
    plain = to_plain(rows[0])
    for n, (old, new) in enumerate(pairwise(rows)):
        row = json.loads(json.dumps(differ.row(old, new, n * 0.25, first_hand)))
        plain = patcher.patched(plain, shaped.change(row))
        patcher.next_row(n * 0.25)
        assert repr(plain) == repr(to_plain(new))


def test_figures_that_follow_a_meter_are_told_by_its_place() -> None:
    """The power of a reading stands in its channels, in a limit and in the next row's memory."""
    differ, rows, before = Differ(), [], single(10.0)
    for kw in map(single, (10.1, 10.3, 10.2)):
        values = {"a": single(230.0 + kw), "b": single(231.0 - kw), "c": 50.0, "kw": kw}
        rows.append(((-before,), (kw, values), (630.0 - kw, kw)))
        before = kw
    _, told = (differ.row(old, new, 0.25, 1) for old, new in pairwise(rows))
    assert told[0] == 0 or told[0].keys() == {0, 1, 2}
    memory, power, _, in_channels, limit, drawn = told[1:]
    assert (memory, power, in_channels, limit, drawn) == ("d1", "10.1999998", "a0", "b0", "a0")


@pytest.mark.parametrize("change", ["a0", "b7", "c-1", "ax", True])
def test_a_figure_that_follows_nothing_is_refused(change: Any) -> None:
    """A name that nobody told is an error of its own kind."""
    with pytest.raises(PlainError, match="fits nothing"):
        Patcher().patched([None, "x"], {"0": change})


@pytest.mark.parametrize("row", [[0, 1.0], [{"0": 0}, 1, 2], [{"0": 0, "1": 0}, 1], [True, 1]])
def test_a_shape_that_does_not_fit_is_refused(row: Any) -> None:
    """Neither a number without a shape nor too few or too many leaves make a row."""
    with pytest.raises(PlainError, match="shape"):
        Shaped().change(row)


def test_rows_of_an_older_version_have_no_shape() -> None:
    """A nested change, a whole row and no change at all are taken as they are."""
    for row in ({"0": {"1": 5}}, [[1, 2, 3]], None):
        assert Shaped().change(row) == row


def test_a_quiet_scan_costs_few_bytes(tmp_path: Path) -> None:
    """72 hours must fit: a scan in which a meter was read takes less than 200 bytes."""
    rows = list(scans(900, every_s=0.25))
    [path] = recorded(tmp_path, rows)
    assert path.stat().st_size / len(rows) < 200


def test_a_field_of_a_later_version_takes_its_default() -> None:
    """A recording made before a field was added is still read."""
    row = next(scans(1))
    shorter = to_plain(row.before)[:-1]
    assert from_plain(Memory, shorter) == row.before._replace(began_s=None)
    with pytest.raises(PlainError, match="Memory"):
        from_plain(Memory, [*to_plain(row.before), "new"])


@pytest.mark.parametrize("value", [5, [1, 2, 3, 4, 5], ["x", "no such quality"], None, {"a": 1}])
def test_what_is_no_observation_is_refused(value: Any) -> None:
    """Nonsense is an error of its own kind and never half a value."""
    with pytest.raises(PlainError, match="no Observation"):
        from_plain(Observation, value)


def test_a_recording_that_was_cut_gives_all_rows_before(tmp_path: Path) -> None:
    """Cut at any byte: the rows before it are exact, nothing is made up, and it is told."""
    rows = list(scans(60))
    [path] = recorded(tmp_path, rows)
    data, most = path.read_bytes(), 0
    for size in range(len(MAGIC), len(data), 397):
        path.write_bytes(data[:size])
        try:
            recording = read(path)
        except RecordingError:
            continue
        found = [shown(row) for row in recording.rows()]
        assert found == [shown((r.stamp, r.before, r.snapshot, r.plan)) for r in rows[: len(found)]]
        assert not recording.whole
        most = max(most, len(found))
    assert most > 40


def test_a_changed_byte_is_found_with_its_row(tmp_path: Path) -> None:
    """No changed byte gives another plan in silence: the rows before are exact, then an error."""
    rows = list(scans(40))
    [path] = recorded(tmp_path, rows)
    data = path.read_bytes()
    for at in range(0, len(data), 131):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        found: list[str] = []
        try:
            recording = read(path)
            found.extend(shown(row) for row in recording.rows())
            assert not recording.whole or len(found) == 40, at
        except RecordingError:
            pass
        assert found == [shown((r.stamp, r.before, r.snapshot, r.plan)) for r in rows[: len(found)]]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", MAGIC, MAGIC + b"\0" * 50])
def test_what_is_no_recording_is_one_line(tmp_path: Path, data: bytes) -> None:
    """Any other file is refused with its name and what to do."""
    path = tmp_path / "x.rec"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=r"x\.rec.*(choose|damaged)"):
        read(path)


def test_the_ring_is_bounded_by_age_and_size(tmp_path: Path) -> None:
    """The oldest files go; the newest stays whatever its size."""
    site = a_site(RecordSpec(recorder_hours=72.0, recorder_mb=0.02))
    rows = list(scans(60, every_s=module.FILE_S / 5))
    files = recorded(tmp_path, rows, site)
    assert 1 <= len(files) < 12
    assert sum(path.stat().st_size for path in files) <= 20_000
    assert [row.stamp for row in read(files[-1]).rows()][-1] == rows[-1].stamp


def test_what_was_around_a_trip_stays(tmp_path: Path) -> None:
    """The files before, of and after a trip outlive the ring."""
    site = a_site(RecordSpec(recorder_mb=0.001))
    every_s = module.FILE_S / 10
    rows = list(scans(120, every_s=every_s, smoke_at=35))
    [left] = recorded(tmp_path, rows, site)
    [folder] = (tmp_path / "trips").iterdir()
    assert folder.name.startswith("2027-01-15T")
    kept = [row.stamp.t_s for path in sorted(folder.iterdir()) for row in read(path).rows()]
    tripped_s = rows[35].stamp.t_s
    assert kept[0] <= tripped_s - module.FILE_S
    assert kept[-1] >= tripped_s + module.AFTER_S
    assert left.name not in {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("polls_s", "most_mb", "hours"),
    [
        ([1.0], 24.0, 24.0),
        ([0.25], 264.0, 72.0),
        ([0.25] * 13, 1230.0, 72.0),
        ([0.5] * 8, 264.0, 31.0),
        ([60.0], 24.0, 24.0),  # a scan comes once a second all the same
    ],
)
def test_hours_that_fit_are_those_that_were_measured(
    polls_s: list[float], most_mb: float, hours: float
) -> None:
    """One meter at one and at four readings a second and thirteen meters; more meters, fewer hours."""
    assert hours_held(polls_s, most_mb) == pytest.approx(hours, rel=0.2)
    assert hours_held([*polls_s, 0.25], most_mb) < hours_held(polls_s, most_mb)


def test_the_usual_ring_holds_three_days_of_a_usual_site() -> None:
    """Thirteen meters that are polled four times a second, with the defaults."""
    usual = RecordSpec()
    assert hours_held([0.25] * 13, usual.recorder_mb) >= usual.recorder_hours == 72.0


def test_hours_of_a_ring_are_told_from_what_it_holds(tmp_path: Path) -> None:
    """At the rate of its own files; before it has an hour, nothing is promised."""
    assert ring_hours(tmp_path, 100.0) == (0.0, None)
    for files in range(1, 14):
        ring(tmp_path, files)
        assert (ring_hours(tmp_path, 100.0)[1] is None) == (files < 7)
    kept, fit = ring_hours(tmp_path, 100.0)
    assert (kept, fit) == (pytest.approx(2.0), pytest.approx(100.0 / 0.6))
