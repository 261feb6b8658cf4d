"""Figures, charts and files of a report; cases side by side; the sweep over sizes."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headworks.model.site import InterlockAction, InterlockSpec
from headworks.replay import report, report_charts, report_words, size
from headworks.replay.compare import case, play, rivals, with_racks
from headworks.replay.data_times import zone
from headworks.replay.data_told import Told, length
from headworks.replay.plant import PlantOptions
from headworks.replay.report_figures import figures
from headworks.replay.report_files import LAST, report_files
from headworks.replay.report_series import NAMES, Series
from headworks.replay.size import Point, Sweep, counts_for, knee
from replay.build import block, swell, twelve

QUICK = PlantOptions(ramp_s=60.0)
ROWS = 7200


def swelled(parts=4):
    """Two hours of a swelling surplus, in blocks."""
    power = np.array_split(swell(ROWS), parts)
    starts = np.cumsum([0, *(len(part) for part in power[:-1])])
    return [block(part, start_s=float(at)) for part, at in zip(power, starts, strict=True)]


@pytest.fixture(scope="module")
def cases():
    """Ours and the rivals after two hours."""
    found = [case("Headworks", twelve(), QUICK), *rivals(twelve(), QUICK)]
    play(swelled(), found)
    return found


@pytest.fixture(scope="module")
def source():
    told = Told(zone("UTC"), usual_s=1.0, hold_s=3.0, rows=ROWS, last_s=float(ROWS))
    return report.Source(Path("a.csv"), "0" * 64, told, ["A note with </script> in it."])


def test_the_figures_agree_with_each_other(cases):
    """Used and unserved make the surplus, used and imported the racks' energy, racks their sum."""
    for one in cases:
        f = figures(one)
        assert f["used_kwh"] + f["unserved_kwh"] == pytest.approx(f["surplus_kwh"])
        own = f["used_kwh"] + f["imported_because_of_racks_kwh"]
        assert own == pytest.approx(f["racks_kwh"])
        assert sum(rack["energy_kwh"] for rack in f["racks"]) == pytest.approx(f["racks_kwh"])
        assert sum(limit["share"] for limit in f["limits"]) == pytest.approx(1.0)
        assert 0 < f["used_share"] < 1


def test_every_figure_that_was_promised_is_there(cases):
    """Surplus, share, import, unserved, switchings, steps, time to follow, limits, utilisation."""
    f = figures(cases[0])
    assert f["switchings_per_rack_day"] > 0
    assert f["starts_per_rack_day"] > 0
    assert f["largest_step_up_kw"] == 36.0
    assert f["time_to_follow_a_rise"]["mean_s"] > 0
    assert f["limits"][0]["bound_s"] > 0
    assert 0 < f["utilisation"] < 1
    assert f["racks"][0]["most_starts_a_day"] >= 1


def test_bins_keep_energies_however_coarse_they_get(cases):
    """With few bins or many, the sums over time are those of the totals."""
    for most in (2, 40, 3000):
        one = case("x", twelve(), QUICK, bins=most)
        play(swelled(7), [one])
        sums = one.series.sums().sums.sum(axis=0) / 3600.0
        assert len(one.series.sums().start_s) <= most + 1
        totals = one.run.finish()
        wanted = (totals.surplus_kwh, totals.used_kwh, totals.imported_kwh, totals.racks_kwh)
        assert sums[1:5] == pytest.approx(wanted)


def test_unknown_time_breaks_the_line():
    """Where nothing is known a chart has no value, not zero."""
    power = swell(1200)
    power[300:900] = np.nan
    one = case("x", twelve(), QUICK)
    play([block(power)], [one])
    lines = report_charts.power([one], zone("UTC")).lines
    assert [value is None for value in lines[0][1]] == [5 <= n < 15 for n in range(20)]


