"""`headworks board update` beside a running station: what is up to date, cut short, tried again."""

import json
import re
import signal
import subprocess

import pytest

from cli.boards import interrupted, plant, root, rows, started, unplugged
from headworks_fw import VERSION
from tools.terminal import Terminal

pytestmark = pytest.mark.needs("program:micropython")


BACK = [
    "air: interrupted; it starts again, then the station has it back",
    f"air: runs v{VERSION}",
    "headworks board: not finished; run it again: headworks board update air",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three boards and their station."""
    with plant(tmp_path_factory.mktemp("stationed"), station=True) as found:
        yield found


def test_ctrl_c_in_an_update_gives_the_board_back_in_order(made):
    """The flashing ends and it starts again, then the station has its port back and hears it."""
    slot = root(made, "air") / "slot"
    before = slot.read_text()
    said = interrupted(made, "update", "air", "--yes", "--force", after_s=0.5)
    assert said[-3:] == BACK
    made.until(lambda: rows(made)["air"]["what"] == "Headworks")
    assert slot.read_text() == before, "it went on flashing while the station had the port"


def test_the_stations_boards_are_updated_one_at_a_time(made):
    """Its zone is held off meanwhile, which is asked before; then the station hears it again."""
    assert "board thermal" not in made.board("list").stdout
    done = made.board("update", "thermal")
    assert done.returncode == 1
    assert "racks held off meanwhile: a1" in done.stderr
    assert "add --yes" in done.stderr
    done = made.board("update", "--all", "--yes", "--force")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{name}: verified v{VERSION}" for name in ("air", "thermal", "safety")
    ]
    states = {row["name"]: row["what"] for row in json.loads(made.board("list", "--json").stdout)}
    assert states == dict.fromkeys(("air", "thermal", "safety"), "Headworks")
    busy = made.board("flash", "--name", "air")
    assert busy.returncode == 1
    assert busy.stderr.endswith("what works beside it is: headworks board update air\n")
    done = made.board("console", "air", "--command", "sensors")
    assert "intake_c" in done.stdout
    log = (made.folder / "run.log").read_text()
    assert re.search(r"board op=lend board=air .*actor=\w+ role=operator", log)


def lent(made) -> int:
    """How often the station has given a port away."""
    return (made.folder / "run.log").read_text().count("board op=lend")


def test_what_is_up_to_date_keeps_its_racks(made):
    """Nothing is asked, lent or switched off for a board that holds this firmware already."""
    made.board("update", "--all", "--yes")
    before = lent(made)
    done = made.board("update", "--all")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{name}: holds v{VERSION} already; nothing is done"
        for name in ("air", "thermal", "safety")
    ]
    told = json.loads(made.board("update", "air", "--json").stdout)
    assert told["result"] == "up-to-date"
    assert lent(made) == before


def test_a_dry_run_of_an_update_takes_no_port(made):
    """Version before and after, and the racks that would be held off; asks nothing."""
    before = lent(made)
    done = made.board("update", "thermal", "--force", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"thermal: asked for with --force; would get v{VERSION} anew; "
        "racks held off meanwhile: a1, a2, "
    )
    assert not done.stderr
    assert lent(made) == before


def test_in_a_pipe_each_step_is_one_line(made):
    """No bar, no escapes, and nothing about other boards and racks."""
    done = made.board("update", "air", "--yes", "--force")
    said = done.stderr.splitlines()
    assert [line.split()[1] for line in said] == ["runs", "sending", "all"], done.stderr
    assert all(line.startswith("air: ") for line in said)
    assert "\x1b" not in done.stderr + done.stdout


def test_on_a_terminal_a_bar_says_the_time_left(made):
    """One bar of one line; sentences stay above it."""
    person = Terminal(made.command("update", "air", "--force"), made.env, made.folder)
    person.until("racks held off meanwhile", "type yes to go on")
    person.type("yes\r")
    seen = person.until("copying", "%", "time left", f"air: verified v{VERSION}")
    assert "Traceback" not in seen
    assert person.ended() == 0
    person.close()


def test_ctrl_c_at_the_question_changes_nothing(made):
    """One press is enough."""
    before = lent(made)
    person = Terminal(made.command("update", "air", "--force"), made.env, made.folder)
    person.until("type yes to go on")
    person.type("\x03")
    assert person.ended() == 130
    person.close()
    assert lent(made) == before


@pytest.mark.parametrize(
    ("by", "times"), [(signal.SIGINT, 3), (signal.SIGTERM, 1), (signal.SIGHUP, 1)]
)
def test_whatever_ends_an_update_gives_the_board_back(made, by, times):
    """Impatient Ctrl-C, a service manager, a lost connection of a person's terminal."""
    said = interrupted(made, "update", "air", "--yes", "--force", after_s=0.5, by=by, times=times)
    assert BACK[0] in said
    assert times > 1 or said[-3:] == BACK
    made.until(lambda: rows(made)["air"]["what"] == "Headworks")


@pytest.mark.parametrize("after_s", [0.0, 1.0, 2.5])
def test_after_a_kill_the_second_try_works_at_once(made, after_s):
    """The station has lent the port still, to a program that is no more."""
    child = started(made, "update", "safety", "--yes", "--force")
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(after_s)
    child.kill()
    child.communicate()
    done = made.board("update", "safety", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout in (
        f"safety: verified v{VERSION}\n", f"safety: holds v{VERSION} already; nothing is done\n"
    )  # fmt: skip
    made.until(lambda: rows(made)["safety"]["what"] == "Headworks")


@pytest.mark.parametrize("after_s", [0.0, 1.0])
def test_a_cable_that_is_pulled_in_an_update(made, after_s):
    """The station has the port back at once; the second try works and the board is heard."""
    unplugged(made, "thermal", "update", "thermal", "--yes", "--force", after_s=after_s)
    done = made.board("update", "thermal", "--yes")
    assert done.returncode == 0, done.stderr
    made.until(lambda: rows(made)["thermal"]["what"] == "Headworks")


def test_two_updates_at_once_are_one(made):
    """The second says so and takes nothing; the first goes on undisturbed."""
    child = started(made, "update", "thermal", "--yes", "--force")
    child.send_signal(signal.SIGSTOP)  # or it may be ready before the second one has begun
    port = rows(made)["thermal"]["port"]
    update = ("update", "thermal", "--yes", "--force")
    flash = ("flash", "--name", "thermal", "--model", "pico-thermal", "--port", port, "--force")
    for words, why in (
        (update, "another headworks is flashing the board there"),
        (flash, "the running station uses its port"),
    ):
        done = made.board(*words)
        assert done.returncode == 1
        assert why in done.stderr
    child.send_signal(signal.SIGCONT)
    said = child.communicate(timeout=60)[1]
    assert child.returncode == 0, said
    made.until(lambda: rows(made)["thermal"]["what"] == "Headworks")


def test_a_board_that_was_sent_to_its_prompt_is_no_riddle(made):
    """The station says who asked for it and what brings it back, and that does."""
    made.board("console", "thermal", "--command", "maint", "--yes", "--as", "ayesha")
    made.until(lambda: "MicroPython prompt" in rows(made)["thermal"]["what"])
    said = rows(made)["thermal"]["what"]
    assert "(ayesha asked for maint); headworks board update thermal" in said
    would = made.board("update", "thermal", "--dry-run").stdout
    assert would.startswith("thermal: it does not run (lost); would get ")
    done = made.board("update", "thermal", "--yes")
    assert done.returncode == 0, done.stderr
    made.until(lambda: rows(made)["thermal"]["what"] == "Headworks")


def test_records_of_the_station_that_runs_are_found(made):
    """Where status finds it, as a second terminal beside the demo would; the folder is named."""
    env = {name: value for name, value in made.env.items() if name != "HEADWORKS_STATE"}

    def headworks(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*made.command()[:-1], *words], env=env, cwd=made.folder,
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip

    state = made.folder / "state"
    assert f"records      {state / 'records'}\n" in headworks("verify").stdout
    assert headworks("export", "journal").stderr == f"headworks: records of {state / 'records'}\n"
    said = headworks("backup", "b.tar.gz").stdout
    assert f"of the station in {state}\n" in said
    assert f"with the site file {made.site}\n" in said
