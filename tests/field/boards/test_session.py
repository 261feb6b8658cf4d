"""The protocol with one board, as a table of what is said and what becomes of it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field.boards.talks import AIR, Talk
from headworks.faces.words import sentence
from headworks.field.boards.ill import ill_channels, two_in_one
from headworks.field.boards.restarts import ASKED_S, VANISHED_MOST, WITHIN_S
from headworks.field.boards.signs import LOST_S, MUTE_S
from headworks.field.boards.status import outputs_told
from headworks.field.boards.view import BoardState
from headworks.model.live import Quality


def test_nothing_is_known_before_the_introduction():
    """Samples of a board that has not said who it is are no observations."""
    talk = Talk().open().readings(smoke=0)
    assert talk.seen("smoke").value is None
    assert talk.session.state is BoardState.NO_ANSWER
    assert talk.asked("hi")


def test_a_board_that_fits_gives_values():
    """Introduced and with a clock, contacts are bools and outputs are what the board tells."""
    talk = Talk().ready().readings(smoke=0, leak=1, fan1_rpm=1500).status(on=1)
    assert talk.session.state is BoardState.RUNS
    assert talk.seen("smoke")[1:3] == (Quality.GOOD, False)
    assert talk.seen("leak")[1:3] == (Quality.GOOD, True)
    assert talk.seen("fan1_rpm")[1:3] == (Quality.GOOD, 1500.0)
    assert talk.seen("permit")[1:3] == (Quality.GOOD, True)


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        (
            {"p": "2.0"},
            BoardState.PROTOCOL,
            "put this program's firmware on it: headworks board update safety",
        ),
        ({"p": "1.7"}, BoardState.RUNS, ""),
        ({"nm": "air"}, BoardState.OTHER_BOARD, "the board at this port is 'air'"),
        ({"bd": "pico-air"}, BoardState.OTHER_BOARD, "model pico-air"),
        (
            {"nm": "x"},
            BoardState.OTHER_BOARD,
            "flash --name safety --model pico-safety --site SITE",
        ),
        (
            {"cfg": "00000000"},
            BoardState.OTHER_CONFIG,
            "flash it again: headworks board update safety",
        ),
        ({"st": "safe"}, BoardState.SAFE_MODE, "flash it again: headworks board update safety"),
        ({"fw": "0.1.0"}, BoardState.RUNS, ""),
    ],
)
def test_only_the_board_that_is_meant_is_listened_to(changes, state, says):
    """Another protocol, board or configuration is refused with what to do; an older firmware is not."""
    talk = Talk().open().hello(**changes).beat().readings(smoke=0)
    assert talk.session.state is state
    assert says in talk.session.cause
    assert (talk.seen("smoke").value is False) == (state is BoardState.RUNS)


def test_another_board_s_uid_is_refused():
    """The site file may name the very board."""
    talk = Talk(AIR.__class__("air", "pico-air", "serial:x", uid="AB01")).open()
    assert "swap them" in talk.hello(uid="cd02").session.cause
    assert talk.hello(uid="ab01").session.state is BoardState.RUNS


@pytest.mark.parametrize("wrong", [{"w": 4}, {"w": "x"}, {"bt": 7}, {"nm": None}, {"n": "x"}])
def test_a_senseless_introduction_is_none(wrong):
    """It counts as a bad frame."""
    talk = Talk().open().hello(**wrong)
    assert talk.session.state is BoardState.NO_ANSWER
    assert talk.session.view().counters.crc_errors == 1


def test_silence_is_unknown_after_five_seconds():
    """No last value is kept, and a sign of life alone does not bring it back: who is it now?"""
    talk = Talk().ready().readings(smoke=0).status()
    talk.pass_s(LOST_S + 0.5)
    assert talk.session.state is BoardState.LOST
    assert talk.seen("smoke")[1:3] == (Quality.SILENT, None)
    talk.sent.clear()
    talk.status().readings(smoke=0)
    assert talk.seen("smoke").value is None
    assert talk.asked("hi")
    talk.hello().beat().readings(smoke=0)
    assert talk.seen("smoke").value is False


def test_what_a_lost_board_was_asked_is_withdrawn():
    """A relay must not be armed or closed by what is left over once it speaks again."""
    talk, told = Talk().ready().status(), []
    for command in ("con", "arm"):
        talk.session.doing.want({"c": command}, talk.t_s + LOST_S - 0.1, told.append)
    talk.pass_s(LOST_S + 0.5)
    assert talk.session.state is BoardState.LOST
    assert [outcome.ok for outcome in told] == [False, False]
    talk.status().hello().beat().pass_s(3)
    assert {fields["c"] for fields in talk.asked("do")} == {"con"}


def test_a_board_that_answers_and_tells_no_status_does_not_run():
    """Its link lives and its program may not; it runs again with its next status."""
    talk = Talk().ready().readings(smoke=0).status()
    for _ in range(round(MUTE_S)):
        assert talk.session.state is BoardState.RUNS
        talk.pass_s(1).hello().beat()
    talk.pass_s(1).hello().beat()
    assert talk.session.state is BoardState.LOST
    assert "no status for 10 s" in talk.session.cause
    assert talk.seen("smoke").value is None
    assert not talk.session.is_silent(talk.t_s)
    talk.status().hello().beat().readings(smoke=0)
    assert talk.session.state is BoardState.RUNS
    assert talk.seen("smoke").value is False


def test_a_closed_port_is_unknown_at_once():
    """Unplugged: every channel, in the same call."""
    talk = Talk().ready().readings(smoke=0)
    talk.session.closed(talk.t_s, "the port is gone; check its cable and plug")
    assert {one.value for one in talk.session.readings.seen.values()} == {None}
    assert talk.session.view().cause == "the port is gone; check its cable and plug"


def test_the_same_board_at_another_port_is_told():
    """Re-enumerated: with its uid and the new port."""
    talk = Talk().ready()
    talk.session.closed(talk.t_s, "gone")
    talk.open("/dev/ttyY").hello()
    assert talk.codes() == ["board-moved"]


def test_a_restart_that_nobody_asked_for_is_told():
    """By its new boot id; values of before are gone until it has sampled anew."""
    talk = Talk().ready().readings(smoke=0)
    talk.boot = "feedf00d"
    talk.hello(why="watchdog")
    assert talk.codes() == ["board-restarted"]
    assert talk.seen("smoke").value is None


@pytest.mark.parametrize("why", ["restart", "update", "maint"])
def test_a_restart_that_was_asked_for_is_not_told(why):
    """The host knows that it has asked, also where the board is heard once more before it goes."""
    talk = Talk().ready()
    talk.session.expect_restart(talk.t_s)
    talk.hello().wait(5.0)
    talk.boot = "feedf00d"
    assert talk.hello(why=why).codes() == []
    talk.boot = "feedf00e"
    assert talk.hello(why=why).codes() == ["board-restarted"]


@pytest.mark.parametrize("why", ["restart", "update", "maint", "power-on", "a\x1b[2J"])
def test_a_restart_that_nobody_asked_for_is_told_whatever_reason_it_gives(why):
    """A program that restarts itself calls that a restart; in turn they end in quarantine."""
    talk = Talk().ready()
    for n in range(4):
        talk.pass_s(10).boot = f"0000000{n}"
        talk.hello(why=why).beat().status()
    assert talk.codes() == ["board-restarted"] * 4 + ["board-quarantined"]


@pytest.mark.parametrize(
    ("why", "codes"), [("power-on", []), ("unknown", []), ("restart", ["board-restarted"])]
)
def test_a_board_that_was_plugged_in_has_started_for_that_reason_alone(why, codes):
    """Its port was gone, as it also is when a program restarts."""
    talk = Talk().ready()
    talk.session.closed(talk.t_s, "gone")
    talk.open().boot = "feedf00d"
    assert talk.hello(why=why).codes() == codes


def test_a_restart_long_after_it_was_asked_for_is_one_of_its_own():
    """The board refused then, or the word was lost."""
    talk = Talk().ready()
    talk.session.expect_restart(talk.t_s)
    talk.wait(ASKED_S + 1).boot = "feedf00d"
    assert talk.hello(why="restart").codes() == ["board-restarted"]


def test_a_board_that_restarts_for_ever_gets_no_new_time_for_its_status():
    """Each start was asked for, and still it has told nothing for ten seconds."""
    talk = Talk().ready().status()
    for n in range(5):
        talk.pass_s(4).boot = f"0000000{n}"
        talk.session.expect_restart(talk.t_s)
        talk.hello(why="restart").beat()
    assert talk.session.state is BoardState.LOST
    assert "no status for 10 s" in talk.session.cause


def test_two_boards_at_one_place_end_in_quarantine():
    """They introduce themselves in turn: with a boot id of one start, uid and firmware are one."""
    talk, codes = Talk().ready(), []
    for n in range(600):
        talk.pass_s(1).hello(fw=f"0.{n % 2}.0").beat().status()
        codes += talk.codes()
    assert talk.session.state is BoardState.QUARANTINED
    assert codes[-1] == "board-quarantined"
    assert len(codes) < 7
    (alarm,) = two_in_one([talk.session])
    values = dict(alarm.reason.values)
    assert sentence(alarm.reason.code, values, "safety").startswith(
        "Two answer in turn as board safety: firmware 0.0.0, uid e6; and firmware 0.1.0, uid e6."
    )
    talk.session.pardon(talk.t_s)
    assert list(two_in_one([talk.session])) == []


GOOD = {"m": 5000, "o": {"permit": [1, "smoke"]}}


@pytest.mark.parametrize(
    "wrong",
    [{"m": "x"}, {"m": None}, {"m": True}, {"o": None}, {"o": {}}, {"o": {"permit": [1]}},
     {"o": {"permit": [2, ""]}}, {"o": {"permit": [True, ""]}}, {"o": {"permit": [1, None]}}],
)  # fmt: skip
def test_a_status_that_cannot_be_read_is_none(wrong):
    """Neither its outputs nor its figures count, and a board that tells no other does not run."""
    assert outputs_told(GOOD, ["permit"]) == {"permit": (True, "smoke")}
    assert outputs_told({**GOOD, **wrong}, ["permit"]) is None
    talk = Talk().ready().status()
    for _ in range(round(MUTE_S) + 1):
        talk.pass_s(1).hello().beat().news("st", up=1, hp=7, **{**GOOD, **wrong})
    assert talk.session.state is BoardState.LOST
    assert talk.session.view().counters.heap_least_bytes is None


def test_what_a_board_tells_of_itself_is_bounded_and_clean():
    """Figures without sense are not shown, and no text of a board moves a terminal."""
    talk = Talk().ready().status(0, "\ud800\x1b[2J" * 9, hp=10**200, gc=-5, lp=True, ce=7)
    counters = talk.session.view().counters
    assert (counters.heap_least_bytes, counters.gc_longest_ms, counters.loop_longest_ms) == (
        None, None, None
    )  # fmt: skip
    assert counters.board_refused_frames == 7
    ((_, latch),) = talk.session.view().latches
    assert latch.startswith("\\ud800\\x1b[2J")
    assert len(latch) == 40
    talk.news("t", v={}, f={"smoke": "\ud800\x1b"})
    assert talk.seen("smoke").cause == "\\ud800\\x1b"
    talk.say("ev", e=10**100, m=talk.ticks, c="smoke", on=1)
    assert talk.seen("smoke").value is None


def test_a_board_that_does_not_answer_after_a_loan_may_be_at_its_prompt():
    """The program that had its port was cut short; the way out is on screen at once and stays."""
    talk = Talk().ready().status()
    talk.session.closed(talk.t_s, "its port is lent, to flash it", BoardState.LENT)
    talk.open()
    assert "prompt: headworks board update safety" in talk.session.cause
    talk.pass_s(LOST_S + 0.5)
    assert talk.session.state is BoardState.LOST
    assert "prompt: headworks board update safety" in talk.session.cause
    talk.hello().status().pass_s(LOST_S + 0.5)
    assert "check its cable" in talk.session.cause


def test_a_boot_loop_ends_in_quarantine_until_a_person_resets():
    """Four restarts in ten minutes: nothing it says counts any more."""
    talk = Talk().ready()
    for n in range(4):
        talk.pass_s(10)
        talk.boot = f"0000000{n}"
        talk.hello(why="crash").beat().status()
    assert talk.session.state is BoardState.QUARANTINED
    assert "headworks reset safety" in talk.session.cause
    talk.hello().beat().readings(smoke=0)
    assert talk.seen("smoke").value is None
    assert talk.session.pardon(talk.t_s)
    talk.hello().beat().readings(smoke=0)
    assert talk.seen("smoke").value is False


@pytest.mark.parametrize("says_hello", [True, False])
def test_a_port_that_vanishes_again_and_again_ends_in_quarantine(says_hello):
    """Its supply breaks down at each start: it is as if plugged in anew, or never gets to speak."""
    talk = Talk().ready().status()
    for n in range(VANISHED_MOST):
        assert talk.session.state is not BoardState.QUARANTINED
        talk.session.closed(talk.pass_s(20).t_s, "gone")
        talk.session.closed(talk.pass_s(1).t_s, "not there")
        talk.boot = f"0000000{n}"
        talk.open()
        if says_hello:
            talk.hello().beat().status().readings(smoke=0)
    assert talk.codes() == ["board-quarantined"]
    assert "vanished 6 times within 10 min; look at its supply" in talk.session.cause
    assert talk.seen("smoke").value is None
    assert talk.session.pardon(talk.t_s)
    assert talk.hello().session.state is BoardState.RUNS


def test_a_port_that_goes_for_a_restart_or_a_loan_has_not_vanished():
    """Nor has one that a person unplugs some times, nor one that goes now and then."""
    talk = Talk().ready().status()
    for _ in range(VANISHED_MOST * 2):
        talk.session.expect_restart(talk.pass_s(5).t_s)
        talk.session.closed(talk.t_s, "gone")
        talk.open().session.closed(talk.pass_s(5).t_s, "lent", BoardState.LENT)
        talk.open().hello(why="restart")
    for _ in range(VANISHED_MOST * 2):
        talk.session.closed(talk.wait(WITHIN_S / (VANISHED_MOST - 1.5)).t_s, "gone")
        talk.open().hello().status()
    assert talk.session.state is BoardState.RUNS


def test_restarts_far_apart_are_no_boot_loop():
    """One in a while is told, and the board stays in use."""
    talk = Talk().ready()
    for n in range(6):
        talk.t_s += 400
        talk.boot = f"0000000{n}"
        talk.hello(why="watchdog").beat().status()
    assert talk.session.state is BoardState.RUNS


def test_a_traceback_is_a_crash_in_plain_words():
    """Console text is never data, and the last line of a traceback is what it says."""
    talk = Talk().ready()
    talk.text("Traceback (most recent call last):", '  File "x.py", line 1', "OSError: 19", "MPY")
    events = talk.session.events()
    assert [event.reason for event in events] == [("board-crashed", (("error", "OSError: 19"),))]
    assert talk.session.view().console[-1] == "MPY"


def test_a_prompt_that_takes_frames_for_its_words_is_no_crash():
    """MicroPython without firmware answers every frame by a traceback: that it is, with the way on."""
    talk = Talk().open().text("MPY: soft reboot")
    for _ in range(30):
        talk.text(
            '>>> ~hi {"n":1}*00000000', "Traceback (most recent call last):",
            '  File "<stdin>", line 1', "SyntaxError: invalid syntax",
        ).pass_s(0.5)  # fmt: skip
    assert talk.codes() == []
    assert talk.session.view().console == ("MPY: soft reboot",)
    assert talk.session.state is BoardState.LOST
    assert talk.session.cause.startswith("MicroPython's prompt answers at /dev/ttyX")
    assert talk.session.cause.endswith("headworks board update safety")
    talk.hello().pass_s(LOST_S + 1)
    assert "prompt" not in talk.session.cause, "its firmware has answered since"


def test_what_an_ill_board_repeated_is_counted_at_the_end():
    """A station that ends within the minute loses no repeat."""
    talk = Talk().ready()
    for _ in range(10):
        talk.text("Traceback (most recent call last):", "OSError: 19").wait(0.001)
    last = talk.session.events(last=True)
    assert [event.reason.values[1:] for event in last] == [()] * 6 + [(("held_back", 3.0),)]
    assert talk.session.events(last=True) == []


def test_an_ill_board_does_not_flood_the_log():
    """The same is told six times a minute at most, the last time with how many more there were."""
    talk = Talk().ready()
    for _ in range(1000):
        talk.text("Traceback (most recent call last):", "OSError: 19").wait(0.001)
    assert talk.codes() == ["board-crashed"] * 6
    talk.pass_s(60)
    (event,) = talk.session.events()
    assert event.reason.values == (("error", "OSError: 19"), ("held_back", 993.0))
    talk.text("Traceback (most recent call last):", "OSError: 5")
    assert talk.codes() == ["board-crashed"]


def test_of_a_board_in_quarantine_only_that_is_told():
    """It goes on to restart and crash, and a person has been called already."""
    talk = Talk().ready()
    for n in range(30):
        talk.boot = f"000000{n:02}"
        talk.text("Traceback (most recent call last):", "OSError: 19").hello(why="crash").wait(1)
    codes = talk.codes()
    assert codes.count("board-quarantined") == 1
    assert codes[-1] == "board-quarantined"
    assert talk.pass_s(120).codes() == []
    assert talk.session.view().counters.restarts == 30


def test_gaps_duplicates_and_late_frames_are_counted_or_ignored():
    """A missing number is a lost frame; one that comes twice or late changes nothing."""
    talk = Talk().ready().readings(fan1_rpm=100)
    talk.q += 3
    talk.readings(fan1_rpm=200)
    assert talk.session.view().counters.lost_frames == 3
    talk.q -= 2
    talk.readings(fan1_rpm=300)
    talk.say("t", q=talk.q, m=talk.ticks, v={"fan1_rpm": 400}, f={})
    assert talk.seen("fan1_rpm").value == 200.0


def test_numbers_of_frames_wrap():
    """65535 is followed by 0."""
    talk = Talk().ready()
    talk.q = 65534
    talk.readings(fan1_rpm=1).readings(fan1_rpm=2)
    assert talk.seen("fan1_rpm").value == 2.0
    assert talk.session.view().counters.lost_frames == 0


@pytest.mark.parametrize(
    ("code", "quality"),
    [
        ("ABSENT", Quality.NOT_AVAILABLE),
        ("POR85", Quality.NOT_AVAILABLE),
        ("CRC", Quality.ERROR),
        ("RANGE", Quality.IMPLAUSIBLE),
        ("STUCK", Quality.FROZEN),
        ("STALE", Quality.SILENT),
        ("NEW", Quality.ERROR),
    ],
)
def test_a_fault_code_is_never_a_number(code, quality):
    """Each has its quality, its own word as cause, and no value."""
    talk = Talk(AIR).ready().readings(intake_c=25.0)
    talk.news("t", v={}, f={"intake_c": code})
    assert talk.seen("intake_c")[1:] == (quality, None, code)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e9, -300, "25", None, True, [], {}])
def test_what_is_no_plausible_number_is_refused(value):
    """Not finite, out of range or of another type: no value."""
    talk = Talk(AIR).ready().readings(intake_c=value)
    assert talk.seen("intake_c")[1:3] == (Quality.IMPLAUSIBLE, None)


@pytest.mark.parametrize("value", [2, -1, 0.5, "1", None])
def test_a_contact_is_0_or_1(value):
    """Anything else is unknown."""
    talk = Talk().ready().readings(smoke=value)
    assert talk.seen("smoke").value is None


def test_an_unknown_channel_is_counted():
    """It is no observation, and an output cannot be told as a sample."""
    talk = Talk().ready().readings(fire=1, permit=1)
    assert talk.session.view().counters.refused_values == 2
    assert talk.seen("permit").value is None


def test_a_short_alarm_holds_until_a_scan_has_seen_it():
    """Smoke for a moment: active until a scan saw it, and only then acknowledged."""
    talk = Talk().ready().readings(smoke=0)
    talk.say("ev", e=7, m=talk.ticks, c="smoke", on=1).readings(smoke=0)
    assert talk.seen("smoke").value is True
    assert talk.asked("ack") == []
    seen = dict(talk.session.readings.seen)
    talk.session.scanned({})
    assert talk.asked("ack") == []
    talk.session.scanned(seen)
    assert talk.asked("ack") == [{"e": 7, "bt": "0badcafe"}]
    assert talk.wait(1).readings(smoke=0).seen("smoke").value is False


def test_an_event_that_is_told_again_after_the_word_was_lost_is_no_new_one():
    """It is acknowledged once more, and the contact stays as it is."""
    talk = Talk().ready()
    talk.say("ev", e=7, m=talk.ticks, c="smoke", on=1)
    talk.session.scanned(dict(talk.session.readings.seen))
    talk.wait(1).readings(smoke=0)
    talk.say("ev", e=7, m=talk.ticks, c="smoke", on=1)
    assert len(talk.asked("ack")) == 2
    assert talk.seen("smoke").value is False


def test_what_was_acknowledged_is_kept_for_the_latest_events_only():
    """A door that is used for years fills no memory."""
    talk = Talk().ready()
    for number in range(2000):
        talk.say("ev", e=number, m=talk.ticks, c="door", on=1)
        talk.session.scanned(dict(talk.session.readings.seen))
    assert len(talk.asked("ack")) == 2000
    assert len(talk.session._acked) == 256
    talk.say("ev", e=1999, m=talk.ticks, c="door", on=1)
    assert len(talk.asked("ack")) == 2001


def test_samples_have_the_time_they_were_taken_at():
    """Through the board's counter; a frame that lay in a buffer is old."""
    talk = Talk(AIR).ready()
    taken_s, ticks = talk.t_s, talk.ticks
    talk.wait(2.0).news("t", m=ticks, v={"intake_c": 25.0}, f={})
    assert talk.seen("intake_c").t_s == pytest.approx(taken_s, abs=0.01)


