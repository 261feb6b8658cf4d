"""The whole firmware as a process on a pty, under both Pythons, as a host meets it."""

import os
import random
import time

import pytest

from firmware.process import CONFIG, Board, flash
from firmware.pythons import CPYTHON, MICROPYTHON
from headworks_fw import wire

BOTH = [
    pytest.param(MICROPYTHON, marks=pytest.mark.needs("program:micropython"), id="micropython"),
    pytest.param(CPYTHON, id="cpython"),
]
MARKED = bytes(b"~\n*"[b % 3] if b < 60 else b for b in range(256))  # a quarter of marks and ends
pytestmark = pytest.mark.needs("linux")


@pytest.fixture(params=BOTH)
def board(request, tmp_path):
    """A board that is flashed and started; smoke is at rest."""
    flash(tmp_path, request.param)
    one = Board(request.param, tmp_path)
    one.start()
    yield one
    one.stop()


def _hello(board) -> dict:
    return board.frame("hello")


def test_it_says_hello_and_then_how_it_does(board):
    """hello at the start and when asked; `st` every second without a gap."""
    assert _hello(board)["why"] == "power-on"
    board.send("hi", {"n": 77})
    assert board.frame("hello", n=77)["uid"] == "e6614103e7174c2f"
    board.until(lambda: len(board.frames("st")) == 3, "three st")
    spans = [
        b["m"] - a["m"] for a, b in zip(board.frames("st"), board.frames("st")[1:], strict=False)
    ]
    assert all(abs(span % (1 << 30) - 1000) < 100 for span in spans)
    counted = [i.fields["q"] for i in board.items if isinstance(i, wire.Frame) and "q" in i.fields]
    assert counted == list(range(counted[0], counted[0] + len(counted)))


def test_the_output_is_off_first_thing(board):
    """The pin's first word is off, before anything is said."""
    _hello(board)
    assert [line for line in board.pins if line.startswith("out 15")] == ["out 15 0"]


def test_a_command_asked_three_times_is_done_once(board):
    """The same number thrice: three answers, one edge at the pin."""
    _hello(board)
    for count in range(1, 4):
        board.send("do", {"i": 5, "c": "out", "o": "permit", "on": 1, "ms": 3000})
        board.until(lambda count=count: len(board.frames("ok")) == count, "an answer")
    assert board.pins.count("out 15 1") == 1


def test_an_event_is_repeated_until_acknowledged(board):
    """Smoke is told each second until the host has it, also when the smoke is over."""
    boot = _hello(board)["bt"]
    board.world("pin 2 0")
    event = board.frame("ev", c="smoke")
    board.world("pin 2 1")
    board.until(lambda: len(board.frames("ev")) >= 3, "the event again")
    board.send("ack", {"e": event["e"], "bt": boot})
    board.send("hi", {"n": 1})
    board.frame("hello", n=1)
    told, states = len(board.frames("ev")), len(board.frames("st"))
    board.until(lambda: len(board.frames("st")) >= states + 2, "two more seconds")
    assert len(board.frames("ev")) == told


def test_a_lease_ends_latches_and_is_armed(board):
    """No renewal: off within the lease, latched; arm, then on again."""
    _hello(board)
    assert board.do(1, "out", o="permit", on=1, ms=300)[0] == "ok"
    board.until(lambda: board.permit == "0" and "out 15 1" in board.pins, "the end of the lease")
    assert board.do(2, "out", o="permit", on=1, ms=300)[1]["e"] == "latched"
    assert board.frame("st", o={"permit": [0, "lease"]})
    assert board.do(3, "arm", o="permit")[0] == "ok"
    assert board.do(4, "out", o="permit", on=1, ms=300)[0] == "ok"


def test_smoke_opens_the_permissive_with_no_host_at_all(board):
    """Nobody reads and nobody asks: the relay still opens within a quarter of a second."""
    _hello(board)
    board.do(1, "out", o="permit", on=1, ms=5000)
    board.until(lambda: board.permit == "1", "on")
    began = time.monotonic()
    board.world("pin 2 0")
    board.until(lambda: board.permit == "0", "off", terminal=False)
    assert time.monotonic() - began < 0.25


