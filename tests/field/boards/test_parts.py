"""The clock's mapping, commands one at a time, frame numbers, leases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.boards.talks import Talk
from headworks.field.boards.clock import TickClock
from headworks.field.boards.doing import LONGEST_QUEUE, TRIES, TRY_S, Doing, Outcome, Wish
from headworks.field.boards.leases import RENEW_S, Lease, for_persons


@given(
    st.integers(0, (1 << 30) - 1),
    st.lists(
        st.tuples(st.floats(0.5, 500.0), st.floats(0.0, 0.4), st.floats(0.0, 1.0)), min_size=1
    ),
    st.floats(-100e-6, 100e-6),
)
def test_times_are_right_within_the_round_trip_and_the_drift(start, answers, drift):
    """Over wraps of the counter, slow answers and crystals that run away."""
    clock, host_s = TickClock(30), 1000.0

    def ticks(at_s: float) -> int:
        return (start + round((at_s - 1000.0) * 1000 * (1 + drift))) % (1 << 30)

    best = 0.4
    for pause_s, trip_s, share in answers:
        host_s += pause_s
        best = min(best + 300e-6 * pause_s, trip_s / 2)
        clock.answered(host_s, host_s + trip_s, ticks(host_s + share * trip_s))
        host_s += trip_s
        best += 300e-6 * trip_s
        told_s = clock.host_s(ticks(host_s - 0.3), host_s)
        assert told_s is not None
        assert told_s == pytest.approx(host_s - 0.3, abs=best + 0.003)
        assert told_s <= host_s


def test_no_sample_comes_from_the_future():
    """A counter ahead of its mapping is now, not later."""
    clock = TickClock(30)
    clock.answered(10.0, 10.1, 1000)
    assert clock.host_s(9000, 11.0) == 11.0


class Desk:
    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.done: list[tuple[str, Outcome]] = []
        self.doing = Doing(self.sent.append, 41)

    def want(self, name: str, t_s: float, **how: bool) -> Wish:
        return self.doing.want(
            {"c": name}, t_s, lambda outcome: self.done.append((name, outcome)), **how
        )


def test_commands_go_one_at_a_time_with_growing_ids():
    """The second waits for the first one's answer."""
    desk = Desk()
    desk.want("one", 0.0)
    desk.want("two", 0.0)
    assert [sent["i"] for sent in desk.sent] == [42]
    desk.doing.line({"i": 42, "k": 1, "s": "b"})
    desk.doing.line({"i": 42, "k": 0, "s": "a"})
    desk.doing.line({"i": 7, "k": 0, "s": "of another"})
    desk.doing.answer(True, {"i": 42}, 0.1)
    assert desk.done == [("one", Outcome(True, lines=("a", "b")))]
    assert [sent["i"] for sent in desk.sent] == [42, 43]


def test_a_command_is_asked_three_times_and_then_not_known():
    """With the same id, so that the board does it once at most."""
    desk = Desk()
    desk.want("one", 0.0)
    for n in range(1, TRIES + 1):
        desk.doing.tick(n * TRY_S)
    assert [sent["i"] for sent in desk.sent] == [42] * TRIES
    (_, outcome), *_ = desk.done
    assert (outcome.ok, outcome.known) == (False, False)
    assert "not known" in outcome.text


def test_a_late_answer_is_not_anothers():
    """The answer to a command that was given up counts for nothing."""
    desk = Desk()
    desk.want("one", 0.0)
    for n in range(1, TRIES + 1):
        desk.doing.tick(n * TRY_S)
    desk.want("two", 2.0)
    desk.doing.answer(True, {"i": 42}, 2.1)
    assert [name for name, _ in desk.done] == ["one"]


def test_what_is_withdrawn_while_it_waits_is_never_asked():
    """Its asker was told that it failed, and so it was not done and never is."""
    desk = Desk()
    desk.want("one", 0.0)
    two = desk.want("two", 0.0)
    desk.doing.withdraw(two, 0.1)
    desk.doing.answer(True, {"i": 42}, 0.2)
    assert [sent["c"] for sent in desk.sent] == ["one"]
    assert [(name, outcome.ok, outcome.known) for name, outcome in desk.done] == [
        ("two", False, True), ("one", True, True)
    ]  # fmt: skip
    desk.doing.withdraw(two, 0.3)
    assert len(desk.done) == 2


def test_what_is_withdrawn_under_way_is_not_known_and_not_asked_again():
    """It may have been done; no retry does it later, and the next one goes."""
    desk = Desk()
    one = desk.want("one", 0.0)
    desk.want("two", 0.0)
    desk.doing.withdraw(one, 0.1)
    desk.doing.tick(TRY_S + 0.1)
    assert [sent["c"] for sent in desk.sent] == ["one", "two", "two"]
    (_, outcome), *_ = desk.done
    assert (outcome.ok, outcome.known) == (False, False)


