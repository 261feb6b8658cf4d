"""What must become of a fault: one function an expectation, judged by what is true in the plant."""

from typing import Any

from endtoend.crew import DEADMAN_S
from endtoend.play import RACKS, Look, Play

ROW_A, BOX = {"a1", "a2", "a3"}, {"g1", "g2"}
HOLD_S = 0.3  # a state that must last is looked at for so long
SEE_S = 3.0  # for the station's own word of it
UNHEARD_S = 3.0  # the grace of offs that a latching board has not confirmed
RESTORE_S = 1.0


def all_off(play: Play, row: Any) -> None:
    """Every rack truly off in time, kept off, with the cause told."""
    _off(play, row, set(RACKS))


def row_off(play: Play, row: Any) -> None:
    """The racks behind this meter off in time; the others never move."""
    _off(play, row, ROW_A)


def _off(play: Play, row: Any, names: set[str]) -> None:
    since = _inject(play, row)
    others = set(RACKS) - names
    # A board's own relay takes the power before the station has told the racks off.
    play.until(
        lambda look: not (look.drawing() | look.told_on()) & names,
        row.within_s + SEE_S,
        f"{names} off",
    )
    _in_time(play.last, since, names, row.within_s)
    if row.quality:
        play.until(lambda look: _told(look, row), SEE_S, "the meter is alarmed with its cause")
    play.always(lambda look: look.told_on() == others, HOLD_S, f"only {others or 'nothing'} is on")


def _told(look: Look, row: Any) -> bool:
    bad = look.meter(row.target)["quality"] in row.quality.split()
    return bad and bool(look.codes(row.target)) and bool(look.meter(row.target)["cause"])


def _inject(play: Play, row: Any) -> float:
    return play.crew.inject(row.fault, row.target, row.value)


def _in_time(look: Look, since: float, names: set[str], within_s: float) -> None:
    took = {name: round(look.told_s(name) - since, 3) for name in sorted(names)}
    assert max(took.values()) <= within_s, f"told off after {took} s, {within_s:.2f} s allowed"


def rides_through(play: Play, row: Any) -> None:
    """No rack moves and no reading is lost."""
    before = play.last.truth
    _inject(play, row)
    play.always(
        lambda look: (
            all(m["quality"] == "good" for m in look.state["meters"])
            and _switchings(look.truth) == _switchings(before)
            and not look.alarms()
        ),
        0.8,
        "nothing moves and every reading is good",
    )


def _switchings(truth: dict[str, Any]) -> list[int]:
    return [rack["switchings"] for rack in truth["racks"]]


def contended(play: Play, row: Any) -> None:
    """Another master on the bus: the reading is not used, and the cause says who disturbs."""
    row_off(play, row)
    assert "another master" in play.last.meter(row.target)["cause"]


def lies_unnoticed(play: Play, row: Any) -> None:
    """Values that are old but move cannot be told from true ones; nothing may start on them."""
    play.honest = False
    before = play.last.truth
    _inject(play, row)
    play.always(
        lambda look: sum(_switchings(look.truth)) == sum(_switchings(before)), 0.8, "nothing starts"
    )


def flipped(play: Play, row: Any) -> None:
    """Export looks like import: all off, and they stay off."""
    play.honest = False
    all_off(play, row)


def spike_starts_nothing(play: Play, row: Any) -> None:
    """With too little surplus for a rack and one reading in five ten times as high: all stay off."""
    play.crew.inject("load-step", value=262.0)
    play.until(lambda look: not look.told_on(), SEE_S, "too little surplus for any rack")
    play.until(
        lambda look: 5.0 < look.truth["surplus_kw"] < 36.0 and not look.drawing(), SEE_S, "a little"
    )
    play.honest = False
    _inject(play, row)
    play.until(lambda look: look.meter("incomer")["power_kw"] < -60.0, SEE_S, "a spike is read")
    spikes = 0
    while spikes < 4:
        look = play.look()
        spikes += look.meter("incomer")["power_kw"] < -60.0
        assert not look.told_on(), f"a spike started a rack\n  {look.brief()}"


