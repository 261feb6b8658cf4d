"""What lasts is told as it stands now, and the way back is on the screen, in its order."""

import io

import pytest
from rich.console import Console

from faces.held_states import board, held, relay, told
from headworks.faces.board_sentences import FARES
from headworks.faces.held import as_it_is, way_back, way_lines
from headworks.faces.lines import alarm_lines, happenings, why_now
from headworks.faces.live import View
from headworks.field.boards.view import BoardState
from tools.states import rack, state

SMOKE = "safety-smoke"


def alarm(lock: dict, alarm: dict | None = None, **more: object) -> str:
    """The alarm line of one interlock."""
    ((_, text),) = alarm_lines(state(interlocks=[lock], alarms=[alarm or told(SMOKE)], **more))
    return text


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Karachi")  # the sites of these tests keep UTC
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (held(SMOKE), "safety.smoke was active at 11:57, gone since 11:59; it waits for a reset."),
        (
            held(SMOKE, since_s=86_400.0, gone_s=120.0),
            "safety.smoke was active at 12:00 on 31 May, gone since 11:58; it waits for a reset.",
        ),
        (
            held(SMOKE, since_s=None),
            "safety.smoke was active before the last start, gone since 11:59; it waits for a reset.",
        ),
        (
            held(SMOKE, since_s=None, gone_s=None),
            "safety.smoke was active before the last start and is gone; it waits for a reset.",
        ),
        (held(SMOKE, "cause"), "Interlock safety-smoke acts: safety.smoke is active."),
        (
            held(SMOKE, "unknown"),
            "safety.smoke was active at 11:57 and is unknown now, which counts as unsafe; "
            "a reset takes once it is known.",
        ),
    ],
)
def test_a_latch_is_told_as_it_stands(lock, says):
    """What was, since when it is gone, and that it waits; never in the present once it is gone."""
    assert alarm(lock) == f"safety-smoke: {says}"


def test_without_a_clock_ages_are_told():
    """Nobody has set the time, or the day runs faster than the clock."""
    said = alarm(held(SMOKE), time=None)
    assert "was active 3 min ago, gone for 1 min; it waits for a reset." in said


def test_what_is_unknown_does_not_wait_for_a_reset():
    """A lost board is no smoke: unknown, and no word of a reset."""
    unknown = told(SMOKE, "unknown")
    del unknown["values"]["value"]
    said = alarm(held(SMOKE, "unknown", latched=False, since_s=None), unknown)
    assert said.endswith("safety.smoke is unknown, which counts as unsafe.")
    tripped = rack("a1", "tripped", "tripped", values=unknown["values"])
    shown = state(interlocks=[held(SMOKE, "unknown", latched=False)], racks=[tripped])
    assert "reset" not in why_now(shown, tripped, "a1", dated=False)


def test_what_hangs_on_a_lost_board_is_one_line_after_the_board():
    """The board comes first, with what to do; its interlocks share a sentence."""
    names = ("smoke", "leak", "fan")
    locks = [held(n, "unknown", latched=False, when=f"safety.{n}") for n in names]
    cause = "silent for more than 5 s; check its cable"
    lost = {
        "source": "safety",
        "severity": "alarm",
        "code": "board-unknown",
        "values": {"cause": cause},
    }
    alarms = [*(told(n, "unknown", when=f"safety.{n}") for n in names), lost]
    assert alarm_lines(state(interlocks=locks, alarms=alarms, boards=[LOST])) == [
        ("alarm", f"safety: Nothing is known from board safety: {cause}."),
        (
            "alarm",
            "smoke, leak, fan: Board safety is not heard, so what it watches counts as unsafe.",
        ),
    ]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("lost", "Board safety is not heard, so"),
        ("safe-mode", "Board safety cannot start its firmware, so"),
        ("other-config", "Board safety has another configuration than the site file, so"),
        ("quarantined", "Board safety restarts again and again and is not listened to, so"),
        ("lent", "Board safety is being flashed, so"),
    ],
)
def test_a_board_of_which_nothing_is_known_is_told_as_it_is(word, says):
    """One that talks and is not believed is not called silent."""
    lock, unknown = held(SMOKE, "unknown", latched=False), told(SMOKE, "unknown")
    said = alarm(lock, unknown, boards=[board("safety", word)])
    assert says in said
    assert said.endswith(", so what it watches counts as unsafe.")


