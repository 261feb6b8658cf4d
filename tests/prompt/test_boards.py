"""`headworks board` against real MicroPython at its prompt, through the real mpremote."""

import json
import os
import re
import signal
import subprocess

import pytest

from cli.boards import interrupted, plant, root, rows, unplugged
from flash.test_images import RP2040, RP2350, blocks
from headworks.flash.build import sha256
from headworks.site import load_site
from headworks_fw import VERSION
from tools.terminal import Terminal

pytestmark = pytest.mark.needs("program:micropython")


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """Three boards without a station."""
    with plant(tmp_path_factory.mktemp("bare")) as made:
        yield made


def test_list_says_what_is_on_every_port(boards):
    """Version, name, model and uid, and which board of the site it is."""
    found = rows(boards)
    assert set(found) == {"air", "thermal", "safety"}
    assert found["safety"]["firmware"] == VERSION
    assert found["safety"]["uid"] == "e6614103e72a5b2e"
    assert found["air"]["board of the site"] == "air"


def test_a_board_that_holds_it_already_is_only_verified(boards):
    """Configuration and version fit; nothing is sent, the last line says so."""
    boards.board("flash", "--name", "air")  # the simulator's own files are not byte for byte ours
    done = boards.board("flash", "--name", "air")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"air: verified v{VERSION}\n"
    assert "holds this firmware already" in done.stderr


def test_a_dry_run_says_what_would_happen_and_changes_nothing(boards):
    """The board runs on, with the files it had."""
    boards.board("flash", "--name", "thermal")
    before = sorted((p, p.stat().st_mtime_ns) for p in root(boards, "thermal").rglob("*.mpy"))
    done = boards.board("flash", "--name", "thermal", "--force", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"thermal: would send \d+ files \(\d+ kB\) for v", done.stdout)
    assert before == sorted(
        (p, p.stat().st_mtime_ns) for p in root(boards, "thermal").rglob("*.mpy")
    )
    assert rows(boards)["thermal"]["what"] == "Headworks"


def test_only_what_changed_is_sent(boards):
    """After one module was damaged, one module and the small files go to the other slot."""
    boards.board("flash", "--name", "air")
    done = json.loads(boards.board("flash", "--name", "air", "--force", "--json").stdout)
    assert done["result"] == "verified"
    assert done["files_sent"] <= 4, "the other slot and the running one had the rest"


def test_a_board_that_is_gone_keeps_no_other_from_being_flashed(boards):
    """It is named with its cause at once and again at the end, and the exit code says so."""
    air = load_site(boards.site).boards[0].connect
    (boards.folder / "gone.toml").write_text(boards.site.read_text().replace(air, "serial:/gone"))
    done = boards.board("flash", "--all", "--site", "gone.toml")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{name}: verified v{VERSION}" for name in ("thermal", "safety")
    ]
    assert done.stderr.startswith("air: failed: /gone is not there")
    assert done.stderr.splitlines()[-1].startswith("headworks board: failed: air (/gone is not")


def test_another_configuration_is_flashed_and_verified(boards):
    """A new name goes to the board, which then says it itself."""
    port = rows(boards)["air"]["port"]
    done = boards.board("flash", "--port", port, "--model", "pico-air", "--name", "intake")
    assert done.stdout == f"intake: verified v{VERSION}\n", done.stderr
    assert rows(boards)["intake"]["board of the site"] == "air"
    done = boards.board("flash", "--name", "air")
    assert done.stdout == f"air: verified v{VERSION}\n", done.stderr


def test_two_boards_that_were_swapped_are_not_flashed(boards):
    """Each would get the other's outputs; who names model or port means it."""
    air, thermal, *_ = (board.connect for board in load_site(boards.site).boards)
    text = boards.site.read_text()
    swapped = text.replace(air, "CONNECT").replace(thermal, air).replace("CONNECT", thermal)
    (boards.folder / "swapped.toml").write_text(swapped)
    refused = boards.board("flash", "--name", "air", "--site", "swapped.toml")
    assert refused.returncode == 1
    assert "the board there is thermal, not air" in refused.stderr
    assert "add --model pico-air" in refused.stderr
    assert "prompt" not in refused.stderr, "it was not touched"
    boards.board("console", "thermal", "--command", "maint", "--yes")
    boards.until(lambda: boards.truth()["thermal"]["state"] == "repl")
    refused = boards.board("flash", "--name", "air", "--site", "swapped.toml")
    assert refused.returncode == 1
    assert "the board there is thermal, not air" in refused.stderr
    boards.until(lambda: boards.truth()["thermal"]["state"] != "repl")
    assert rows(boards)["thermal"]["board of the site"] == "thermal"


