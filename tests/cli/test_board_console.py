"""Console and selftest: the board that is meant, whole answers, and ends without a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.wires import station, wired
from firmware.pythons import CPYTHON, MICROPYTHON
from headworks.flash.errors import FlashError
from headworks.flash.talk import Talk
from tools.terminal import Terminal

BOTH = [
    pytest.param(MICROPYTHON, marks=pytest.mark.needs("program:micropython"), id="micropython"),
    pytest.param(CPYTHON, id="cpython"),
]
pytestmark = pytest.mark.needs("linux")


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HEADWORKS_RUNTIME": str(folder), "HEADWORKS_STATE": str(folder)}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "headworks", "board", *words]


def run(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=environment(folder), cwd=folder, input=stdin,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(params=BOTH)
def safety(request, tmp_path):
    """A board called safety at a port, and no station."""
    with wired(request.param, tmp_path, name="safety") as made:
        yield made


@pytest.mark.parametrize("python", BOTH)
def test_a_board_on_a_shared_line_answers_in_whole(python, tmp_path):
    """Every line of a long answer is polled for; a lost one is asked for again."""
    with wired(python, tmp_path, name="b3", address=3) as made, Talk(made.path, address=3) as talk:
        assert talk.hello()["nm"] == "b3"
        why, lines = talk.command(c="con", l="help")
        assert not why
        assert lines[0].startswith("help ")
        assert lines[-1].startswith("confirm ")
        assert len(lines) == 12
        made.lose = {1: 1, 5: 1}
        assert talk.command(within_s=10.0, c="con", l="help") == ("", lines)


def test_a_lost_line_of_an_answer_is_asked_for_again(safety):
    """The same command is not carried out twice; its answer comes twice."""
    with Talk(safety.path) as talk:
        talk.hello()
        whole = talk.command(c="con", l="help")
        safety.lose = {2: 1, 3: 1}
        assert talk.command(within_s=10.0, c="con", l="help") == whole


def test_a_board_that_is_busy_with_an_answer_is_asked_again(safety):
    """What an earlier question still brings is waited for; the new one is answered in whole."""
    with Talk(safety.path) as talk:
        talk.hello()
        whole = talk.command(c="con", l="help")
        talk._send("do", {"i": 1, "c": "con", "l": "help"})
        assert talk.command(within_s=10.0, c="con", l="help") == whole


def test_an_answer_that_stays_torn_is_told(safety):
    """Not the lines that came, as if they were all."""
    with Talk(safety.path) as talk:
        talk.hello()
        safety.lose = {2: 99}
        with pytest.raises(FlashError, match="parts of the answer were lost"):
            talk.command(within_s=0.5, c="con", l="help")


def test_selftest_without_the_boards_own_sum_is_no_success(tmp_path):
    """The last line is lost on the way; what is left looks well and is no verdict."""
    for lines, good in ((["ok  intake_c 20.3", "all well"], True), (["ok  intake_c 20.3"], False)):
        with station(tmp_path / "station.sock", lines):
            done = run(tmp_path, "selftest", "--json", "--socket", str(tmp_path / "station.sock"))
        (tmp_path / "station.sock").unlink()
        assert json.loads(done.stdout)["good"] is good
        assert done.returncode == (0 if good else 1)


def test_selftest_names_what_is_bad(safety, tmp_path):
    """At the port: the verdict is the exit code, and a bad line makes it 1."""
    done = run(tmp_path, "selftest", "--port", safety.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("all well")
    lines = ["BAD intake_c ABSENT, read 5 ms ago", "1 of 1 bad"]
    with station(tmp_path / "s.sock", lines):
        done = run(tmp_path, "selftest", "--socket", str(tmp_path / "s.sock"))
    assert done.returncode == 1
    assert "air: BAD intake_c ABSENT" in done.stdout


def test_selftest_of_a_board_in_safe_mode_is_bad(tmp_path):
    """No sensor was looked at; that is said, and the exit code is 1."""
    with wired(CPYTHON, tmp_path, name="safety", wdt_ms=60000) as safety:
        done = run(tmp_path, "selftest", "--port", safety.path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BAD firmware does not start, no sensor was looked at" in done.stdout


def test_selftest_of_nobody_says_what_may_be_written(tmp_path):
    """Of several boards one is named, or --all."""
    boards = [{"name": "air"}, {"name": "safety"}]
    with station(tmp_path / "s.sock", [], boards):
        done = run(tmp_path, "selftest", "--socket", str(tmp_path / "s.sock"))
    assert done.returncode == 1
    assert done.stderr == "headworks board: which board? air, safety; or --all\n"


def test_counters_through_the_station_have_the_whole_link(tmp_path):
    """The board's own figures, then CRC errors, gaps, retries and reconnects as the station counts."""
    counts = {"crc_errors": 3, "lost_frames": 2, "retries": 1, "reconnects": 5, "restarts": 0}
    own = ["least free heap 21120 bytes", "longest collection 1 ms"]
    with station(tmp_path / "s.sock", own, [{"name": "air", "counters": counts}]):
        words = ("console", "--socket", str(tmp_path / "s.sock"), "--command", "counters")
        lines = run(tmp_path, *words).stdout.splitlines()
    assert lines[:2] == ["least free heap 21.1 kB", "longest collection 1 ms"]
    assert lines[3:7] == ["CRC errors 3", "gaps 2 frames", "retries 1", "reconnects 4"]