def test_without_a_clock_a_sample_has_no_time_and_does_not_count():
    """Between introduction and the first answer nothing is known."""
    talk = Talk().open().hello().readings(smoke=0)
    assert talk.seen("smoke").value is None


def test_a_counter_that_jumped_is_a_start_that_was_not_heard():
    """Its introduction was lost: nothing has a time until it introduces itself."""
    talk = Talk(AIR).ready().readings(intake_c=25.0).pass_s(2)
    talk.ticks = 10
    talk.beat()
    before = len(talk.asked("hi"))
    talk.q = 0
    talk.readings(intake_c=26.0)
    assert before >= 2
    assert talk.seen("intake_c").value == 25.0
    talk.boot = "feedf00d"
    talk.hello(why="unknown").beat().readings(intake_c=27.0)
    assert talk.seen("intake_c").value == 27.0


@pytest.mark.parametrize("away_days", [0, 7, 9])
def test_a_counter_that_seemed_to_jump_is_followed_again(away_days):
    """Its board says that it is the same start, as after a week at another host: it gets a clock."""
    talk = Talk(AIR).open().hello().beat(4.9 if not away_days else 0.01)
    if away_days:
        talk.session.closed(talk.t_s, "unplugged")
        talk.wait(away_days * 86400.0)
        talk.open().hello()
    else:
        number = talk.asked("beat")[-1]["i"]
        talk.session._beats.asked(number + 1, talk.t_s)
        talk.say("beat", i=number + 1, m=talk.ticks - 3000)
    talk.pass_s(1.25).beat().hello().pass_s(1.25).beat().readings(intake_c=26.0)
    assert talk.seen("intake_c").value == 26.0
    assert talk.seen("intake_c").t_s == pytest.approx(talk.t_s, abs=0.3)


