"""`headworks board label`: which board is meant, and that a label never tells of another."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.wires import station, wired
from firmware.pythons import CPYTHON
from headworks.cli.demo_site import TEMPLATE, training_copy
from headworks.cli.main import main
from headworks.site import load_site

pytestmark = pytest.mark.needs("linux")
AIR = {
    "name": "air", "model": "pico-air", "port": "/dev/x", "address": 0, "uid": "e661000000000001",
    "firmware": "0.1.9",
}  # fmt: skip


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site file that is not called site.toml, in a folder to stand in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWORKS_RUNTIME", str(tmp_path))
    file = tmp_path / "mine.toml"
    file.write_text(training_copy(TEMPLATE.read_text(encoding="utf-8"), tmp_path))
    return load_site(file)


@contextmanager
def running(folder: Path, name: str = "other", sha256: str = "0", **more: object):
    """A station of this site with the board air."""
    state = {"site": {"name": name, "sha256": sha256}, "boards": [AIR | more]}
    path = folder / "station.sock"
    with station(path, []) as server:
        server.answer = lambda _: {"state": state}
        yield
    path.unlink()


def label(*words: str) -> tuple[int, str]:
    code = main(["board", "label", "air", *words])
    file = Path("board-air.txt")
    return code, file.read_text() if file.exists() else ""


def test_the_running_stations_board_is_meant(site, tmp_path):
    """As with console and update; a site.toml beside it is another matter."""
    (tmp_path / "site.toml").write_text((tmp_path / "mine.toml").read_text())
    with running(tmp_path):
        code, text = label()
    assert code == 0
    assert "site other" in text
    assert "uid e661000000000001" in text
    assert "firmware 0.1.9" in text


def test_a_site_file_that_is_named_counts_before_a_station(site, tmp_path):
    """The board of the same name of another site lends it no figure; of the same file it does."""
    with running(tmp_path):
        code, text = label("--site", "mine.toml")
    assert code == 0
    assert "site demo" in text
    assert "uid unknown" in text
    assert "firmware not read" in text
    with running(tmp_path, "demo", site.sha256):
        assert "uid e661000000000001" in label("--site", "mine.toml")[1]


def test_without_a_station_the_file_is_looked_for(site, tmp_path, capsys):
    """site.toml here; without one it is said what to name."""
    assert label() == (1, "")
    assert "no station runs and there is no site.toml; name one" in capsys.readouterr().err
    (tmp_path / "mine.toml").rename("site.toml")
    assert "site demo" in label()[1]


def test_no_label_for_the_board_that_hangs_there_by_mistake(site, tmp_path, capsys):
    """The one at the port says another name than the one that is meant."""
    with wired(CPYTHON, tmp_path / "board", name="safety") as made:
        text = (tmp_path / "mine.toml").read_text()
        at = text.index("[[board]]")
        line = next(line for line in text[at:].splitlines() if line.startswith("connect"))
        Path("mine.toml").write_text(text.replace(line, f'connect = "serial:{made.path}"'))
        assert label("--site", "mine.toml") == (1, "")
    assert "the board there is safety" in capsys.readouterr().err


def test_figures_of_a_hostile_station_stay_on_one_line(site, tmp_path, capsys, monkeypatch):
    """No escapes, no more lines, no endless figure; no name that leaves the folder."""
    with running(tmp_path, "a\nb\x1b[2J", uid="u" * 9000, firmware="1\n2"):
        code, text = label()
    assert code == 0
    assert len(text.splitlines()) == 5
    assert "\x1b" not in text + capsys.readouterr().err
    monkeypatch.setitem(AIR, "name", "../x")
    with running(tmp_path):
        assert main(["board", "label", "../x"]) == 1
    assert "is no name of a board" in capsys.readouterr().err