@pytest.mark.parametrize("answers", [True, False])
def test_log_through_the_station_has_what_the_board_said_beside_its_frames(tmp_path, answers):
    """Boot noise and tracebacks, of a board that no longer answers too."""
    heard = ["ets Jul 29 2019", "OSError: [Errno 5] EIO\x1b"]
    words = ("console", "--socket", str(tmp_path / "s.sock"), "--command", "log")
    with station(tmp_path / "s.sock", ["3 s ago: it"], [{"name": "air", "console": heard}]) as made:
        told = made.answer
        if not answers:
            refusal = {"ok": False, "error": "it is not heard"}
            made.answer = lambda asked: told(asked) if asked["op"] == "state" else refusal
        done = run(tmp_path, *words)
    lines = (done.stdout if answers else done.stderr).splitlines()
    assert (done.returncode, lines.pop(0 if answers else -1)) == (
        (0, "3 s ago: it") if answers else (1, "it is not heard")
    )
    assert lines == [
        "what the station has heard beside its frames, the latest last:",
        "  ets Jul 29 2019",
        "  OSError: [Errno 5] EIO\\x1b",
    ]


def test_one_port_is_not_all_boards(tmp_path):
    """A board is never reported under the name of another."""
    done = run(tmp_path, "selftest", "--all", "--port", "/dev/null")
    assert done.returncode == 1
    assert "give one of them" in done.stderr


def test_words_for_one_board_are_not_said_to_another(safety, tmp_path):
    """Another name than the board's own is refused before anything is said; no name is taken."""
    done = run(tmp_path, "console", "air", "--port", safety.path, "--command", "outputs")
    assert done.returncode == 1
    assert "the board there is safety (uid e6614103e7174c2f), not the air" in done.stderr
    assert not done.stdout
    done = run(tmp_path, "console", "safety", "--port", safety.path, "--command", "outputs")
    assert done.stdout == "permit is off, opens on smoke\n", done.stderr


@pytest.mark.parametrize("line", ["x" * 400, '"' * 120, "s\u00e9nsors", "\x1b[2J", "\u2603" * 50])
def test_a_line_that_no_board_takes_is_one_sentence(safety, tmp_path, line):
    """No traceback, exit code 1; the next line is carried out."""
    done = run(tmp_path, "console", "--port", safety.path, stdin=f"{line}\noutputs\n")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "permit is off" in done.stdout