def test_what_takes_power_away_goes_first():
    """It overtakes what waits and what is under way; that one is not known."""
    desk = Desk()
    desk.want("long", 0.0)
    desk.want("later", 0.0)
    desk.want("off", 0.1, first=True)
    assert desk.sent[-1]["c"] == "off"
    assert [(name, outcome.known) for name, outcome in desk.done] == [("long", False)]


def test_the_queue_has_an_end_and_a_lost_board_answers_all():
    """Too many are refused; when the board goes, nobody waits for ever."""
    desk = Desk()
    for n in range(LONGEST_QUEUE + 2):
        desk.want(str(n), 0.0)
    assert [outcome.code for _, outcome in desk.done] == ["busy"]
    desk.doing.gone()
    assert len(desk.done) == LONGEST_QUEUE + 2
    assert desk.doing.is_idle


_ANY = ("i", "o", "by", "bt")


class Relay:
    """A lease on the bench, with what it asks of the board."""

    def __init__(self) -> None:
        self.talk = Talk().ready().status()
        self.lease = Lease(self.talk.session, "permit", 1.0)

    def scan(self, granted: bool = True, open_zone: bool = True) -> list[dict[str, object]]:
        self.talk.sent.clear()
        self.lease.scanned(self.talk.t_s, granted=granted, zone_is_open=open_zone)
        asked = self.talk.asked("do")
        for fields in asked:
            self.talk.say("ok", i=fields["i"])
        self.talk.wait(RENEW_S)
        return [{k: v for k, v in fields.items() if k not in _ANY} for fields in asked]


ON = {"c": "out", "on": 1, "ms": 5000, "rn": 0}
RENEW = {**ON, "rn": 1}
OFF = {"c": "out", "on": 0}


def test_a_lease_is_renewed_by_scans_alone():
    """One a scan, no more often than it is wanted; without scans nothing is sent."""
    relay = Relay()
    assert relay.scan() == [ON]
    relay.talk.status(on=1)
    assert relay.scan(open_zone=False) == [RENEW]
    relay.talk.wait(-RENEW_S)
    assert relay.scan() == []
    relay.talk.sent.clear()
    relay.talk.pass_s(3)
    assert relay.talk.asked("do") == []


def test_an_open_relay_closes_only_while_its_racks_are_off():
    """Else their contactors would close on to a running load."""
    relay = Relay()
    assert relay.scan(open_zone=False) == []
    assert relay.scan(open_zone=True) == [ON]


def test_what_is_not_granted_is_opened_at_once():
    """Before anything else that waits for the board."""
    relay = Relay()
    relay.scan()
    relay.talk.status(on=1).wait(RENEW_S)
    assert relay.scan(granted=False) == [OFF]


def test_what_may_still_close_it_is_overtaken_by_an_off():
    """Also before the board has said that it is on; it is not asked to close again."""
    relay = Relay()
    relay.talk.sent.clear()
    relay.lease.scanned(relay.talk.t_s, granted=True, zone_is_open=True)
    assert relay.talk.asked("do")[-1]["on"] == 1
    relay.lease.scanned(relay.talk.t_s, granted=False, zone_is_open=True)
    assert relay.talk.asked("do")[-1]["on"] == 0
    relay.talk.pass_s(3)
    assert [fields["on"] for fields in relay.talk.asked("do")].count(1) == 1
    assert relay.scan(granted=False) == []


def test_a_busy_console_keeps_no_lease_from_its_renewal():
    """It comes after the line that is under way and before all others, once for each time."""
    relay = Relay()
    relay.talk.status(on=1)
    doing = relay.talk.session.doing
    for n in range(8):
        doing.want({"c": "con", "l": f"line {n}"}, relay.talk.t_s)
    relay.talk.sent.clear()
    for _ in range(3):
        relay.lease.scanned(relay.talk.t_s, granted=True, zone_is_open=False)
        relay.talk.wait(RENEW_S)
    for _ in range(3):
        relay.talk.say("ok", i=doing._id)
    asked = relay.talk.asked("do")
    assert [fields.get("l", fields.get("rn")) for fields in asked] == [1, "line 1", "line 2"]


@pytest.mark.parametrize(("granted", "open_zone"), [(False, True), (True, False)])
def test_a_close_that_waits_behind_a_console_ends_with_its_permit(granted, open_zone):
    """It has not been sent yet; after the permit it never is."""
    relay = Relay()
    doing = relay.talk.session.doing
    doing.want({"c": "con", "l": "selftest"}, relay.talk.t_s)
    relay.lease.scanned(relay.talk.t_s, granted=True, zone_is_open=True)
    relay.talk.wait(RENEW_S).sent.clear()
    relay.lease.scanned(relay.talk.t_s, granted=granted, zone_is_open=open_zone)
    for _ in range(3):
        relay.talk.say("ok", i=doing._id)
    assert [fields["on"] for fields in relay.talk.asked("do")] == ([] if granted else [0])


