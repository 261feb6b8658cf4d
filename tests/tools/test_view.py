"""The live view and its plain lines, drawn from a state as the socket gives it."""

import io

import pytest
from rich.console import Console

from headworks.faces.bars import bar, history
from headworks.faces.lines import alarm_lines, happenings, overview, past
from headworks.faces.live import View
from tools.states import limit, rack, state


def draw(shown: dict, width: int = 120, height: int = 40, ascii_only: bool = False) -> str:
    """The view as text without colours."""
    view = View("Ctrl-C ends", ascii_only)
    view.see(shown, "12:34")
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=height)
    return capture.get()


def draw_told(shown: dict, told: list[str]) -> str:
    """The view with lines of its own for the past."""
    view = View()
    view.see(shown, "", told)
    console = Console(width=100, height=40, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=40)
    return capture.get()


def test_everything_that_matters_is_on_the_screen():
    """Clock, feeders, envelope with its binding limit and every rack with its sentence show."""
    text = draw(state())
    for wanted in ("12:34", "tx1", "36 kW", "export", "row-a", "envelope", "144 kW", "healthy"):
        assert wanted in text
    rows = [line for line in text.splitlines() if line.startswith(("a1", "b9"))]
    assert ["running" in rows[0], "off" in rows[1]] == [True, True]
    assert all(len(row.split()) > 6 for row in rows), "each rack has a sentence"


def test_unknown_power_is_never_drawn_as_a_number():
    """A feeder whose meter is silent shows a question mark and why."""
    line = next(line for line in draw(state()).splitlines() if "row-b" in line)
    assert "? kW" in line
    assert "silent" in line


def test_alarms_and_ill_health_show():
    """An alarm is spelled out with its severity, and an unhealthy station says so."""
    alarm = {"source": "incomer", "severity": "alarm", "code": "stale", "values": {"age_s": 4.0}}
    text = draw(state(alarms=[alarm], healthy=False))
    assert "NOT HEALTHY" in text
    assert any(line.startswith("alarm incomer: ") for line in text.splitlines())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 30), (40, 12), (200, 60)])
def test_view_fits_the_terminal(width, height):
    """No line is wider and no picture higher than the terminal, whatever its size."""
    lines = draw(state(), width, height).splitlines()
    assert len(lines) <= height
    assert max(len(line.rstrip()) for line in lines) <= width


def test_more_racks_than_lines_are_counted():
    """Where not all racks fit, the view says how many are left out."""
    many = state(racks=[rack(f"r{n}") for n in range(64)])
    assert "and " in next(line for line in draw(many, 80, 24).splitlines() if "more" in line)


def test_ascii_terminal_gets_ascii():
    """A terminal without block characters gets none."""
    assert draw(state(), ascii_only=True).isascii()


def test_names_cannot_steer_the_terminal():
    """An escape sequence in a name or a note is shown, not obeyed."""
    evil = "\x1b[2J"
    shown = state(
        racks=[rack(f"a{evil}", note=evil)], site={"name": evil}, envelope=state()["envelope"]
    )
    assert "\x1b[2J" not in draw(shown)
    assert "\x1b" not in overview(shown | {"feeders": [state()["feeders"][0] | {"name": evil}]})


def test_overview_is_one_line():
    """The plain line carries feeder powers, envelope with binding limit, racks and alarms."""
    line = overview(state(), "12:34")
    assert line.startswith("12:34  tx1 36 kW export  row-a 108 kW import")
    assert "envelope 144 kW (surplus)" in line
    assert "racks 3/12 on, 108 kW" in line
    assert "row-b ? kW" in line


def test_events_become_sentences():
    """Each event of a state is one line with its source and what happened."""
    event = {
        "t_s": 1,
        "source": "a1",
        "kind": "start",
        "code": "starting",
        "values": {},
        "note": "",
    }
    lines = list(happenings(state(events=[event]), "12:34"))
    assert len(lines) == 1
    assert lines[0].startswith("12:34  a1: Starting")


def _event(source: str, kind: str, code: str, **values: object) -> dict:
    return {"t_s": 1, "source": source, "kind": kind, "code": code, "values": values, "note": ""}


def test_events_that_say_the_same_share_a_line():
    """Racks shed together are one line, and an alarm that ends does not read as one that lasts."""
    cause = {"deficit_kw": 40.0, "limit": "export", "source": "surplus"}
    events = [_event(name, "stop", "released") | {"values": cause} for name in ("a1", "a2", "g1")]
    over = _event("incomer", "alarm-end", "unknown", meter="incomer", quality="silent")
    shed, ended = happenings(state(events=[*events, over]))
    assert shed.startswith("a1, a2, g1: Switched off, since ")
    assert ended.startswith("alarm over, incomer (it was: Meter incomer does not answer")