def test_whatever_follows_maint_it_asks(safety, tmp_path):
    """The board takes no notice of more words, so the question must not either."""
    person = Terminal(command("console", "--port", safety.path), environment(tmp_path), tmp_path)
    person.until("help lists the words", f"{safety.path}>")
    person.type("MAINT now\r")
    person.until("Type yes to go on")
    person.type("no\r")
    person.type("outputs\r")
    person.until("permit is off")
    person.type("EXIT\r")
    assert person.ended() == 0
    assert safety.board.lives


@pytest.mark.parametrize("word", ["maint", "MAINT now", "restart"])
def test_without_a_person_what_takes_the_board_away_wants_yes(safety, tmp_path, word):
    """As one line and in a pipe: nothing happens, and the lines after it are carried out."""
    one = run(tmp_path, "console", "--port", safety.path, "--command", word)
    piped = run(tmp_path, "console", "--port", safety.path, stdin=f"{word}\noutputs\n")
    for done in (one, piped):
        assert done.returncode == 1
        assert "its outputs go off" in done.stderr
        assert "add --yes" in done.stderr
    assert piped.stdout.startswith("permit is off")
    assert safety.board.lives


def test_one_line_that_takes_the_board_away_asks_a_person(safety, tmp_path):
    """On a terminal; whatever is not yes is no, and the board runs on."""
    words = command("console", "--port", safety.path, "--command", "maint")
    for answer, code in (("no\r", 1), ("yes\r", 0)):
        assert safety.board.lives
        person = Terminal(words, environment(tmp_path), tmp_path)
        person.until("its firmware ends until a reset", "Type yes to go on")
        person.type(answer)
        assert person.ended() == code
        person.close()
    assert safety.board.ended() == 3


def test_after_maint_the_way_back_is_on_screen(safety, tmp_path):
    """Through a port or a station, the word is followed by how the board comes back."""
    done = run(tmp_path, "console", "safety", "--port", safety.path, "--command", "maint", "--yes")
    assert done.returncode == 0, done.stderr
    assert "plugged in again, or with: headworks board update safety" in done.stdout
    with station(tmp_path / "s.sock", ["ok"]):
        words = ("--command", "maint", "--yes", "--socket", str(tmp_path / "s.sock"))
        assert "headworks board update air" in run(tmp_path, "console", *words).stdout


def test_a_dumb_terminal_will_do(safety, tmp_path):
    """Words and answers, and nothing that needs a cursor to be moved."""
    person = Terminal(
        command("console", "--port", safety.path), environment(tmp_path), tmp_path, term="dumb"
    )
    person.until("help lists the words", f"{safety.path}>")
    person.type("outputs\r")
    assert "\x1b[A" not in person.until("permit is off")
    person.type("exit\r")
    assert person.ended() == 0


def test_a_board_that_is_unplugged_is_one_line(tmp_path):
    """In the middle of a session; the console can still be left."""
    with wired(CPYTHON, tmp_path, name="safety") as made:
        person = Terminal(command("console", "--port", made.path), environment(tmp_path), tmp_path)
        person.until("help lists the words", f"{made.path}>")
        person.type("outputs\r")
        person.until("permit is off")
    person.type("outputs\r")
    assert "Traceback" not in person.until("the board went away")
    person.type("exit\r")
    assert person.ended() == 0


def test_a_station_that_stops_is_one_line(tmp_path):
    """Its socket is gone: the console ends with that sentence and exit code 3."""
    words = ("console", "--socket", str(tmp_path / "s.sock"))
    with station(tmp_path / "s.sock", ["intake_c 20.3 \x1b[2J\x07"]):
        person = Terminal(command(*words), environment(tmp_path), tmp_path)
        person.until("air>")
        person.type("sensors\r")
        seen = person.until("intake_c 20.3")
        assert "\x1b[2J" not in seen
        assert "\x07" not in seen
    person.type("sensors\r")
    assert "Traceback" not in person.until("the station is not running")
    assert person.ended() == 3