def test_a_board_without_firmware_is_provisioned(boards):
    """MicroPython with an empty file system: everything is sent, and it runs."""
    folder = root(boards, "thermal")
    boards.board("console", "thermal", "--command", "maint", "--yes")
    boards.until(lambda: boards.truth()["thermal"]["state"] == "repl")
    assert "MicroPython's prompt, no firmware runs" in boards.board("list", "--json").stdout
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    done = boards.board("flash", "--name", "thermal")
    assert done.returncode == 0, done.stderr
    assert rows(boards)["thermal"]["firmware"] == VERSION


def test_a_board_whose_firmware_crashes_is_repaired(boards):
    """It never says hello, and is reached at its prompt between two starts."""
    folder = root(boards, "thermal")
    for slot in ("a", "b"):
        for file in (folder / slot / "headworks_fw").glob("app.*"):
            file.write_bytes(b"raise OSError")
    boards.board("console", "thermal", "--command", "restart", "--yes")
    done = boards.board("flash", "--name", "thermal")
    assert done.stdout == f"thermal: verified v{VERSION}\n", done.stderr


def spoil(slot) -> None:
    """A firmware in a slot that is whole by its manifest, and fails at once."""
    manifest = json.loads((slot / "manifest.json").read_text())
    (slot / "headworks_fw/app.mpy").write_bytes(b"raise OSError")
    manifest["files"]["headworks_fw/app.mpy"] = sha256(b"raise OSError")
    (slot / "manifest.json").write_text(json.dumps(manifest))


def test_a_board_that_fell_back_keeps_what_it_fell_back_to(boards):
    """Its new firmware fails; flashed again at once, the old one is not written over."""
    for _ in range(2):
        boards.board("flash", "--name", "thermal", "--force")
    folder = root(boards, "thermal")
    other, failing = "b", (folder / "a")
    (folder / "slot").write_text("a")
    spoil(failing)
    before = {p: p.stat().st_ino for p in (folder / other).rglob("*.*")}
    boards.board("console", "thermal", "--command", "restart", "--yes")
    boards.until(lambda: (folder / "tries").exists() and (folder / "tries").read_text() == "4")
    done = boards.board("flash", "--name", "thermal")
    assert done.stdout == f"thermal: verified v{VERSION}\n", done.stderr
    assert before == {p: p.stat().st_ino for p in (folder / other).rglob("*.*")}
    assert (folder / "slot").read_text() == "a"


def test_a_board_that_is_refused_runs_on(boards):
    """A newer firmware than ours is not replaced, nor left standing at its prompt."""
    folder = root(boards, "air")
    manifest = folder / (folder / "slot").read_text() / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"fw": "9.9.9"}))
    done = boards.board("flash", "--name", "air", "--force")
    assert done.returncode == 1
    assert "the board runs 9.9.9, newer than" in done.stderr
    asked = boards.board("flash", "--name", "air", "--force", "--dry-run")
    assert (asked.returncode, asked.stderr.splitlines()[-1]) == (1, done.stderr.splitlines()[-1])
    boards.until(lambda: boards.truth()["air"]["state"] == "run")
    done = boards.board("flash", "--name", "air", "--force", "--downgrade")
    assert done.stdout == f"air: verified v{VERSION}\n", done.stderr


def test_an_empty_board_gets_the_image_of_its_chip(boards):
    """From a folder with one for each chip; what would happen is told without a port."""
    waiting = boards.folder / "RP2350"
    waiting.mkdir()
    (waiting / "INFO_UF2.TXT").write_text("Board-ID: RP2350\n")
    for name, family in (("newest", RP2040), ("right", RP2350)):
        (boards.folder / f"{name}.uf2").write_bytes(blocks(family))
    os.utime(boards.folder / "right.uf2", (0, 0))
    words = ("flash", "--name", "air", "--uf2", ".", "--volume", str(waiting), "--dry-run")
    done = boards.board(*words)
    assert done.stdout == (
        f"air: would copy right.uf2 to {waiting}, then send all files of v{VERSION}\n"
    ), done.stderr
    assert "right.uf2" in json.loads(boards.board(*words, "--json").stdout)["would"]