def test_an_output_that_went_off_by_itself_is_told_with_its_cause():
    """Once, however often the board repeats it."""
    talk = Talk().ready().status(on=1).status(0, "smoke").status(0, "smoke")
    assert [event.reason.values for event in talk.session.events()] == [
        (("output", "permit"), ("why", "smoke"))
    ]
    assert talk.session.view().latches == (("permit", "smoke"),)


def test_the_boards_own_figures_are_shown():
    """Heap, collection and loop, as last told."""
    counters = Talk().ready().status(hp=41000, gc=7, lp=19, ce=2, dr=1).session.view().counters
    assert counters.heap_least_bytes == 41000
    assert (counters.gc_longest_ms, counters.loop_longest_ms) == (7, 19)
    assert (counters.board_refused_frames, counters.board_dropped_frames) == (2, 1)


FIELDS = st.dictionaries(
    st.sampled_from(["q", "m", "v", "f", "o", "e", "c", "on", "i", "k", "s", "n", "w", "bt", "p"]),
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=3))),
        st.lists(st.integers(), max_size=3),
    ),
)  # fmt: skip
KINDS = st.sampled_from(["hello", "t", "st", "ev", "ok", "no", "x", "beat", "log", "idle", "zz"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(KINDS, FIELDS), max_size=20))
def test_no_frame_raises_or_makes_a_value_of_nothing(frames):
    """Whatever fields a frame has, every channel stays known by name, and values have their type."""
    talk = Talk().ready()
    for kind, fields in frames:
        talk.say(kind, **fields)
        talk.pass_s(0.25)
    for observation in talk.session.readings.seen.values():
        if observation.quality is Quality.GOOD:
            assert isinstance(observation.value, float | bool)
            assert math.isfinite(observation.value)
        else:
            assert observation.value is None


def test_a_channel_without_a_value_is_a_warning():
    """Whether an interlock minds it or not; not before its first sample, nor of a lost board."""
    talk = Talk().ready()
    assert list(ill_channels([talk.session])) == []
    talk.readings(smoke=0).news("t", v={}, f={"fan1_rpm": "ABSENT"})
    (found,) = ill_channels([talk.session])
    assert (found.source, found.severity) == ("safety.fan1_rpm", "warning")
    assert found.reason.values == (("quality", "not-available"), ("fault", "ABSENT"))
    talk.readings(fan1_rpm=1500)
    assert list(ill_channels([talk.session])) == []
    talk.session.closed(talk.t_s, "unplugged")
    assert list(ill_channels([talk.session])) == []
