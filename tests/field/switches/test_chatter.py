"""Contacts that never come to rest: what they say counts for nothing."""

import pytest

from headworks.field.switches.debounce import CHATTER_S, Debounce


def edges(held: Debounce, start_s: float, for_s: float, every_s: float) -> float:
    """Edges one after another; the time of the last."""
    t_s, raw = start_s, True
    while t_s < start_s + for_s:
        held.edge(raw, t_s)
        raw, t_s = not raw, t_s + every_s
    return t_s - every_s


@pytest.mark.parametrize(
    ("for_s", "every_s", "chatters"),
    [
        (0.2, 0.01, False),  # an ordinary bounce
        (CHATTER_S + 0.1, 0.01, True),
        (10.0, 0.04, True),
        (10.0, 0.06, False),  # each state lasts longer than it must
    ],
)
def test_a_contact_that_never_rests_is_told(for_s: float, every_s: float, chatters: bool) -> None:
    """Edges closer than the debounce time for more than a second: the input says nothing."""
    held = Debounce(0.05)
    last_s = edges(held, 100.0, for_s, every_s)
    assert held.chatters(last_s) is chatters


def test_after_a_rest_the_contact_counts_again() -> None:
    """One debounce time without an edge, and the state that lasted is the state."""
    held = Debounce(0.05)
    last_s = edges(held, 100.0, 3.0, 0.01)
    assert held.chatters(last_s)
    held.see(True, last_s + 0.01)
    assert held.see(True, last_s + 0.07)
    assert not held.chatters(last_s + 0.07)


def test_without_a_debounce_time_nothing_chatters() -> None:
    """A contact that is taken at its word, edge by edge, is never called restless."""
    held = Debounce(0.0)
    assert not held.chatters(edges(held, 100.0, 3.0, 0.01))