def test_events_of_the_past_come_with_their_age():
    """Whoever asks once is not told that all happened now."""
    event = _event("a1", "stop", "operator-off", by="amina") | {"t_s": 25.0}
    assert list(past(state(events=[event]))) == [" 1 min 15 s ago  a1: Kept off by amina."]
    assert "no-time" in draw_told(state(events=[event]), ["no-time"])


def test_a_refused_order_does_not_read_as_done():
    """An order that was refused says so."""
    event = _event("a1", "refused", "nothing-to-do")
    assert next(happenings(state(events=[event]))).startswith("refused, a1: ")


def test_the_first_seconds_are_a_start_and_no_flood():
    """Devices not heard yet are listed in one line early on; later each is an alarm in full."""
    names = ("incomer", "meter-a", "permit")
    events = [_event(name, "alarm", "unknown", quality="never") for name in names]
    early, late = (
        list(happenings(state(events=events, uptime_s=uptime_s))) for uptime_s in (0.2, 60.0)
    )
    assert early == ["not heard yet: incomer, meter-a, permit"]
    assert [line.startswith("ALARM ") for line in late] == [True] * 3
    silent = _event("incomer", "alarm", "unknown", meter="incomer", quality="silent")
    assert next(happenings(state(events=[silent], uptime_s=0.2))).startswith("ALARM incomer: ")


def test_a_starting_station_is_never_called_healthy():
    """Before all is heard the view says that it starts; after ten seconds, that it is ill."""
    assert "starting up" in draw(state(healthy=False, uptime_s=1.0))
    assert "NOT HEALTHY" in draw(state(healthy=False, uptime_s=11.0))
    assert "healthy" not in draw(state(healthy=False, uptime_s=1.0)).lower()


def _alarm(source: str, severity: str, **values: object) -> dict:
    return {"source": source, "severity": severity, "code": "unknown", "values": values}


def test_alarms_that_say_the_same_share_a_line_and_the_gravest_come_first():
    """A silent meter is told once, with all that it affects, as grave as the gravest of them."""
    alarms = [
        _alarm("grid", "warning", meter="incomer", channel="frequency_hz"),
        _alarm("surplus", "warning", meter="incomer", quality="silent"),
        _alarm("incomer", "alarm", meter="incomer", quality="silent"),
    ]
    first, second = alarm_lines(state(alarms=alarms))
    assert first[0] == "alarm"
    assert first[1].startswith("surplus, incomer: Meter incomer does not answer")
    assert second[0] == "warning"
    assert "2 alarms" not in draw(state(alarms=alarms[:1]))
    assert "3 alarms" in draw(state(alarms=alarms))


def test_alarms_that_do_not_fit_are_counted():
    """No alarm is left out without a word."""
    alarms = [_alarm(f"m{n}", "alarm", meter=f"m{n}", quality="silent") for n in range(9)]
    assert "and 4 more" in draw(state(alarms=alarms))


def test_racks_that_need_a_person_stay_on_a_small_screen():
    """Where not all racks fit, faulted ones are shown and waiting ones are counted."""
    racks = [rack(f"r{n}") for n in range(20)] + [rack("z9", "faulted", "welded")]
    assert any(line.startswith("z9") for line in draw(state(racks=racks), 80, 24).splitlines())


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_binding_limit_is_a_whole_sentence(width):
    """At 80 columns and more, the sentence of the envelope is not cut."""
    binding = limit() | {"values": {"export_kw": -158.0, "own_kw": 288.0, "reserve_kw": 100.0}}
    text = draw(state(envelope=state()["envelope"] | {"binding": binding}), width)
    assert "Importing 158 kW, racks use 288 kW, reserve 100 kW." in text


def test_a_long_hint_wraps():
    """A command to be typed is never cut off."""
    view = View("Ctrl-C ends. " + " ".join(["word"] * 30) + " end", ascii_only=True)
    view.see(state())
    console = Console(width=80, height=24, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=24)
    assert " end" in capture.get()


@pytest.mark.parametrize("code", ["stale", "setpoint", "under-frequency", "no-signal", "new-code"])
def test_any_binding_limit_can_be_drawn(code):
    """The view draws whatever limit binds, even a code that is newer than itself."""
    binding = limit(kw=0.0, code=code) | {"values": {}}
    assert "envelope" in draw(state(envelope=state()["envelope"] | {"binding": binding, "kw": 0.0}))


@pytest.mark.parametrize(
    ("share", "text"), [(0, "····"), (0.5, "██··"), (1, "████"), (7, "████"), (-1, "····")]
)
def test_bar(share, text):
    """A bar shows its share and is cut at both ends."""
    assert bar(share, 4) == text


def test_history_squeezes_the_whole_past():
    """A long past is squeezed into the width, oldest on the left, and a short one is not spread."""
    assert history([0.0] * 50 + [10.0] * 50, 10.0, 4) == "▁▁██"
    assert history([0.0, 10.0], 10.0, 40) == "▁█"
    assert history([], 10.0, 40) == ""
