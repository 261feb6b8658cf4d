"""The live view and its plain lines, drawn from a state as the socket gives it."""

import io

import pytest
from rich.console import Console

from headworks.faces.bars import bar, history
from headworks.faces.lines import happenings, overview
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
    assert any(line.startswith("alarm:") and "incomer" in line for line in text.splitlines())


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
    assert line.startswith("12:34  tx1 -36 kW")
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
    assert lines[0].startswith("12:34  a1 start: ")


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
