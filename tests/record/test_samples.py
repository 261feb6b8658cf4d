"""Samples: packed and unpacked exactly, in tiers of five lengths, within their bounds."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.model.site import RecordSpec
from headworks.record import samples as module
from headworks.record.channels import channels
from headworks.record.database import reading
from headworks.record.packing import PackingError, pack, quantised, unpack
from headworks.record.reading import Sample, Span, blocks, samples
from headworks.record.samples import SampleStore
from headworks.record.stamp import Clock, Stamp
from record.scans import WALL_S, scans

ROWS = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.none() | st.integers(-(10**18), 10**18), min_size=width, max_size=width),
        max_size=8,
    )
)


@given(ROWS)
def test_what_was_packed_comes_out(rows: list[list[int | None]]) -> None:
    """Any whole numbers and any unknowns, row after row."""
    out, back = [0] * 6, [0] * 6
    for row in rows:
        out, back = out[: len(row)], back[: len(row)]
        assert unpack(pack(row, out, "x"), back, "x") == row


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=5), st.data())
def test_a_changed_row_is_refused(row: list[int], data: st.DataObject) -> None:
    """Each changed byte, a cut, another seed and another width are found."""
    packed = pack(row, [0] * len(row), "here")
    at = data.draw(st.integers(0, len(packed) - 1))
    changed = packed[:at] + bytes([packed[at] ^ data.draw(st.integers(1, 255))]) + packed[at + 1 :]
    for wrong, width, seed in (
        (changed, len(row), "here"),
        (packed[:-1], len(row), "here"),
        (packed, len(row), "there"),
        (packed, len(row) + 1, "here"),
        (b"", len(row), "here"),
    ):
        with pytest.raises(PackingError):
            unpack(wrong, [0] * width, seed)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), 1e30])
def test_what_is_no_measurement_is_unknown(value: float | None) -> None:
    """Unknown stays unknown and never becomes a number."""
    assert quantised([value]) == [None]


def kept(folder: Path, tier: str, span: Span = Span()) -> list[Sample]:  # noqa: B008
    return list(samples(folder, tier, span))


def store(folder: Path, rows: list, settings: RecordSpec = RecordSpec()) -> SampleStore:  # noqa: B008
    made = SampleStore(folder / "samples.db", settings)
    for n, row in enumerate(rows):
        made.add(row.stamp, channels(row.snapshot, row.plan))
        if n % 7 == 0:
            made.commit((n, "hash"))
    made.finish()
    made.commit((len(rows), "hash"))
    return made


def test_every_second_is_kept_to_a_thousandth(tmp_path: Path) -> None:
    """The last scan of every second, every channel, unknown as unknown."""
    rows = list(scans(600, every_s=0.25))
    store(tmp_path, rows)
    found = kept(tmp_path, "1s")
    wanted = [channels(r.snapshot, r.plan) for r in rows[3::4]]
    assert len(found) == 150
    for sample, values in zip(found, wanted, strict=True):
        assert sample.values.keys() == values.keys()
        for name, value in values.items():
            assert sample.values[name] == (
                None if value is None else pytest.approx(value, abs=6e-4)
            )
    assert [s.wall_s for s in found] == [pytest.approx(WALL_S + n) for n in range(150)]
    assert found[0].values["air.dew_c"] is None
    assert {s.clock for s in found} == {"synced"}


@pytest.mark.parametrize(("tier", "step"), [("10s", 10), ("60s", 60)])
def test_coarse_tiers_keep_least_mean_and_most(tmp_path: Path, tier: str, step: int) -> None:
    """Of all that was handed over in the span."""
    rows = list(scans(4 * 240, every_s=0.25))
    store(tmp_path, rows)
    found = kept(tmp_path, tier)
    assert len(found) == (240 + 40) // step + (step == 60) - (4 if step == 10 else 0)
    inside = [r for r in rows if found[1].t_s <= r.stamp.t_s < found[1].t_s + step]
    values = [channels(r.snapshot, r.plan)["incomer.power_kw"] or 0.0 for r in inside]
    three = (min(values), sum(values) / len(values), max(values))
    assert found[1].values["incomer.power_kw"] == pytest.approx(three, abs=2e-3)


def test_long_tiers_are_made_of_minutes(tmp_path: Path) -> None:
    """Of ten minutes and of an hour: the least, the mean and the most of what was in it."""
    made = SampleStore(tmp_path / "samples.db", RecordSpec())
    for n in range(0, 9000, 30):
        value = None if n < 600 else float(n)
        made.add(Stamp("b", float(n), WALL_S + n, Clock.SYNCED), {"m.count": value, "m.none": None})
    made.finish()
    made.commit((0, ""))
    tens, hours = kept(tmp_path, "600s"), kept(tmp_path, "3600s")
    assert [s.values["m.count"] for s in tens] == [
        None if n == 0 else pytest.approx((600 * n, 600 * n + 285, 600 * n + 570))
        for n in range(15)
    ]
    assert [s.values["m.count"] for s in hours] == [
        pytest.approx((600, 2085, 3570)),
        pytest.approx((3600, 5385, 7170)),
        pytest.approx((7200, 8085, 8970)),  # its end was not waited for
    ]
    assert [s.wall_s for s in hours] == [WALL_S, WALL_S + 3600, WALL_S + 7200]
    assert {s.values["m.none"] for s in (*tens, *hours)} == {None}


def test_a_clock_that_is_set_parts_a_long_row(tmp_path: Path) -> None:
    """What an hour had before its clock was set gets no time from after it."""
    made = SampleStore(tmp_path / "samples.db", RecordSpec())
    for n in range(0, 1800, 30):
        stamp = Stamp("b", float(n)) if n < 600 else Stamp("b", float(n), WALL_S + n, Clock.SYNCED)
        made.add(stamp, {"m.count": float(n)})
    made.finish()
    made.commit((0, ""))
    assert [(s.wall_s, s.clock, s.values["m.count"][0]) for s in kept(tmp_path, "3600s")] == [
        (None, "untimed", 0.0), (WALL_S, "synced", 600.0),
    ]  # fmt: skip


def test_a_trim_that_drops_nothing_parts_no_block(tmp_path: Path) -> None:
    """A block is begun for sixty rows, however often the store is trimmed meanwhile."""
    made = SampleStore(tmp_path / "samples.db", RecordSpec())
    for n in range(7200):
        made.add(Stamp("b", float(n), WALL_S + n, Clock.SYNCED), {"m.count": float(n)})
        if n % 600 == 0:
            made.commit((0, ""))
            made.trim(WALL_S + n)
    made.commit((0, ""))
    with closing(reading(tmp_path / "samples.db")) as connection:
        assert {tier: len([*blocks(connection, tier)]) for tier in ("1s", "60s", "600s")} == {
            "1s": 120, "60s": 2, "600s": 1,
        }  # fmt: skip


def test_at_most_five_bytes_a_point(tmp_path: Path) -> None:
    """With indexes, pages and all tiers, half an hour of a site like this stays below the promise."""
    made = store(tmp_path, list(scans(1800)))
    assert made.points > 30_000
    assert made.size_bytes() / made.points <= 5.0


def test_a_span_gives_its_rows_only(tmp_path: Path) -> None:
    """From and to of the wall clock."""
    store(tmp_path, list(scans(300)))
    found = kept(tmp_path, "1s", Span(WALL_S + 100.0, WALL_S + 110.0))
    assert [round(s.wall_s - WALL_S) for s in found if s.wall_s] == list(range(100, 110))


def test_a_clock_that_steps_moves_no_row(tmp_path: Path) -> None:
    """Catalogue rows 15 and 16: before and after the step each row has the time of its clock."""
    untimed = list(scans(30, wall_s=None))
    timed = list(scans(30, t_s=1030.0, wall_s=WALL_S, clock=Clock.FREE))
    later = list(scans(30, t_s=1060.0, wall_s=WALL_S - 5000.0))
    store(tmp_path, [*untimed, *timed, *later])
    found = kept(tmp_path, "1s")
    assert [(s.clock, s.wall_s) for s in found[::30]] == [
        ("untimed", None),
        ("free", pytest.approx(WALL_S)),
        ("synced", pytest.approx(WALL_S - 5000.0)),
    ]
    assert [s.t_s for s in found] == [1000.0 + n for n in range(90)]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    """Each tier by its own age."""
    settings = RecordSpec(fine_days=0.01, middle_days=0.02, coarse_days=1.0)
    made = store(tmp_path, list(scans(400, every_s=10.0)), settings)
    made.trim(WALL_S + 4000.0)
    began = [kept(tmp_path, tier)[0].wall_s or 0.0 for tier in ("1s", "10s", "60s")]
    assert [round(at - WALL_S, -2) for at in began] == [
        pytest.approx(3100, abs=100), pytest.approx(2300, abs=700), 0,
    ]  # fmt: skip


def test_what_is_too_much_goes_the_finest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is bounded; the long view stays."""
    monkeypatch.setattr(module, "LEAST_BLOCKS", 2)
    settings = RecordSpec(samples_mb=0.06)
    made = store(tmp_path, list(scans(1800)), settings)
    assert made.size_bytes() > 80_000
    made.trim(WALL_S + 1800.0)
    assert made.size_bytes() <= 60_000
    assert kept(tmp_path, "1s")[0].wall_s > WALL_S + 600
    assert kept(tmp_path, "60s")[0].wall_s == pytest.approx(WALL_S)


def test_a_channel_that_appears_and_goes_is_unknown_meanwhile(tmp_path: Path) -> None:
    """A meter that is silent has no values, and none are made up."""
    made = SampleStore(tmp_path / "samples.db", RecordSpec())
    for n in range(90):
        values: dict[str, float | None] = {"a": 1.0}
        if 20 <= n < 40 or n >= 70:
            values["b"] = float(n)
        made.add(Stamp("boot", float(n), WALL_S + n, Clock.SYNCED), values)
    made.finish()
    made.commit((0, ""))
    told = [s.values.get("b") for s in kept(tmp_path, "1s")]
    assert told == [float(n) if 20 <= n < 40 or n >= 70 else None for n in range(90)]