def test_every_state_of_a_board_without_values_has_words():
    """None falls back to its code."""
    assert {*FARES, "runs", "stale"} == set(BoardState)


def test_the_end_of_an_alarm_is_told_as_past():
    """Its sentence is that of its begin, so it is told as what was."""
    event = {**told(SMOKE), "kind": "alarm-end", "t_s": 1.0, "note": ""}
    (line,) = happenings(state(events=[event], uptime_s=100.0))
    assert line == (
        "alarm over, safety-smoke (it was: Interlock safety-smoke acts: safety.smoke is active)"
    )


def test_an_open_relay_says_whose_it_is_and_who_opened_it():
    """A board by its own rule, or because the station was silent; else only that it is open."""
    open_relay = told("safety-permissive", when="safety.permit", value="inactive")
    for latches, says in (
        ({"permit": "smoke"}, "is open: board safety opened it because of smoke."),
        ({"permit": "lease"}, "opened it because of the station's silence."),
        ({}, "of board safety is open, so its racks are off."),
    ):
        assert says in alarm(relay(), open_relay, boards=[board("safety", latches=latches)])


def test_what_no_interlock_explains_stays_as_it_was_told():
    """Meters, disks, and the state of a station that does not tell of interlocks."""
    silent = {"source": "incomer", "code": "unknown", "values": {"meter": "incomer"}}
    assert as_it_is(state(interlocks=[held(SMOKE)]), silent) == ("unknown", {"meter": "incomer"})
    assert as_it_is(state(), told(SMOKE))[0] == "interlock"


OPENED = board("safety", latches={"permit": "smoke"})
LOST = board("safety", "lost")
ABSENT = {"value": None, "quality": "not-available", "cause": "ABSENT"}
FIRST = {"value": None, "quality": "never", "cause": "the board has just answered"}
COLD = board("air", channels={"intake_c": ABSENT, "margin_k": ABSENT})


@pytest.mark.parametrize(
    ("locks", "boards", "steps"),
    [
        ([], [board("safety")], []),
        ([held(SMOKE)], [OPENED], ["headworks reset safety", "headworks reset safety-smoke"]),
        (
            [held(SMOKE, "cause"), relay()],
            [OPENED],
            [
                "find and end what safety.smoke shows",
                "headworks reset safety",
                "headworks reset safety-smoke",
            ],
        ),
        ([held(SMOKE, reset_at="safety.reset")], [OPENED], ["press safety.reset at the racks"]),
        (
            [held(SMOKE, reset_at="hat.in5")],
            [OPENED],
            ["press hat.in5 at the racks", "headworks reset safety"],
        ),
        (
            [held(SMOKE, "unknown", latched=False), held("leak", "unknown", latched=False)],
            [LOST],
            ["board safety: lost, silent for more than 5 s; check its cable and supply"],
        ),
        (
            [
                held("hot", "unknown", latched=False, when="air.intake_c"),
                held("dew", "unknown", latched=False, when="air.margin_k"),
            ],
            [COLD],
            [
                "air.intake_c, air.margin_k: the sensor does not answer (ABSENT); check its plug, cable, address "
                "and supply"
            ],
        ),
        (
            [held("hot", "unknown", latched=False, when="air.intake_c")],
            [board("air", channels={"intake_c": FIRST})],
            [
                "air.intake_c: wait some seconds for its first value; else: headworks board "
                "selftest air"
            ],
        ),
        (
            [held("stop", "unknown", latched=False, when="hat.in8")],
            [],
            ["hat.in8: find out why it is unknown; see: headworks doctor"],
        ),
        ([held("door", "unknown", action="warn", latched=False)], [LOST], []),
        (
            [relay()],
            [board("safety", latches={"permit": "lease"})],
            ["safety.permit closes by itself, once the racks behind it are off"],
        ),
        (
            [relay()],
            [board("safety", latches={"permit": "lease"}, to_reset=["permit"])],
            ["headworks reset safety"],
        ),
        ([], [board("safety", "quarantined")], ["headworks reset safety"]),
    ],
)
def test_the_way_back_is_in_its_order(locks, boards, steps):
    """What is unknown, then what lasts, then the button or the resets, of the board first."""
    assert way_back(state(interlocks=locks, boards=boards)) == steps


