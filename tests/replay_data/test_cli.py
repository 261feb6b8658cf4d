"""`headworks replay` and `headworks size` as they are called."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from headworks import replay
from headworks.cli import main as cli
from headworks.site import check

EXAMPLE = Path(replay.__file__).with_name("example")
MAPS = ["--map", "time=Date", "--map", "load_kw=Zone1:kW", "--peak-load-kw", "450",
        "--map", "irradiance_w_m2=general diffuse flows:W/m2", "--pv-kw", "900",
        "--map", "temperature_c=Temperature:°C", "--timezone", "UTC+01:00"]  # fmt: skip


@pytest.fixture
def morning(tmp_path):
    """Two hours of the example's week with a rising surplus."""
    lines = (EXAMPLE / "tetouan-week.csv").read_text().splitlines()
    path = tmp_path / "morning.csv"
    path.write_text("\n".join([lines[0], *lines[1 + 5 * 144 + 50 : 1 + 5 * 144 + 63]]) + "\n")
    return path


@pytest.fixture
def site(tmp_path):
    """The example's site as a person's own file."""
    return Path(shutil.copy(EXAMPLE / "site.toml", tmp_path / "mine.toml"))


def run(capsys, *words):
    """Exit code, standard output and the lines of errors."""
    code = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err.splitlines()


def test_the_example_is_a_good_site_and_a_whole_week():
    """Both sites pass the check without a word, with the same racks; the week has all its rows."""
    found = []
    for name in ("site.toml", "metered.toml"):
        one, problems = check((EXAMPLE / name).read_text(), name)
        assert one is not None
        assert problems == []
        found.append([(rack.name, rack.rated_kw) for rack in one.racks])
    assert found[0] == found[1]
    assert len((EXAMPLE / "tetouan-week.csv").read_text().splitlines()) == 1 + 7 * 144


def test_replay_writes_a_report(capsys, tmp_path, morning, site):
    """Figures on the terminal, and decisions, racks, intervals, page, picture and JSON in a folder."""
    out = tmp_path / "out"
    code, said, _ = run(capsys, "replay", "--site", site, "--data", morning, *MAPS, "--out", out)
    assert code == 0
    assert "Share of the surplus used" in said
    names = {path.name for path in out.iterdir()}
    assert names == {"decisions.csv", "intervals.csv", "racks.csv", "report.html", "report.json",
                     "report.png"}  # fmt: skip
    found = json.loads((out / "report.json").read_text())
    with (out / "decisions.csv").open() as file:
        decisions = list(csv.DictReader(file))
    starts = [row for row in decisions if row["kind"] == "start"]
    assert len(starts) == sum(rack["starts"] for rack in found["cases"][0]["racks"]) > 0
    assert starts[0]["time"].endswith("+01:00")
    assert starts[0]["why"].endswith(".")
    assert "values run in a line" in " ".join(found["data"]["notes"])
    assert found["data"]["sha256"] != ""


def test_two_sites_stand_side_by_side(capsys, tmp_path, morning, site):
    """`--compare` plays another site file on the same rows; `--racks` gives both that many."""
    other = tmp_path / "other.toml"
    other.write_text(site.read_text() + "\n[control]\nmargin_kw = 30\n")
    words = ("replay", "--site", site, "--data", morning, *MAPS, "--out", tmp_path / "o", "--json")
    code, said, _ = run(capsys, *words, "--compare", other, "--racks", 4)
    assert code == 0
    mine, others = json.loads(said)["cases"]
    assert run(capsys, *words[:-1], "--compare", other)[1].startswith("\tmine\tother\n")
    assert (mine["label"], others["label"]) == ("mine", "other")
    assert len(mine["racks"]) == len(others["racks"]) == 4
    assert mine["surplus_kwh"] == others["surplus_kwh"]
    assert mine["used_kwh"] > others["used_kwh"]


def test_a_fault_is_played(capsys, tmp_path, morning, site):
    """With a silent meter nothing runs; a fault that does not exist is refused by name."""
    morning.write_text("".join(morning.read_text().splitlines(keepends=True)[:6]))
    words = ("replay", "--site", site, "--data", morning, *MAPS, "--out", tmp_path / "o", "--json")
    code, said, _ = run(capsys, *words, "--fault", "meter-silent@incomer,2017-06-18T08:40")
    assert code == 0
    found = json.loads(said)["cases"][0]
    assert found["used_kwh"] < 10
    assert {limit["reason"] for limit in found["limits"]} > {"export"}
    assert any("meter-silent@incomer" in note for note in json.loads(said)["data"]["notes"])
    code, _, wrong = run(capsys, *words, "--fault", "gremlins")
    assert code == 1
    assert len(wrong) == 1
    assert "in a backtest there are: meter-silent, " in wrong[0]


