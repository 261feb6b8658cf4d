"""Histories of a spoilt line: bytes flipped, lines lost, doubled and out of order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field.boards.talks import Talk
from headworks.model.live import Quality
from headworks_fw.wire import Frame, Reader, encode

SPOILS = st.one_of(
    st.just(("good",)),
    st.just(("lost",)),
    st.just(("doubled",)),
    st.just(("late",)),
    st.tuples(st.just("flipped"), st.integers(0, 300), st.integers(1, 255)),
    st.tuples(st.just("cut"), st.integers(0, 300)),
    st.tuples(st.just("noise"), st.binary(max_size=40)),
)
STEP_S = 0.25


class Wire:
    """Lines of a board on their way; what comes out of it is fed to the session as bytes."""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.reader, self.late = talk, Reader(), b""

    def carry(self, line: bytes, spoil: tuple) -> None:
        kind, *more = spoil
        held, self.late = self.late, b""
        if kind == "late":
            self.late, line = line, b""
        elif kind == "flipped":
            at = more[0] % len(line)
            line = line[:at] + bytes([line[at] ^ more[1]]) + line[at + 1 :]
        elif kind == "cut":
            line = line[: more[0] % len(line)]
        elif kind == "noise":
            line = more[0] + line
        copies = {"lost": 0, "doubled": 2}.get(kind, 1)
        items = self.reader.feed(line * copies + held)
        self.talk.session.received(items, self.talk.t_s)


@settings(max_examples=150, deadline=None)
@given(st.lists(SPOILS, min_size=1, max_size=40))
def test_a_spoilt_line_never_makes_a_wrong_value_or_a_wrong_age(spoils):
    """Every good value is one that the board sampled, with that sample's time, and none goes back."""
    talk = Talk().ready()
    wire, taken_s, last = Wire(talk), {}, -1.0
    for number, spoil in enumerate(spoils):
        talk.wait(STEP_S)
        taken_s[float(number)] = talk.t_s
        fields = {"q": number, "m": talk.ticks, "v": {"fan1_rpm": number}, "f": {}}
        wire.carry(encode("t", fields), spoil)
        talk.wait(STEP_S / 2)
        talk.session.tick(talk.t_s)
        seen = talk.seen("fan1_rpm")
        if seen.quality is Quality.GOOD:
            assert seen.t_s == pytest.approx(taken_s[seen.value], abs=0.02)
            assert seen.t_s <= talk.t_s
            assert seen.value >= last
            last = seen.value


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(SPOILS, st.booleans()), min_size=1, max_size=30))
def test_a_short_alarm_on_a_spoilt_line_is_seen_once_it_is_heard(history):
    """The board repeats its event until it is acknowledged, and that is never before a scan saw it."""
    talk = Talk().ready()
    wire, pressed, saw = Wire(talk), talk.ticks, False
    for q, (spoil, scans) in enumerate(history):
        talk.wait(STEP_S)
        if not talk.asked("ack"):
            wire.carry(encode("ev", {"e": 1, "m": pressed, "c": "smoke", "on": 1}), spoil)
        wire.carry(encode("t", {"q": q, "m": talk.ticks, "v": {"smoke": 0}, "f": {}}), ("good",))
        if scans:
            observations = dict(talk.session.readings.seen)
            saw = saw or observations["safety.smoke"].value is True
            talk.session.scanned(observations)
        assert bool(talk.asked("ack")) <= saw


def test_a_newer_sample_does_not_hide_a_short_alarm():
    """The event is older than the sample that overtook it, and is seen at once all the same."""
    talk = Talk().ready()
    pressed = talk.ticks
    talk.wait(0.5).readings(smoke=0)
    talk.say("ev", e=3, m=pressed, c="smoke", on=1)
    assert talk.seen("smoke").value is True
    assert talk.seen("smoke").t_s <= talk.t_s


def test_nobody_is_heard_at_a_closed_port():
    """What was on its way when it closed changes nothing."""
    talk = Talk().ready()
    talk.session.closed(talk.t_s, "gone")
    talk.hello().session.received([Frame("st", 0, {"q": 9})], talk.t_s)
    assert talk.session.cause == "gone"


@pytest.mark.parametrize(("after_s", "word"), [(1.0, "runs"), (3.5, "stale"), (5.5, "lost")])
def test_silence_is_stale_and_then_lost(after_s, word):
    """People see it at three seconds; at five nothing is known any more."""
    talk = Talk().ready().status().pass_s(after_s)
    assert talk.session.view().state_at(talk.t_s).value == word