def test_a_latched_rack_is_on_the_way_back():
    """Its own latch, by its own name."""
    assert way_lines(state(racks=[rack("a1", "faulted", latched=True)])) == [
        "way back: headworks reset a1"
    ]


def test_names_on_the_way_back_cannot_steer_a_terminal():
    """What a site file or a board calls itself is shown."""
    assert "\x1b" not in "".join(way_back(state(interlocks=[held("a\x1b[2J")])))


@pytest.mark.parametrize("width", [60, 80])
def test_the_live_view_shows_alarm_and_way_back_whole(width):
    """At 80 columns too, where they need more than one line."""
    shown = state(interlocks=[held(SMOKE)], alarms=[told(SMOKE)], boards=[OPENED])
    view = View()
    view.see(shown, "12:00")
    console = Console(width=width, height=40, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=40)
    lines = capture.get().splitlines()
    text = " ".join(" ".join(lines).split())
    assert "gone since 11:59; it waits for a reset." in text
    assert "way back 1: headworks reset safety" in text
    assert "way back 2: headworks reset safety-smoke" in text
    assert max(len(line) for line in lines) <= width


def test_many_alarms_do_not_push_the_way_back_off_the_screen():
    """On 24 lines: racks, some alarms and the number of the others, the way back and the hint."""
    many = [told(f"lock{n}", value=str(n)) for n in range(12)]
    shown = state(interlocks=[held(SMOKE)], alarms=many, boards=[OPENED])
    view = View("the first line\nthe last line")
    view.see(shown, "12:00")
    console = Console(width=80, height=24, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    for wanted in ("way back 1: headworks reset safety", "the first line", "the last line"):
        assert wanted in lines
    assert any(line.startswith("alarm lock0: ") for line in lines)
    shown_alarms = sum(line.startswith("alarm ") for line in lines)
    assert f"and {12 - shown_alarms} more" in lines
    assert sum(line.startswith("a") and "asic" in line for line in lines) >= 2


def test_a_start_that_is_blocked_by_what_is_unknown_says_so():
    """Not that something may not start, without why."""
    blocked = rack("a1", code="blocked", values={"interlock": "dew", "when": "air.dew_margin_k"})
    one = {"latched": False, "when": "air.dew_margin_k", "action": "block"}
    unknown = state(interlocks=[held("dew", "unknown", **one)], boards=[board("air")])
    assert "air.dew_margin_k is unknown" in why_now(unknown, blocked, "a1", dated=False)
    acts = state(interlocks=[held("dew", "cause", **one)])
    assert why_now(acts, blocked, "a1", dated=False).startswith("May not start: interlock dew")


def test_a_view_may_be_taller_than_the_terminal():
    """`status` prints all of it, whatever the terminal's height."""
    many = [told(f"lock{n}", value=str(n)) for n in range(6)]
    view = View()
    view.see(state(alarms=many), "12:00")
    console = Console(width=80, height=10, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=50)
    assert "alarm lock5" in capture.get()


def test_the_first_seconds_of_interlocks_share_a_line():
    """What has not been heard yet at a start is nothing to look into."""
    event = {"t_s": 1.0, "kind": "trip", "code": "unknown", "note": ""}
    events = [
        {**event, "source": n, "values": {"interlock": n, "when": f"x.{n}"}}
        for n in ("smoke", "leak")
    ]
    assert list(happenings(state(events=events, uptime_s=2.0))) == ["not heard yet: smoke, leak"]
    assert len(list(happenings(state(events=events, uptime_s=60.0)))) == 2


def test_what_was_held_back_is_counted():
    """A flickering input says how often, and no line for each."""
    values = {"interlock": SMOKE, "when": "safety.smoke", "value": "active"}
    events = [
        {"kind": "trip", "source": SMOKE, "code": "interlock", "values": values | more, "t_s": 1.0}
        for more in ({}, {"held_back": 493.0}, {"held_back": 0.0})
    ]
    once, often, none = happenings(state(events=events, uptime_s=900.0))
    assert often == f"{once} (and 493 more)"
    assert none == once