def test_a_report_is_whole(cases, source, tmp_path):
    """The page works offline, its parts agree with the JSON, and every file is there."""
    found = report.collect(source, cases)
    with report_files(tmp_path / "out") as files:
        report.write(files, source, cases, found)
        assert not (tmp_path / "out" / LAST).exists()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "report.png", "report.json", "racks.csv", "intervals.csv"}
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("draw(") >= 5
    assert "src=" not in page.split("plotly.js v", 1)[0]
    assert "A note with &lt;/script&gt; in it." in page
    assert "what Headworks would have done" in page
    assert (tmp_path / "out/report.png").read_bytes().startswith(b"\x89PNG")
    kept = json.loads((tmp_path / "out/report.json").read_text())
    assert kept["cases"][0]["used_kwh"] == found["cases"][0]["used_kwh"]
    with (tmp_path / "out/racks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 12
    energy = sum(float(row["energy_kwh"]) for row in rows if row["case"] == "Headworks")
    assert energy == pytest.approx(found["cases"][0]["racks_kwh"])


def _half_a_report(folder):
    with report_files(folder) as files:
        files.path("report.html").write_text("new")
        raise ZeroDivisionError


def test_a_part_never_looks_like_the_whole(tmp_path):
    """Whatever fails in the middle, the report of before stays and no part of the new one is left."""
    with report_files(tmp_path) as files:
        files.path("report.html").write_text("old")
        files.path(LAST).write_text("old")
    with pytest.raises(ZeroDivisionError):
        _half_a_report(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "report.html": "old", LAST: "old",
    }  # fmt: skip


def test_more_racks_are_copies_in_turn():
    """The site's own racks come first; an interlock on all racks acts on the copies too."""
    site = twelve()
    names = tuple(rack.name for rack in site.racks)
    locks = tuple(
        InterlockSpec(name, "hat.in1", InterlockAction.TRIP, racks, active=True)
        for name, racks in (("all", names), ("one", names[:1]))
    )
    site = with_racks(replace(site, interlocks=locks), 14, 20.0)
    assert [rack.name for rack in site.racks[11:]] == ["r11", "r0-2", "r1-2"]
    assert {rack.rated_kw for rack in site.racks} == {20.0}
    assert [len(lock.racks) for lock in site.interlocks] == [14, 1]
    assert len(with_racks(site, 3).racks) == 3


def test_a_sweep_shows_less_for_each_further_rack():
    """More racks use more of the surplus and are used less."""
    sweep = Sweep(twelve(), {36.0: [2, 6, 12]}, QUICK)
    sweep.play(swelled())
    curve = sweep.curves()[36.0]
    assert [point.racks for point in curve] == [2, 6, 12]
    assert sorted(point.used_kwh for point in curve) == [point.used_kwh for point in curve]
    use = [point.utilisation for point in curve]
    assert sorted(use, reverse=True) == use


@pytest.mark.parametrize(
    ("used", "wanted"),
    [((50, 90, 95, 97), 2), ((10, 20, 30, 40), 1), ((0, 0, 0, 0), 1), ((40, 80, 120, 121), 3)],
)
def test_the_knee_is_where_the_curve_bends(used, wanted):
    """The point furthest above the straight line from nothing to all."""
    curve = [Point(n, 36.0, 36.0 * n, kwh, 0.0, None, None, None, None)
             for n, kwh in enumerate(used, 1)]  # fmt: skip
    assert knee(curve).racks == wanted


def test_the_numbers_to_try_reach_beyond_the_peak():
    """Eight numbers, from one or a few racks to more than the highest surplus feeds."""
    assert counts_for(400.0, 36.0) == [2, 3, 5, 6, 8, 10, 11, 13]
    assert counts_for(0.0, 36.0)[-1] == 4
    assert size.counts_for(1e6, 36.0)[-1] == 64


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (report_words.energy(0.0), "0 kWh"),
        (report_words.energy(1.874), "1.87 kWh"),
        (report_words.energy(16_612.0), "16.6 MWh"),
        (report_words.energy(None), "–"),
        (report_words.share(0.00001), "< 0.1 %"),
        (report_words.share(0.8834), "88.3 %"),
        (report_words.share(-0.0001), "0.0 %"),
        (report_words.seconds(44.66), "44.7 s"),
        (report_words.seconds(151.2), "2 min 31 s"),
        (report_words.seconds(40_000), "11.1 h"),
        (length(90.0), "90 s"),
        (length(600.0), "10 min"),
        (length(3600.0), "1 h"),
    ],
)
def test_figures_are_rounded_for_people(made, text):
    """Three figures, the unit that suits, and little is never shown as nothing."""
    assert made == text


def test_series_columns_are_named():
    """The names of the sums match their order, on which charts rely."""
    assert NAMES[:4] == ("known_s", "surplus_kws", "used_kws", "imported_kws")
    assert Series(10).sums().sums.shape == (0, len(NAMES))