def _trip(board) -> None:
    """Smoke comes, the relay opens, and the smoke is over."""
    _hello(board)
    board.do(1, "out", o="permit", on=1, ms=5000)
    board.world("pin 2 0")
    board.frame("st", o={"permit": [0, "smoke"]})
    board.world("pin 2 1")
    board.frame("t", v={"smoke": 0})


@pytest.mark.parametrize("ends", ["power", "restart", "maint", "crash"])
def test_a_trip_outlives_every_restart_until_a_person_arms(board, ends):
    """Whatever ended the program: latched before anything can close, and armed once for good."""
    _trip(board)
    if ends == "crash":
        board.world("crash")
    elif ends != "power":
        assert board.do(2, "con", l=ends)[0] == "ok"
    if ends != "power":
        assert board.ended() == 3
    if ends == "maint":
        board.start("soft")
        assert board.ended() == 5
    board.start("power-on" if ends == "power" else "soft")
    _hello(board)
    assert board.do(3, "out", o="permit", on=1, ms=300)[1]["e"] == "latched"
    assert board.frame("st", o={"permit": [0, "smoke"]})
    assert board.do(4, "arm", o="permit")[0] == "ok"
    board.start()
    _hello(board)
    assert board.do(5, "out", o="permit", on=1, ms=300)[0] == "ok"


def test_safe_mode_keeps_a_trip(board):
    """It is shown there, cannot be armed, and is there when the firmware starts again."""
    _trip(board)
    app = next((board.root / "a/headworks_fw").glob("app.*"))
    app.rename(app.with_suffix(".away"))
    _restart_until_hello(board, 3)
    assert _hello(board)["st"] == "safe"
    assert board.frame("st", o={"permit": [0, "smoke"]})
    assert board.do(1, "arm", o="permit")[1]["e"] == "busy"
    assert board.do(2, "con", l="selftest")[0] == "ok"
    assert "BAD firmware does not start" in str(board.frames("x"))
    app.with_suffix(".away").rename(app)
    board.start()
    assert _hello(board)["st"] == "run"
    assert board.do(3, "out", o="permit", on=1, ms=300)[1]["e"] == "latched"


@pytest.mark.parametrize("text", ["", "permit", "permit smoke now", "\xff", "heater smoke"])
def test_a_broken_file_of_latches_is_a_latch(board, text):
    """What cannot be read leads to the safe side, and a person can arm it."""
    _hello(board)
    (board.root / "latch").write_text(text, encoding="latin-1")
    board.start()
    _hello(board)
    assert board.do(1, "out", o="permit", on=1, ms=300)[1]["e"] == "latched"
    assert board.frame("st", o={"permit": [0, "flash"]})
    assert "file of latches cannot be read" in str(board.frames("log"))
    assert board.do(2, "arm", o="permit")[0] == "ok"
    assert (board.root / "latch").read_text(encoding="ascii") == "none"


def test_a_host_that_does_not_read_stalls_nothing(board):
    """With the port full the outputs and the watchdog go on; what is lost is counted."""
    _hello(board)
    board.do(1, "out", o="permit", on=1, ms=5000)
    question = wire.encode("hi", {"n": 1})
    for _ in range(500):  # more than a pty holds in answers
        os.write(board.master, question)
        board.look(0.002, terminal=False)
    fed = board.pins.count("wdt feed")
    board.until(lambda: board.pins.count("wdt feed") > fed + 4, "food", terminal=False)
    began = time.monotonic()
    board.world("pin 2 0")
    board.until(lambda: board.permit == "0", "off", terminal=False)
    assert time.monotonic() - began < 0.5
    board.until(lambda: board.frames("st") and board.frames("st")[-1]["dr"] > 0, "the count")
    board.send("hi", {"n": 2})
    board.frame("hello", n=2)
    assert board.lives


