"""A line is an order or a sentence about what may be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.faces.console.orders import (
    ENERGISES,
    ROLES,
    WORDS,
    OrderError,
    help_lines,
    parse,
)
from headworks.faces.people.roles import Role
from headworks.model.live import Action


@pytest.mark.parametrize(
    ("line", "action", "target", "note"),
    [
        ("rack a1 off", Action.OFF, "a1", ""), ("RACK a1 LOCK new fan", Action.LOCK, "a1", "new fan"),
        ("rack a1 auto", Action.AUTO, "a1", ""), ("ack incomer seen", Action.ACK, "incomer", "seen"),
        ("headworks reset smoke looked", Action.RESET, "smoke", "looked"),
        ("  rack   a1   unlock ", Action.UNLOCK, "a1", ""),
    ],
)  # fmt: skip
def test_what_acts(line: str, action: Action, target: str, note: str) -> None:
    """Capitals, blanks and the word headworks before it make no difference."""
    order = parse(line)
    assert (order.action, order.target, order.note) == (action, target, note)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rack", "write: rack RACK off|auto|lock|unlock [NOTE]"), ("rack a1", "write: rack RACK"),
        ("rack a1 up", "write: rack RACK"), ("rack off a1", "write: rack RACK"),
        ("racks a1", "write: racks"), ("why", "write: why RACK"), ("reset", "write: reset NAME"),
        ("rack a1 on", "write: rack a1 auto; it runs when there is surplus"),
        ("a1 off", "write: rack a1 off"), ("lock a1 new fan", "write: rack a1 lock"),
        ("off a1", "write: rack a1 off"), ("a1 on", "write: rack a1 auto"),
        ("pin bilal 482913", "write: pin [NAME]"),
        ("statos", "did you mean status?"), ("\N{REPLACEMENT CHARACTER}", "help lists the words"),
        ("headworks", "help lists the words"), (f"ack a1 {'x' * 201}", "longer than 200"),
        (f"reset {'x' * 65}", "at most 64"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(line: str, told: str) -> None:
    """With what may be written instead."""
    with pytest.raises(OrderError, match=r"\w") as caught:
        parse(line)
    assert told in str(caught.value)


@pytest.mark.parametrize("line", ["help rack", "help rack a1 off", "? RACK"])
def test_help_tells_of_one_word(line: str) -> None:
    """Whoever asks for a word gets that one alone, with what it takes."""
    told = help_lines(*parse(line).args[:1])
    assert told[0].startswith("rack RACK off|auto|lock|unlock")
    assert told[-1] == "* takes a PIN."
    assert len(told) == 3


@given(st.text(min_size=1, max_size=30).filter(str.strip))
def test_any_text_is_an_order_or_a_sentence(line: str) -> None:
    """Nothing else is raised, and only the three words that say so act."""
    try:
        order = parse(line)
    except OrderError:
        return
    assert (order.action is not None) == (order.word in ("rack", "ack", "reset"))


def test_whoever_may_take_power_away_may_not_give_it() -> None:
    """A technician may do what energises nothing; all else is confirmed and for operators."""
    assert ROLES.keys() == set(Action)
    assert {a for a, role in ROLES.items() if role is Role.TECHNICIAN} == set(Action) - set(
        ENERGISES
    )
    assert set(ENERGISES) == {Action.AUTO, Action.UNLOCK, Action.RESET}


def test_help_has_every_word_and_fits_the_screen() -> None:
    """On 80 columns and 24 lines."""
    lines = help_lines()
    assert [word for word in WORDS if not any(line.startswith(word) for line in lines)] == []
    assert max(map(len, lines)) < 80
    assert len(lines) < 22
