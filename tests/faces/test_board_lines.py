"""How sensor boards stand in the status and in the live view."""

import io

import pytest
from rich.console import Console

from headworks.faces.board_lines import board_lines, boards_word, link_lines, readable
from headworks.faces.live import View
from tools.states import state


def board(name: str, word: str = "runs", **channels: dict) -> dict:
    """A board as the socket gives it."""
    cause = "" if word == "runs" else "silent for more than 5 s; check its cable"
    return {"name": name, "state": word, "cause": cause, "age_s": 2.0, "channels": channels}


def seen(value: object, quality: str = "good", cause: str = "") -> dict:
    return {"value": value, "quality": quality, "age_s": 1.0, "cause": cause}


def test_each_board_has_a_line_with_what_it_sees():
    """Numbers, contacts, and for what is not known the reason."""
    air = board("air", intake_c=seen(24.53), smoke=seen(True), x_c=seen(None, "error", "CRC"))
    (line,) = board_lines(state(boards=[air]))
    assert line == "board air runs, heard 2 s ago: intake_c 24.5, smoke on, x_c ? (CRC)"


def test_a_board_that_does_not_run_says_why_and_shows_no_value():
    """What it saw before is of no use."""
    lost = board("air", "lost", intake_c=seen(None, "silent"))
    assert list(board_lines(state(boards=[lost]))) == [
        "board air lost: silent for more than 5 s; check its cable"
    ]


def test_a_site_without_boards_has_no_line_for_them():
    """Nor has a state that does not know of them."""
    assert list(board_lines(state())) == []
    assert boards_word(state(boards=[])) == ""


def test_the_live_view_has_one_line_for_all_boards():
    """With the state of each; names cannot steer the terminal."""
    view = View()
    view.see(state(boards=[board("air"), board("wind\x1b[2J", "lost")]))
    console = Console(width=120, height=40, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view, height=40)
    text = capture.get()
    assert "boards: air runs, wind" in text
    assert "\x1b[2J" not in text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("dew_margin_k             9.640000000000001", "dew_margin_k             9.64"),
        ("x -0.30000000000000004, y 0.00012345", "x -0.3, y 0.00012"),
        ("least free heap 21120 bytes", "least free heap 21.1 kB"),
        ("free flash 1441792 bytes", "free flash 1.4 MB"),
        ("free flash 244440936448 bytes", "free flash 244 GB"),
        ("free flash 999999 bytes", "free flash 1.0 MB"),
        ("free 512 bytes", "free 512 bytes"),
        ("firmware   0.2.0", "firmware   0.2.0"),
        ("at 10.0000.1.2, a1.00001b", "at 10.0000.1.2, a1.00001b"),
        ("fan1_rpm 1500, read 719 ms ago", "fan1_rpm 1500, read 719 ms ago"),
    ],
)
def test_numbers_of_a_board_are_shown_as_people_write_them(raw, shown):
    """No noise of floats, no counting of digits; addresses, versions and the rest stay."""
    assert readable(raw) == shown


def test_the_station_s_count_of_a_link():
    """CRC errors, gaps, retries and reconnects; the first opening of a port is no reconnect."""
    counts = {"crc_errors": 3, "lost_frames": 2, "retries": 1, "reconnects": 5, "restarts": 0}
    lines = list(link_lines({"counters": counts}))
    assert lines[1:5] == ["CRC errors 3", "gaps 2 frames", "retries 1", "reconnects 4"]
    assert "reconnects 0" in link_lines({"counters": {**counts, "reconnects": 0}})