def test_a_megabyte_of_noise_is_survived(board):
    """Random bytes, marks and line ends among them: no output moves, and it answers after."""
    _hello(board)
    noise = random.Random(1)
    for _ in range(256):
        chunk = noise.randbytes(4096).translate(MARKED)
        board.pour(chunk)
    board.send("hi", {"n": 9})
    board.until(lambda: [f for f in board.frames("hello") if f["n"] == 9], "hello", patience_s=30)
    assert "out 15 1" not in board.pins
    assert board.frame("st")["hp"] >= 0


def test_a_person_types_at_a_plain_terminal(board):
    """Words are echoed, corrected and answered; frames go on between."""
    _hello(board)
    os.write(board.master, b"outputx\x7fs\r")
    board.until(lambda: "| permit is off, opens on smoke" in board.text(), "the outputs")
    os.write(board.master, b"set permit on\rconfirm permit\r")
    board.until(lambda: board.permit == "1", "on, confirmed")


def test_a_crash_is_shown_kept_and_named(board):
    """Traceback as console text and in crash.txt, output off, and the next hello says crash."""
    _hello(board)
    board.do(1, "out", o="permit", on=1, ms=5000)
    board.world("crash")
    assert board.ended() == 3
    assert "RuntimeError" in board.text()
    assert board.permit == "0"
    assert "RuntimeError" in (board.root / "crash.txt").read_text(encoding="utf-8")
    board.start("soft")
    assert _hello(board)["why"] == "crash"


def test_three_failed_starts_lead_to_the_other_slot_and_then_to_safe_mode(board):
    """A slot that crashes is left after three tries; when both do, the protocol still answers."""
    _hello(board)  # a start that is under way would be a failed one more
    (board.root / "a/headworks_fw/app.py").write_text("1 / 0\n", encoding="utf-8")
    other = flash(board.root, board.command, slot="b")
    _restart_until_hello(board, 3)
    assert (_hello(board)["sl"], _hello(board)["st"]) == ("b", "run")
    (other / "app.py").write_text("1 / 0\n", encoding="utf-8")
    _restart_until_hello(board, 6)
    assert _hello(board)["st"] == "safe"
    assert board.do(1, "out", o="permit", on=1, ms=300)[1]["e"] == "busy"
    assert board.do(2, "con", l="info")[0] == "ok"
    assert "out 15 1" not in board.pins
    assert board.do(3, "restart")[0] == "ok"
    assert board.ended() == 3


def _restart_until_hello(board, failures: int) -> None:
    """Start again and again as the chip does; so many starts fail before one says hello."""
    cause = "power-on"
    for _ in range(failures):
        board.start(cause)
        assert board.ended() == 3
        assert board.frames("hello") == []
        cause = "soft"
    board.start(cause)
    _hello(board)


def test_restarts_that_were_asked_for_are_no_failures(board):
    """Ten in a row and the slot is still the same one."""
    flash(board.root, board.command, slot="b")
    for number in range(5):
        hello = _hello(board)
        assert (hello["sl"], hello["why"]) == ("a", "restart" if number else "power-on")
        assert board.do(1, "restart")[0] == "ok"
        assert board.ended() == 3
        board.start("soft")


def test_maint_leads_to_the_prompt_and_back(board):
    """Outputs off, a reset, then no firmware; the next reset starts it with that reason."""
    _hello(board)
    board.do(1, "out", o="permit", on=1, ms=5000)
    assert board.do(2, "maint")[0] == "ok"
    assert board.ended() == 3
    assert board.permit == "0"
    board.start("soft")
    assert board.ended() == 5
    assert board.frames("hello") == []
    board.start("soft")
    assert _hello(board)["why"] == "maint"