def test_size_finds_a_knee(capsys, tmp_path, morning, site):
    """Each number of racks gets a row; the knee is named; the report is whole."""
    out = tmp_path / "out"
    words = ("size", "--site", site, "--data", morning, *MAPS, "--out", out, "--racks", "1,3,6")
    code, said, _ = run(capsys, *words)
    assert code == 0
    assert len(said.splitlines()) == 4
    assert said.startswith("Racks\t")
    assert said.count("← knee") == 1
    assert {path.name for path in out.iterdir()} == {"report.html", "report.json", "report.png",
                                                     "sizes.csv"}  # fmt: skip


def test_the_example_is_compared_by_its_files_names(capsys, tmp_path, monkeypatch, morning):
    """`--example --compare metered.toml` finds the example's other site; racks' meters are worth it."""
    monkeypatch.chdir(tmp_path)
    words = ("replay", "--example", "--data", morning, *MAPS, "--compare", "metered.toml", "--json")
    code, said, wrong = run(capsys, *words)
    assert code == 0, wrong
    plain, metered = json.loads(said)["cases"]
    assert metered["used_kwh"] > plain["used_kwh"]


WRONG = {
    "no-data": ([], "no data; name a file of measurements: --data FILE.csv"),
    "no-file": (["--data", "gone.csv"], "cannot be read: No such file"),
    "wrong-column": (["--data", "DATA", "--map", "grid_kw=Netz:kW"], "no column 'Netz' for grid_kw"),
    "coarse": (["--data", "DATA", *MAPS, "--step", "60"], "go stale after 3 s"),
    "other-site": (["--data", "DATA", *MAPS[:4]], "wrong or mixed units, or a file of another site"),
    "racks": (["--data", "DATA", *MAPS, "--racks", "0"], "write a number from 1 to 1000"),
    "site": (["--site", "gone.toml", "--data", "DATA"], "gone.toml"),
    "fault-cloud": (["--data", "GRID", "--fault", "cloud"], "it shades generation; map pv_kw"),
    "fault-wire": (["--data", "DATA", *MAPS, "--fault", "two-masters"], "is about bytes on a wire"),
    "fault-time": (["--data", "DATA", *MAPS, "--fault", "spike@incomer,noon"], "2017-06-18T12:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_one_line_and_leaves_nothing(capsys, tmp_path, morning, site, name):
    """Every mistake is one line with what to do, and no file that looks like a report is left."""
    words, text = WRONG[name]
    out = tmp_path / "out"
    grid = tmp_path / "grid.csv"
    grid.write_text("time,grid_kw\n2017-06-01 00:00,-50\n2017-06-01 00:01,-50\n")
    given = [{"DATA": str(morning), "GRID": str(grid)}.get(word, word) for word in words]
    head = [] if "--site" in given else ["--site", site]
    code, said, wrong = run(capsys, "replay", *head, *given, "--out", out)
    assert code == 1
    assert said == ""
    assert len(wrong) == 1
    assert wrong[0].startswith("headworks replay: ")
    assert text in wrong[0]
    assert not out.exists() or list(out.iterdir()) == []


def test_data_that_breaks_in_the_middle_leaves_the_old_report(capsys, tmp_path, morning, site):
    """A file that turns out to be truncated ends the run; the report of before is untouched."""
    out = tmp_path / "out"
    words = ("replay", "--site", site, "--data", morning, *MAPS[2:], "--map", "time=Date",
             "--out", out)  # fmt: skip
    assert run(capsys, *words)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    whole = morning.read_text()
    morning.write_text(whole[:-30])
    code, _, wrong = run(capsys, *words)
    assert code == 1
    assert "row 14: the file ends in the middle of a row" in wrong[0]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_without_its_libraries_it_says_what_to_install(capsys, monkeypatch, morning, site):
    """A missing extra is one line, before any work is done."""
    monkeypatch.setitem(__import__("sys").modules, "plotly", None)
    code, _, wrong = run(capsys, "replay", "--site", site, "--data", morning, *MAPS)
    assert code == 1
    assert wrong == ["headworks replay: reports want plotly; pip install 'headworks[replay]'"]


def test_data_of_which_nothing_is_known_is_a_report_too(capsys, tmp_path, site):
    """Three rows without a value: no surplus, nothing ran, and no figure is made of nothing."""
    path = tmp_path / "empty.csv"
    path.write_text("time,grid_kw\n" + "".join(f"2017-06-01 00:0{n},\n" for n in range(3)))
    words = ("replay", "--site", site, "--data", path, "--out", tmp_path / "o", "--json")
    code, said, _ = run(capsys, *words, "--rivals")
    assert code == 0
    for found in json.loads(said)["cases"]:
        assert found["surplus_kwh"] == 0.0
        assert found["used_share"] is None
        assert found["unknown_s"] == 120.0