@pytest.mark.parametrize("after_s", [0.3, 1.2, 2.5])
def test_an_interrupted_update_leaves_the_old_or_the_new_and_can_be_tried_again(boards, after_s):
    """Killed in the middle: a second try works, and what runs then is verified."""
    command = boards.command("flash", "--name", "safety", "--force")
    child = subprocess.Popen(command, env=boards.env, cwd=boards.folder, stderr=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(after_s)
    child.send_signal(signal.SIGKILL)
    child.wait()
    done = boards.board("flash", "--name", "safety")
    assert done.stdout == f"safety: verified v{VERSION}\n", done.stderr


@pytest.mark.parametrize("after_s", [0.0, 0.7, 1.5])
def test_a_cable_that_is_pulled_is_told_and_a_second_try_works(boards, after_s):
    """The sentence says how to go on; what was whole on the board runs once it has power."""
    unplugged(boards, "thermal", "flash", "--name", "thermal", "--force", after_s=after_s)
    done = boards.board("flash", "--name", "thermal")
    assert done.stdout == f"thermal: verified v{VERSION}\n", done.stderr


@pytest.mark.parametrize("after_s", [0.0, 1.0, 2.5])
def test_ctrl_c_is_one_line_and_the_board_runs_on(boards, after_s):
    """No traceback, exit code 130, what to do; and no board that stands at its prompt."""
    said = interrupted(boards, "flash", "--name", "safety", "--force", after_s=after_s)
    assert said[-1] == (
        "safety: interrupted; what is whole on it runs again. To finish, run the same command again"
    )
    boards.until(lambda: boards.truth()["safety"]["state"] == "run")
    assert boards.board("flash", "--name", "safety").returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("flash",), "say which board"),
        (("flash", "--name", "aid"), "no board is called 'aid'; did you mean air?"),
        (("flash", "--name", "x", "--model", "pico-are", "--port", "/dev/null"), "no sensor model"),
        (("flash", "--name", "x", "--model", "pico-air", "--port", "/nope"), "/nope is not there"),
        (("flash", "--name", "x", "--model", "pico-rs485"), "wants --address 1 to 247"),
        (("flash", "--name", "air", "--uf2", "/nope.uf2"), "/nope.uf2"),
        (("flash", "--name", "air", "--image", "site.toml"), "takes no --image; use --uf2"),
        (("console",), "which board? air, thermal, safety"),
        (("console", "aid"), "did you mean air?"),
        (("selftest", "--port", "/nope"), "/nope"),
        (("update", "--all"), "the station is not running"),
        (("label", "aid"), "did you mean air?"),
        (("list", "--site", "/nope"), "no such file"),
    ],
)
def test_a_wrong_call_is_one_line_with_what_to_do(boards, words, says):
    """Whatever is wrong, no traceback and an exit code that is not 0."""
    done = boards.board(*words)
    assert done.returncode in (1, 2, 3)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_console_words_at_the_port(boards):
    """Several lines from a pipe; a refused one tells and makes the exit code 1."""
    done = boards.board("console", "safety", stdin="info\nhlep\noutputs\n")
    assert done.returncode == 1
    assert "safety" in done.stdout
    assert "permit is off" in done.stdout
    assert "did you mean help?" in done.stderr


def test_nothing_energises_without_being_confirmed(boards):
    """The first word says what it would do; the second does it, for as long as a lease lasts."""
    done = boards.board("console", "safety", "--command", "set permit on")
    assert done.returncode == 1
    assert "confirm permit" in done.stderr
    assert boards.truth()["safety"]["on"] == {"permit": False}
    boards.board("console", "safety", stdin="set permit on\nconfirm permit\n")
    assert boards.truth()["safety"]["on"] == {"permit": True}


def test_the_console_completes_asks_and_ends(boards):
    """Tab completes words and outputs, `maint` wants a yes, Ctrl-C is no end, Ctrl-D is; with 0."""
    person = Terminal(boards.command("console", "safety"), boards.env, boards.folder)
    person.until("help lists the words", "safety>")
    person.type("senso\t")
    person.until("sensors")
    person.type("\r")
    person.until("smoke", "safety>")
    person.type("maint\r")
    person.until("Type yes to go on")
    person.type("no\r")
    person.until("not done", "safety>")
    person.type("set p\t")
    person.until("ermit")
    person.type("\x03")
    person.until("\nsafety>")
    person.type("\x04")
    assert person.ended() == 0
    assert boards.truth()["safety"]["state"] == "run"


def test_selftest_is_a_verdict(boards):
    """The exit code and the JSON say the same, and each sensor stands in it."""
    done = boards.board("selftest", "air", "--json")
    assert json.loads(done.stdout)["good"] is (done.returncode == 0)
    assert "intake_c" in done.stdout


def test_a_label_names_the_board(boards):
    """Three files with what the board itself says."""
    done = boards.board("label", "safety", "--out", "labels")
    assert done.returncode == 0, done.stderr
    assert "e6614103e72a5b2e" in (boards.folder / "labels/board-safety.txt").read_text()