def test_a_watchdogs_bite_is_named(board):
    """What the chip tells is the reason where the board wrote none."""
    board.start("watchdog")
    assert _hello(board)["why"] == "watchdog"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ('{"model"', "no JSON"),
        ({**CONFIG, "wdt_ms": 60000}, "wdt_ms must be a whole number"),
        ({**CONFIG, "sensors": [{"kind": "nose"}]}, "no driver for nose"),
    ],
)
def test_a_wrong_configuration_is_safe_mode_with_a_sentence(board, config, sentence):
    """The board says in its log what is wrong, keeps outputs off and can be put to maint."""
    board.stop()
    flash(board.root, board.command, config)
    board.start()
    assert _hello(board)["st"] == "safe"
    board.until(lambda: sentence in str(board.frames("log")), "the sentence")
    assert "out 15 1" not in board.pins
    if any(line.startswith("wdt") for line in board.pins):  # it cannot be stopped any more
        board.pins.clear()
        board.until(lambda: "wdt feed" in board.pins, "its watchdog fed in safe mode too")
    assert board.do(1, "maint")[0] == "ok"
    assert board.ended() == 3


def test_a_healthy_board_keeps_its_slot(board):
    """After the healthy time failed starts are forgotten; asked by a host, the slot is good."""
    board.stop()
    program = 'import os, sys\nsys.path.insert(0, "a")\nfrom headworks_fw import app\n'
    program += 'app.run(os.getcwd() + "/", "a", confirm_ms=300)\n'
    (board.root / "short.py").write_text(program, encoding="utf-8")
    (board.root / "tries").write_text("2", encoding="utf-8")
    (board.root / "slot").write_text("b", encoding="utf-8")
    board.start(program="short.py")
    board.until(lambda: not (board.root / "tries").exists(), "tries forgotten")
    assert not (board.root / "good").exists()
    board.send("hi", {"n": 1})
    board.until((board.root / "good").exists, "the slot called good")
    assert (board.root / "slot").read_text(encoding="utf-8") == "a"


def test_the_heap_is_flat_while_it_is_asked(board):
    """A few hundred questions later no more memory is held, and a collection is short."""
    _hello(board)
    for number in range(1, 200):
        board.do(number, "con", l="counters")
    board.until(lambda: len(board.frames("st")) >= 2, "st")
    first = board.frames("st")[-1]
    for number in range(200, 400):
        board.do(number, "con", l="counters")
    seen = len(board.frames("st"))
    board.until(lambda: len(board.frames("st")) >= seen + 2, "st")
    last = board.frames("st")[-1]
    assert first["hp"] - last["hp"] <= 2048
    assert last["hp"] == 0 or last["hp"] > 12000
    assert last["gc"] < 100


@pytest.mark.parametrize("python", BOTH)
def test_two_boards_share_a_line(python, tmp_path):
    """Each answers its own address with one frame, though both hear every byte."""
    boards = {}
    for address in (3, 4):
        link = {"kind": "rs485", "uart": 0, "tx": 0, "rx": 1, "de": 5, "baud": 115200}
        root = tmp_path / str(address)
        flash(root, python, {**CONFIG, "name": f"b{address}", "address": address, "link": link})
        boards[address] = Board(python, root)
    try:
        for one in boards.values():
            one.start()
        for number in range(40):
            _poll(boards, 3 + number % 2, number)
        assert all(len(one.frames("st")) >= 1 for one in boards.values())
    finally:
        for one in boards.values():
            one.stop()


def _poll(boards: dict[int, Board], address: int, number: int) -> None:
    """Ask one board on the shared line; exactly one frame comes back, and it is its own."""
    kinds = (("hi", {"n": number}), ("poll", {}), ("poll", {}), ("do", {"i": number, "c": "zap"}))
    question = wire.encode(*kinds[number // 2 % 4], address)
    asked, other = boards[address], boards[7 - address]
    before = [len(asked.items), len(other.items)]
    for one in boards.values():
        os.write(one.master, question)
    asked.until(lambda: len(asked.items) > before[0], f"an answer from {address}")
    asked.look(0.03)
    other.look(0.0)
    assert [len(asked.items), len(other.items)] == [before[0] + 1, before[1]]
    assert asked.items[-1].address == address
    os.write(other.master, wire.encode(asked.items[-1].kind, asked.items[-1].fields, address))
