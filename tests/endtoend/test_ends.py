"""Processes that die: what is left on in the plant, and how the station comes back."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from endtoend.crew import DEADMAN_S, Crew, Json, Line
from endtoend.expect import BOX, ROW_A
from endtoend.play import RACKS, Play

SLACK_S = 0.4
HEARTBEAT_S = 2.0  # of site.toml
LEASE_S = 5.0  # of boards/sensor/pico-safety.toml, the longest there is


def until_true(crew: Crew, what: Callable[[Json], Any], within_s: float) -> float:
    """Wait until something is true in the plant; when it was first seen, monotonic."""
    end_s = time.monotonic() + within_s
    while not what(truth := crew.truth()):
        assert time.monotonic() < end_s, truth["racks"]
        time.sleep(0.005)
    return float(truth["started_s"] + truth["t_s"])


def until_said(crew: Crew, what: Callable[[Json], Any], within_s: float = 5.0) -> Json:
    """Wait until the station says something; nobody knows the truth. That state."""
    line, end_s = Line(crew.socket), time.monotonic() + within_s
    try:
        state = line.subscribe()
        while not what(state):
            assert time.monotonic() < end_s, state
            state = line.state()
        return state
    finally:
        line.close()


def closed(truth: Json) -> set[str]:
    return {rack["name"] for rack in truth["racks"] if rack["closed"]}


def drawing(truth: Json) -> set[str]:
    return {rack["name"] for rack in truth["racks"] if rack["power_kw"] > 0.0}


def permit(truth: Json) -> bool:
    """Whether the permissive relay of the board is truly closed."""
    safety = next(board for board in truth["boards"] if board["name"] == "safety")
    return bool(safety["on"]["permit"])


def told(truth: Json) -> set[str]:
    return {rack["name"] for rack in truth["racks"] if rack["told"]}


def start_again(crew: Crew, play: Play) -> None:
    """Station and master run again, and the play watches the new station."""
    crew.start_station()
    crew.start_master()
    play.rejoin()


def test_killed_station(crew: Crew, play: Play) -> None:
    """SIGKILL: pins fall back and their racks open at once; the dead-man takes the coils' power."""
    gone = crew.kill("station")
    seen = until_true(crew, lambda truth: not closed(truth) & ROW_A, 2.0)
    assert seen - gone < SLACK_S
    seen = until_true(crew, lambda truth: not drawing(truth), DEADMAN_S + 2.0)
    assert seen - gone < DEADMAN_S + SLACK_S
    assert closed(crew.truth()) == BOX, "a latching board keeps its coils"
    start_again(crew, play)


def test_killed_station_on_a_kernel_that_keeps_outputs(crew: Crew, play: Play) -> None:
    """SIGKILL where pins stay driven: the dead-man contactor takes all power; a latch survives."""
    crew.inject("chatter", "g2")
    play.until(lambda look: look.rack("g2")["state"] == "faulted", 3.0, "g2 has latched")
    crew.clear("chatter")
    crew.inject("persist-outputs")
    gone = crew.kill("station")
    seen = until_true(crew, lambda truth: not drawing(truth), DEADMAN_S + 2.0)
    assert seen - gone < DEADMAN_S + SLACK_S
    assert closed(crew.truth()) >= ROW_A
    start_again(crew, play)
    play.until(lambda look: look.told_on() == set(RACKS) - {"g2"}, 5.0, "the others are back")
    assert play.last.rack("g2")["state"] == "faulted"
    assert play.last.rack("g2")["code"] == "chatter"


def test_killed_station_and_a_dead_man_that_sticks(crew: Crew, play: Play) -> None:
    """What stayed on through both failures is opened before anything else by the next start."""
    crew.inject("deadman-stuck")
    crew.kill("station")
    until_true(crew, lambda truth: drawing(truth) == BOX, 2.0)
    killed = crew.truth()
    start_again(crew, play)
    play.until(lambda look: look.told_on() == set(RACKS), 5.0, "all racks run again")
    opened = {name: play.last.true_rack(name)["switchings"] for name in BOX}
    before = {r["name"]: r["switchings"] for r in killed["racks"]}
    assert opened == {name: before[name] + 1 for name in BOX}, "opened, and closed again"


def test_killed_station_and_its_permissive_relay(crew: Crew, play: Play) -> None:
    """SIGKILL: the board opens its relay when its lease is over, and latches; it all comes back."""
    gone = crew.kill("station")
    seen = until_true(crew, lambda truth: not permit(truth), LEASE_S + 2.0)
    assert seen - gone < LEASE_S + SLACK_S
    assert not any(rack["permitted"] for rack in crew.truth()["racks"])
    start_again(crew, play)
    play.until(lambda look: look.told_on() == set(RACKS), 8.0, "all racks run again")


def test_terminated_station(crew: Crew, play: Play) -> None:
    """SIGTERM: every contactor is truly open when the process has ended, by the station's order."""
    before = crew.truth()
    assert crew.terminate("station") == 0
    after = crew.truth()
    assert told(after) == set()
    times = {rack["name"]: rack["told_s"] for rack in after["racks"]}
    assert max(times[name] for name in ROW_A) < min(times[name] for name in BOX)
    assert min(times.values()) > before["started_s"] + before["t_s"]
    until_true(crew, lambda truth: not closed(truth), 1.0)
    until_true(crew, lambda truth: not permit(truth), 1.0)
    start_again(crew, play)


@pytest.mark.parametrize(("kw", "racks"), [("80", 2), ("0", 0)])
def test_setpoint_binds(crew: Crew, play: Play, kw: str, racks: int) -> None:
    """A lower order sheds down to it, and zero is zero watts, not "no limit"."""
    crew.start_master(kw)
    play.until(lambda look: len(look.told_on()) == racks, 4.0, f"{kw} kW")
    play.until(lambda look: look.truth["racks_kw"] <= float(kw), 1.0, "truly below")
    play.always(lambda look: len(look.told_on()) == racks, 0.4, "it stays so")
    crew.start_master()


def test_setpoint_expires(crew: Crew, play: Play) -> None:
    """An order whose validity has run out is zero watts, though the master still beats."""
    crew.start_master(valid_s=1)
    ended_s = time.monotonic() + 1.0  # by then; racks that the change of masters took off may run
    play.until(lambda look: look.state["t_s"] > ended_s and not look.drawing(), 4.0, "expired")
    play.until(lambda look: look.codes("scada"), 1.0, "it is told")
    play.always(lambda look: not look.told_on(), 0.4, "a heartbeat renews nothing")
    crew.start_master()


def test_setpoint_without_heartbeat(crew: Crew, play: Play) -> None:
    """A master that has died orders nothing: all off when its heartbeat has stood still."""
    gone = crew.kill("master")
    play.until(lambda look: not look.drawing(), HEARTBEAT_S + 2.0, "off")
    last = max(play.last.told_s(name) for name in RACKS)
    assert last - gone < HEARTBEAT_S + 0.2 + SLACK_S
    crew.start_master()


def test_killed_simulator(crew: Crew, play: Play) -> None:
    """Everything outside goes at once: the station sheds all, says so, and lives on."""
    gone = crew.kill("sim")
    state = until_said(crew, lambda state: not any(rack["on"] for rack in state["racks"]))
    assert state["t_s"] - gone < 0.6 + 0.2 + SLACK_S
    meters = {meter.name for meter in crew.site.meters}
    until_said(crew, lambda state: meters <= {alarm["source"] for alarm in state["alarms"]})
    assert crew.alive("station")
    crew.start_sim()
    crew.terminate("station")
    start_again(crew, play)