def frequency_lost(play: Play, row: Any) -> None:
    """Power is there and frequency is not: zero surplus, told as unknown."""
    since = _inject(play, row)
    play.until(lambda look: not look.drawing(), SEE_S, "all off")
    _in_time(play.last, since, set(RACKS), row.within_s)
    play.until(lambda look: "unknown" in look.codes("grid"), SEE_S, "it is told")
    play.always(lambda look: look.meter("incomer")["frequency_hz"] is None, HOLD_S, "no default")
    assert not play.last.told_on()


def rack_meter_lies(play: Play, row: Any) -> None:
    """A rack's own meter is not believed: the rack counts at its rating, and an alarm lasts."""
    play.honest = False
    _inject(play, row)
    play.until(
        lambda look: (
            look.rack("g1")["power_kw"] + look.rack("g1")["claim_kw"] >= 36.0
            and (
                look.meter("meter-g1")["quality"] != "good"
                or look.meter("meter-g1")["power_kw"] < 0
            )
        ),
        SEE_S,
        "g1 counts at its rating",
    )
    play.always(
        lambda look: look.rack("g1")["power_kw"] + look.rack("g1")["claim_kw"] >= 36.0,
        HOLD_S,
        "g1 is never taken for idle",
    )


def welded(play: Play, row: Any) -> None:
    """Told off, it stays closed: latched, the breaker above opens, and no scan closes it again."""
    name = row.target
    _inject(play, row)
    play.command("off", name)
    play.until(lambda look: "welded" in look.codes(name), SEE_S, "latched as welded")
    play.until(lambda look: look.truth["breaker_open"], SEE_S, "the breaker above opens")
    play.until(lambda look: not look.drawing(), SEE_S, "no power any more")
    play.command("auto", name)
    play.always(
        lambda look: not look.true_rack(name)["told"] and look.rack(name)["state"] == "faulted",
        HOLD_S,
        "never told on again",
    )
    _refused_reset(play, name)
    play.crew.clear("weld", name)
    play.until(lambda look: not look.true_rack(name)["closed"], SEE_S, "it opens at last")
    play.always(lambda look: not look.true_rack(name)["told"], HOLD_S, "still wants a person")


def _refused_reset(play: Play, name: str) -> None:
    """No reset while the cause lasts."""
    assert play.refused("reset", name) == "cause-stays"
    play.always(lambda look: look.rack(name)["state"] == "faulted", 0.3, "the latch holds")


def fails_to_close(play: Play, row: Any) -> None:
    """One retry as configured, then faulted; the others run on; a reset starts afresh."""
    name = row.target
    play.command("off", name)
    play.until(lambda look: not look.true_rack(name)["closed"], SEE_S, "off by order")
    play.until(lambda look: look.rack(name)["state"] == "off", SEE_S, "seen off")
    before = play.last.rack(name)["switchings"]
    _inject(play, row)
    play.command("auto", name)
    play.until(lambda look: look.rack(name)["state"] == "faulted", 2 * SEE_S, "faulted")
    assert play.last.rack(name)["switchings"] - before == 2, "a try and one retry"
    assert play.last.codes(name) == {"fails-to-close"}
    play.always(
        lambda look: look.told_on() == set(RACKS) - {name}, 1.2, "no more tries, others run"
    )
    play.crew.clear(row.fault, name)
    play.command("reset", name)
    play.until(lambda look: look.true_rack(name)["power_kw"] > 30.0, 2 * SEE_S, "a reset works")


def chatters(play: Play, row: Any) -> None:
    """Latched within a few changes, told off, and no person needed to stop it."""
    name = row.target
    since = _inject(play, row)
    play.until(lambda look: "chatter" in look.codes(name), SEE_S, "latched")
    play.until(lambda look: not look.drawing() & {name}, SEE_S, "off")
    _in_time(play.last, since, {name}, row.within_s)
    play.always(lambda look: look.told_on() == set(RACKS) - {name}, HOLD_S, "off, others run")


def aux_blind(play: Play, row: Any) -> None:
    """Nothing shows that it opened, so it counts as welded and the breaker above opens."""
    _inject(play, row)
    play.command("off", row.target)
    play.until(lambda look: "welded" in look.codes(row.target), SEE_S, "latched as welded")
    play.until(lambda look: look.truth["breaker_open"], SEE_S, "upstream")


