"""Which slot starts, and what counts as a failed start."""

from headworks_fw.loader import choose


def test_three_failures_lead_to_the_other_slot_and_three_more_to_safe_mode():
    """And where even that fails, the other slot's safe mode, and in the end the prompt."""
    modes = [choose(tries, "a", True) for tries in range(13)]
    assert modes[:3] == [("a", "run")] * 3
    assert modes[3:6] == [("b", "run")] * 3
    assert modes[6:9] == [("a", "safe")] * 3
    assert modes[9:12] == [("b", "safe")] * 3
    assert modes[12] == ("a", "repl")


def test_without_another_slot_safe_mode_comes_at_once():
    """A board that was flashed once has nothing to go back to."""
    modes = [choose(tries, "b", False) for tries in range(10)]
    assert modes[:3] == [("b", "run")] * 3
    assert modes[3:9] == [("b", "safe")] * 6
    assert modes[9] == ("b", "repl")
