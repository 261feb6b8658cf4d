"""What must become of a sensor board's fault, judged by what is true in the plant and on the board."""

from typing import Any

from endtoend.expect import HOLD_S, SEE_S, _in_time, _inject, _switchings, all_off
from endtoend.play import RACKS, Look, Play, started_in_order

BACK_S = 12.0  # a board's start, its greeting, and all racks one after another


def board(look: Look, name: str) -> Any:
    """A board as it truly is."""
    return next(b for b in look.truth["boards"] if b["name"] == name)


def seen(look: Look, name: str) -> Any:
    """A board as the station sees it."""
    return next(b for b in look.state["boards"] if b["name"] == name)


def permit(look: Look) -> bool:
    """Whether the permissive relay is truly closed."""
    return bool(board(look, "safety")["on"]["permit"])


def told(look: Look, source: str) -> bool:
    """Whether an alarm of this source stands."""
    return bool(look.codes(source))


def off_and_told(play: Play, row: Any) -> None:
    """Every rack off in time, kept off, and an alarm says why."""
    all_off(play, row)
    play.until(lambda look: bool(look.alarms()), SEE_S, "it is told")


def relay_opens(play: Play, row: Any) -> None:
    """The board drives nothing any more: its relay is open, and every rack is told off in time."""
    since = _inject(play, row)
    play.until(lambda look: not permit(look), row.within_s + SEE_S, "the relay is open")
    play.until(lambda look: not look.told_on(), row.within_s + SEE_S, "all told off")
    _in_time(play.last, since, set(RACKS), row.within_s)
    play.until(lambda look: bool(look.alarms()), SEE_S, "it is told")


def crashed(play: Play, row: Any) -> None:
    """Its relay opens, it restarts, and every rack comes back without a person."""
    play.command("reset", row.target)  # a person has looked: earlier restarts count no more
    before = board(play.last, row.target)["starts"]
    relay_opens(play, row)
    play.until(lambda look: board(look, row.target)["starts"] == before + 1, SEE_S, "it restarts")
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")
    assert board(play.last, row.target)["starts"] == before + 1, "one crash, one restart"


def hung(play: Play, row: Any) -> None:
    """Its relay stays as it was, so the station takes the racks off; the watchdog ends it."""
    play.command("reset", row.target)
    all_off(play, row)
    play.until(lambda look: board(look, row.target)["ends"].get("watchdog"), 10.0, "it is bitten")
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")


def boot_loop(play: Play, row: Any) -> None:
    """In its safe mode it drives nothing; flashed again, every rack comes back."""
    play.command("reset", row.target)
    relay_opens(play, row)
    play.until(lambda look: seen(look, row.target)["state"] == "safe-mode", 3 * SEE_S, "safe mode")
    play.always(lambda look: not look.told_on() and not permit(look), 1.0, "all stays off")
    play.crew.clear(row.fault, row.target)
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")


def quarantined(play: Play, row: Any) -> None:
    """Restarts again and again, and it is left alone, its values unknown, until a person looks."""
    play.command("reset", row.target)
    for _ in range(4):
        _restarted(play, row)
        if seen(play.last, row.target)["state"] == "quarantined":
            break
    play.until(lambda look: seen(look, row.target)["state"] == "quarantined", SEE_S, "left alone")
    play.always(lambda look: not look.told_on(), 3.0, "all stays off")
    play.command("reset", row.target)
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")


def _restarted(play: Play, row: Any) -> None:
    """One crash, and one power-up, without which the loader would go to its safe mode."""
    name, starts = row.target, board(play.last, row.target)["starts"]
    counted = _counted(play.last, name)
    _inject(play, row)
    play.until(lambda look: _counted(look, name) > counted, 2 * SEE_S, "it restarts, as is seen")
    play.crew.clear(row.fault, name)
    play.crew.inject("board-unplugged", name, for_s=0.3)
    play.until(lambda look: board(look, name)["starts"] == starts + 2, SEE_S, "it is plugged in")
    play.until(lambda look: seen(look, name)["state"] in ("runs", "quarantined"), BACK_S, "seen")


def _counted(look: Look, name: str) -> int:
    """The restarts that the station has seen."""
    return int(seen(look, name)["counters"]["restarts"])


def smoke(play: Play, row: Any) -> None:
    """All off, the relay open by the board's own rule; the button at the container clears both."""
    all_off(play, row)
    play.until(lambda look: not permit(look), 0.5, "the board itself opens its relay")
    play.crew.clear(row.fault, row.target)
    play.always(lambda look: not look.told_on() and not permit(look), 1.0, "latched")
    assert play.refused("reset", "safety-smoke")
    play.press()
    play.until(lambda look: not look.codes("safety-smoke"), SEE_S, "the station's latch is gone")
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")


def too_hot(play: Play, row: Any) -> None:
    """All off and latched; cool again, still off; after a reset the racks come back one by one."""
    all_off(play, row)
    play.until(lambda look: told(look, "air-intake-trip"), SEE_S, "it is told")
    play.crew.clear(row.fault)
    play.always(lambda look: not look.told_on(), 3.0, "latched, though it has cooled")
    play.command("reset", "air-intake-trip")
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "all racks are back")
    started_in_order(play.last, RACKS)


def no_start(play: Play, row: Any) -> None:
    """Racks that run go on; a rack that is off does not start before the air is dry again."""
    play.command("off", "a1")
    play.until(lambda look: not look.true_rack("a1")["told"], SEE_S, "off by order")
    _inject(play, row)
    play.until(lambda look: told(look, "air-humid"), 2 * SEE_S, "it is told")
    play.command("auto", "a1")
    play.always(lambda look: look.told_on() == set(RACKS) - {"a1"}, 1.0, "no start")
    play.crew.clear(row.fault)
    play.until(lambda look: look.drawing() == set(RACKS), BACK_S, "it starts")


def warned(play: Play, row: Any) -> None:
    """An alarm and nothing else."""
    before = play.last.truth
    _inject(play, row)
    play.until(lambda look: told(look, "safety-door"), SEE_S, "it is told")
    play.always(
        lambda look: _switchings(look.truth) == _switchings(before), HOLD_S, "nothing moves"
    )