def test_an_off_lets_nothing_else_go_first():
    """It takes the place of a close that is under way; what waits is asked after it, and once."""
    relay = Relay()
    doing = relay.talk.session.doing
    relay.lease.scanned(relay.talk.t_s, granted=True, zone_is_open=True)
    doing.want({"c": "con", "l": "info"}, relay.talk.t_s)
    relay.talk.sent.clear()
    relay.lease.scanned(relay.talk.t_s, granted=False, zone_is_open=True)
    relay.talk.say("ok", i=doing._id)
    assert [fields["c"] for fields in relay.talk.asked("do")] == ["out", "con"]


def test_nothing_is_renewed_at_a_board_that_has_just_started():
    """What its last start said of its relay is no longer true."""
    relay = Relay()
    relay.talk.status(on=1)
    assert relay.scan(open_zone=False) == [RENEW]
    relay.talk.boot = "1badcafe"
    relay.talk.hello().beat()
    assert relay.scan(open_zone=False) == []
    relay.talk.status(on=0)
    assert relay.scan(open_zone=False) == []
    assert relay.scan() == [ON]


def test_a_lease_that_ended_is_armed_by_the_host_and_a_trip_is_not():
    """And only while the racks behind it are off; a trip is for a person."""
    relay = Relay()
    relay.talk.status(0, "lease")
    assert relay.scan(open_zone=False) == []
    assert relay.scan() == [{"c": "arm", "l": "lease"}]
    relay.talk.status(0, "smoke")
    assert relay.scan() == []


@pytest.mark.parametrize("protocol", ["1.0", "1.", "1.x", "1"])
def test_a_board_that_would_clear_any_latch_is_armed_by_persons_alone(protocol):
    """It knows no name of a latch: what the host means as a lease's end may be smoke by now."""
    relay = Relay()
    relay.talk.hello(p=protocol).status(0, "lease")
    assert relay.scan() == []
    assert for_persons(relay.talk.session) == ("permit",)
    relay.talk.hello(p="1.1")
    assert for_persons(relay.talk.session) == ()
    relay.talk.status(0, "smoke")
    assert for_persons(relay.talk.session) == ("permit",)


def test_a_command_says_by_when_a_board_must_have_begun_it():
    """Before the host gives it up or its asker has gone, in the board's counter, over its wrap."""
    relay = Relay()
    relay.talk.sent.clear()
    relay.talk.session.doing.want({"c": "arm"}, relay.talk.t_s)
    first = relay.talk.ticks
    relay.talk.pass_s(TRIES * TRY_S)
    assert [fields["by"] - first for fields in relay.talk.asked("do")] == [
        pytest.approx(1000 * TRIES * TRY_S, abs=10)
    ] * TRIES
    relay.talk.session.doing.want({"c": "arm"}, relay.talk.t_s, until_s=relay.talk.t_s + 0.3)
    assert relay.talk.asked("do")[-1]["by"] == pytest.approx(relay.talk.ticks + 300, abs=10)
    talk = Talk().open().hello()
    talk.session.doing.want({"c": "arm"}, talk.t_s)
    assert "by" not in talk.asked("do")[-1]
    clock = TickClock(30)
    clock.answered(10.0, 10.0, (1 << 30) - 500)
    assert clock.ticks(11.0) == 500


def test_a_command_says_for_which_start_of_a_board_it_is_meant():
    """So that one that lay in a buffer while it restarted does nothing after that."""
    talk = Talk().open()
    talk.session.doing.want({"c": "arm"}, talk.t_s)
    assert "bt" not in talk.asked("do")[-1]
    for talk.boot in ("0badcafe", "feedf00d"):
        talk.hello()
        talk.session.doing.want({"c": "arm"}, talk.t_s)
        assert talk.asked("do")[-1]["bt"] == talk.boot


@pytest.mark.parametrize(("granted", "open_zone"), [(False, True), (True, False)])
def test_a_permit_that_ends_takes_an_arm_back(granted, open_zone):
    """It was lost on its way; no retry clears what latches after the permit."""
    relay = Relay()
    relay.talk.status(0, "lease").sent.clear()
    relay.lease.scanned(relay.talk.t_s, granted=True, zone_is_open=True)
    assert [fields["c"] for fields in relay.talk.asked("do")] == ["arm"]
    relay.lease.scanned(relay.talk.t_s + 0.1, granted=granted, zone_is_open=open_zone)
    relay.talk.pass_s(3)
    assert [fields["c"] for fields in relay.talk.asked("do")] == ["arm"]


def test_nothing_is_asked_of_a_board_that_does_not_run():
    """Not introduced, refused, lost: no lease."""
    relay = Relay()
    relay.talk.session.closed(relay.talk.t_s, "gone")
    assert relay.scan() == []
    relay.talk.ready()
    assert relay.talk.asked("do") == []
