"""`headworks check` and `headworks init` as people and scripts run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headworks.cli.init import StoppedError, ask_all
from headworks.cli.init_answers import Answers, local_zone
from headworks.cli.init_file import compose, write_whole
from headworks.hardware.files import models
from headworks.hardware.switch import load_switch
from headworks.site import check, load_site
from sitefile.samples import HERE
from sitefile.terminal import Terminal

GOOD = HERE / "good" / "everything.toml"
BROKEN = HERE / "broken" / "many-at-once.toml"


def headworks(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command with nobody at its terminal."""
    return subprocess.run(
        [sys.executable, "-m", "headworks", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )


def test_good_file_gives_tables() -> None:
    """A good file: exit 0, every device in a table, nothing on stderr."""
    done = headworks("check", GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("incomer", "row-a", "scada", "a1-meter", "g1", "feeder", "box.1", "hat.8", "low"):
        assert word in done.stdout
    assert "2 racks, 76.5 kW together" in done.stdout


def test_tables_survive_a_plain_terminal() -> None:
    """A terminal without colours and without UTF-8 gets plain characters and no escapes."""
    env = {**os.environ, "TERM": "dumb", "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    done = headworks("check", HERE / "good" / "design.toml", env=env)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout


def test_mistakes_are_lines_for_editors() -> None:
    """A broken file: exit 1, one line per mistake on stdout, the count on stderr."""
    done = headworks("check", BROKEN.name, cwd=BROKEN.parent)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith(f"{BROKEN.name}:") and ": error: " in line for line in lines)
    assert "4 mistakes" in done.stderr


def test_unreadable_file_is_one_line() -> None:
    """A file that cannot be read: exit 2, one line on stderr, nothing else."""
    done = headworks("check", "/nowhere/site.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "headworks: /nowhere/site.toml: there is no such file; `headworks init` writes one\n"
    )


def test_json_of_mistakes() -> None:
    """--json lists every mistake with file, line, column, severity and text."""
    done = headworks("check", "--json", BROKEN)
    reply = json.loads(done.stdout)
    assert (done.returncode, reply["ok"], reply["summary"]) == (1, False, None)
    assert len(reply["problems"]) == 4
    assert set(reply["problems"][0]) == {"file", "line", "column", "severity", "text"}


def test_json_of_a_good_file() -> None:
    """--json of a good file holds the whole site and its sums."""
    done = headworks("check", "--json", GOOD)
    reply = json.loads(done.stdout)
    assert (done.returncode, reply["ok"], reply["problems"]) == (0, True, [])
    assert reply["summary"]["racks"][1]["kind"] == "gpu"
    assert reply["summary"]["total"] == {"racks": 2, "rated_kw": 76.5}


def test_json_of_an_unreadable_file() -> None:
    """--json says so in JSON too, and exit 2 stays."""
    done = headworks("check", "--json", "/nowhere/site.toml")
    assert done.returncode == 2
    assert json.loads(done.stdout)["ok"] is False


def test_escapes_in_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """Control characters of keys, values and file names are made visible."""
    path = tmp_path / "\x1b[31msite.toml"
    path.write_text('"\\u001b]0;x" = 1\n[rack]\n"\\u001b[2J" = "\\u001b[2J"\n')
    done = headworks("check", path)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr


def test_init_defaults_pass_the_check(tmp_path: Path) -> None:
    """init --defaults writes a file that check finds good, without a warning."""
    path = tmp_path / "site.toml"
    assert headworks("init", "--defaults", path).returncode == 0
    site, problems = check(path.read_text())
    assert problems == []
    assert site is not None
    assert len(site.racks) == 6
    assert oct(path.stat().st_mode & 0o777) == "0o644"
    assert [entry.name for entry in tmp_path.iterdir()] == ["site.toml"]


def test_init_never_overwrites(tmp_path: Path) -> None:
    """A file that is there stays as it is, unless --force is given."""
    path = tmp_path / "site.toml"
    path.write_text("mine")
    done = headworks("init", "--defaults", path)
    assert (done.returncode, path.read_text()) == (2, "mine")
    assert "--force" in done.stderr
    assert headworks("init", "--defaults", "--force", path).returncode == 0
    assert load_site(path).name == "my-site"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    """Even where the file appears after the first look, it is not overwritten."""
    path = tmp_path / "site.toml"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_whole(path, "other", force=False)
    assert path.read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["site.toml"]


def test_init_without_a_terminal_asks_for_defaults(tmp_path: Path) -> None:
    """Where nobody can answer, nothing is written and --defaults is named."""
    done = headworks("init", tmp_path / "site.toml")
    assert done.returncode == 2
    assert "--defaults" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_into_a_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is one clear line."""
    done = headworks("init", "--defaults", tmp_path / "no" / "site.toml")
    assert done.returncode == 2
    assert "choose a folder" in done.stderr
    assert done.stderr.count("\n") == 1


ANSWERS = [
    ("Name of the site", "jamshoro \"2\""),
    ("Time zone", "Karachi"),
    ("Time zone", "Asia/Karachi"),
    ("Meter model", "?"),
    ("Meter model", "sdm63"),
    ("Meter model", "sdm630"),
    ("Where is that meter", "10.0.0.9"),
    ("Where is that meter", "serial:/dev/ttyAMA0"),
    ("unit", "300"),
    ("unit", "0"),
    ("unit", "7"),
    ("Rating", "400000"),
    ("Rating", "400"),
    ("Relay board", "coil-8"),
    ("Where is that board", "tcp://10.0.0.12:502"),
    ("How many racks", "8"),
    ("How many racks", "7"),
    ("Rated power", "401"),
    ("Rated power", "36 kW"),
    ("Rated power", "36.5"),
]  # fmt: skip


@pytest.mark.needs("linux")
def test_init_asks_again_and_writes(tmp_path: Path) -> None:
    """Through a terminal: wrong answers are asked again, good ones reach the file."""
    path = tmp_path / "site.toml"
    with Terminal("init", path) as terminal:
        for prompt, answer in ANSWERS:
            terminal.answer(prompt, answer)
        assert terminal.wait() == 0
    site = load_site(path)
    assert (site.name, site.timezone) == ('jamshoro "2"', "Asia/Karachi")
    meter = site.meters[0]
    assert (meter.model, meter.connect, meter.unit) == ("sdm630", "serial:/dev/ttyAMA0", 7)
    assert (site.feeders[0].rating_kw, site.switches[0].model) == (400.0, "coil-8")
    assert [rack.rated_kw for rack in site.racks] == [36.5] * 7
    for words in ('write "Asia/Karachi"', 'write "sdm630"', "looks like watts", "1 to 7 racks"):
        assert words in terminal.seen


@pytest.mark.needs("linux")
@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl-c", "end of input"])
def test_init_stopped_leaves_no_file(tmp_path: Path, key: str) -> None:
    """Ctrl-C and the end of input end it with one line and without a file."""
    with Terminal("init", tmp_path / "site.toml") as terminal:
        terminal.answer("Name of the site", "half")
        assert terminal.press("Time zone", key) == 130
    assert "nothing was written" in terminal.seen
    assert "Traceback" not in terminal.seen
    assert list(tmp_path.iterdir()) == []


def test_init_gives_up_on_rubbish() -> None:
    """An input that never makes sense does not loop for ever."""
    with pytest.raises(StoppedError):
        ask_all(Answers(), lambda _: "\x00", lambda _: None)


@pytest.mark.parametrize("switch", sorted(models("switch")))
def test_init_of_every_board(switch: str) -> None:
    """With every board there is, the file and its examples without their # pass the check."""
    answers = Answers(switch=switch, racks=1)
    most = len(load_switch(switch).outlets) - 1
    for racks in (1, most):
        answers.racks = racks
        text = compose(answers)
        assert [p for p in check(text)[1] if "cannot be read back" not in p.text] == []
        lines = (
            line[1:] if line[:1] == "#" and line[1:2].strip() else line for line in text.split("\n")
        )
        full = "\n".join(lines).replace("usb:SERIAL", "usb:E661")  # nobody else can know it
        errors = [p for p in check(full)[1] if p.severity == "error"]
        assert errors == []
        assert full.count("[[signal]]") >= 3


def test_field_marks_in_answers_stay(tmp_path: Path) -> None:
    """An answer that looks like a mark of the template is taken as it is."""
    site, _ = check(compose(Answers(name="<unit> <racks>")))
    assert site is not None
    assert site.name == "<unit> <racks>"


def test_local_zone(tmp_path: Path) -> None:
    """The time zone offered is the machine's by its link, and UTC where that says nothing."""
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Asia/Karachi")
    assert local_zone(link) == "Asia/Karachi"
    assert local_zone(tmp_path / "nothing") == "UTC"