def aux_metered(play: Play, row: Any) -> None:
    """The meter shows that it opened: a feedback fault, latched, and no upstream trip."""
    _inject(play, row)
    play.command("off", row.target)
    play.until(lambda look: "readback" in look.codes(row.target), SEE_S, "latched as feedback")
    play.always(
        lambda look: not look.truth["breaker_open"] and look.drawing() == set(RACKS) - {row.target},
        HOLD_S,
        "the others run on",
    )


def deaf_box(play: Play, row: Any) -> None:
    """The contact opens, the board does not obey: dead-man or breaker take the power away."""
    since = _inject(play, row)
    play.crew.inject("contact-open", "permit")
    play.until(lambda look: not look.drawing(), UNHEARD_S + DEADMAN_S + SEE_S, "no power left")
    _gone_in(play, since, UNHEARD_S + DEADMAN_S + 1.0)
    play.until(lambda look: look.codes("g1") & {"welded", "readback"}, SEE_S, "latched")


def deaf_hat(play: Play, row: Any) -> None:
    """The dead-man output is on the deaf board: its contactor opens by itself."""
    since = _inject(play, row)
    play.until(lambda look: not look.drawing(), DEADMAN_S + SEE_S, "no power left")
    _gone_in(play, since, DEADMAN_S + 0.5)


def silent_box(play: Play, row: Any) -> None:
    """Its racks are lost: told off, and unheard, so that the dead-man contactor opens."""
    since = _inject(play, row)
    play.until(lambda look: not look.rack("g1")["on"], SEE_S, "g1 is told off")
    play.until(lambda look: "feedback-lost" in look.codes("g1"), SEE_S, "it is told")
    play.until(lambda look: not look.drawing(), 2 * UNHEARD_S + DEADMAN_S + SEE_S, "no power left")
    _gone_in(play, since, 2 * UNHEARD_S + DEADMAN_S + 1.0)
    play.until(lambda look: "deadman-held" in look.codes("station"), 2 * SEE_S, "it is told why")


def _gone_in(play: Play, since: float, within_s: float) -> None:
    now = play.last.truth["started_s"] + play.last.truth["t_s"]
    assert now - since <= within_s, f"power was there for {now - since:.2f} s"


def emergency_stop(play: Play, row: Any) -> None:
    """All off at once, off when the button is released, on only after a reset."""
    all_off(play, row)
    play.until(lambda look: look.codes("emergency-stop") == {"interlock"}, SEE_S, "told")
    play.crew.clear(row.fault, row.target)
    play.always(lambda look: not look.told_on(), HOLD_S, "latched")
    assert {rack["state"] for rack in play.last.state["racks"]} == {"tripped"}


def under_frequency(play: Play, row: Any) -> None:
    """Off within the delay; back only after the frequency has been well for `restore_s`."""
    all_off(play, row)
    play.until(lambda look: "under-frequency" in look.codes("grid"), SEE_S, "told")
    play.crew.clear(row.fault)
    cleared = play.crew.truth()
    play.until(lambda look: look.told_on(), RESTORE_S + SEE_S, "racks come back")
    first = min(play.last.told_s(name) for name in play.last.told_on())
    waited_s = first - cleared["started_s"] - cleared["t_s"]
    assert waited_s >= RESTORE_S - 0.15, f"came back after {waited_s:.2f} s"


def deficit(play: Play, row: Any) -> None:
    """Some racks go in time, those that stay fit the true surplus, and nobody flaps."""
    since = _inject(play, row)
    play.until(lambda look: look.told_on() != set(RACKS), SEE_S, "a rack is shed")
    play.until(_fits, SEE_S, "what is left fits")
    gone = set(RACKS) - play.last.told_on()
    _in_time(play.last, since, gone, row.within_s)
    assert play.last.told_on() >= BOX, "the important racks stay"
    before = _switchings(play.last.truth)
    play.always(lambda look: _fits(look) and _switchings(look.truth) == before, 1.0, "it stays so")


def _fits(look: Look) -> bool:
    return look.truth["racks_kw"] <= look.truth["surplus_kw"]
