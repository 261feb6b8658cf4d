"""Other controllers' rules: each does what its publisher says, on the same racks as ours."""

import numpy as np
import pytest

from headworks.replay.compare import play, rivals
from headworks.replay.plant import PlantOptions
from headworks.replay.rivals import Evcc, OpenWb, Sight, Threshold
from headworks.replay.rivals_play import RivalRun
from replay.build import block, swell, twelve

OFF = [False, False, False]


def went(rule, grid_kw, on, seconds, own_kw=(0.0, 0.0, 0.0)):
    """When which loads changed, cycle by cycle, while the grid's power stays the same."""
    found, now = [], list(on)
    for n in range(int(seconds / rule.cycle_s) + 1):
        t_s = n * rule.cycle_s
        new = rule.decide(Sight(t_s, grid_kw, own_kw), now)
        found += [(t_s, i) for i, (a, b) in enumerate(zip(now, new, strict=True)) if a is not b]
        now = new
    return found


def test_evcc_takes_one_load_a_cycle():
    """Every load is looked at each third cycle; on a minute after its first look, off after three."""
    assert went(Evcc([36.0] * 3), -40.0, OFF, 150) == [(90.0, 0), (120.0, 1), (150.0, 2)]
    assert went(Evcc([36.0] * 3), 5.0, [True] * 3, 240) == [(180.0, 0), (210.0, 1), (240.0, 2)]
    assert went(Evcc([36.0] * 3), -30.0, OFF, 600) == []


def test_evcc_adds_a_loads_own_power():
    """What a load draws itself counts as its surplus."""
    rule = Evcc([36.0])
    assert went(rule, 0.0, [True], 900, own_kw=(36.0,)) == []


def test_openwb_waits_for_half_a_minute_and_a_minute():
    """On above its threshold for 30 s, as many as the surplus feeds; off below zero for 60 s."""
    assert went(OpenWb([36.0] * 3), -80.0, OFF, 30) == [(30.0, 0), (30.0, 1)]
    assert went(OpenWb([36.0] * 3), -39.0, OFF, 300) == []
    assert went(OpenWb([36.0] * 3), 5.0, [True] * 3, 60) == [(60.0, 2)]


def test_a_threshold_acts_at_once_and_then_leaves_a_load_alone():
    """On above a load's power and off at an import, each load at most once a minute."""
    rule = Threshold([36.0] * 3)
    assert went(rule, -40.0, OFF, 0) == [(0.0, 0)]
    assert rule.decide(Sight(30.0, 5.0, (0, 0, 0)), [True, False, False]) == [True, False, False]
    assert rule.decide(Sight(60.0, 5.0, (0, 0, 0)), [True, False, False]) == OFF


@pytest.mark.parametrize("kind", [Evcc, OpenWb, Threshold])
def test_rows_that_are_skipped_change_nothing(kind, monkeypatch):
    """Taking calm rows at once gives the figures of playing each cycle."""
    rng = np.random.default_rng(7)
    power = swell(14_400) + np.repeat(rng.normal(0.0, 25.0, 240), 60)

    def figures(calm):
        rule = kind([36.0] * 12)
        if not calm:
            monkeypatch.setattr(rule, "rest", lambda grid_kw, on: False)
        run = RivalRun(twelve(), rule, PlantOptions(ramp_s=30.0))
        for part in range(0, 14_400, 3600):
            run.play(block(power[part : part + 3600], start_s=float(part)))
        totals = run.finish()
        return totals.used_kwh, totals.imported_kwh, sum(r.switchings for r in totals.racks)

    skipped, each = figures(True), figures(False)
    assert skipped[0] == pytest.approx(each[0], rel=0.02)
    assert skipped[1] == pytest.approx(each[1], rel=0.15, abs=0.5)
    assert skipped[2] == pytest.approx(each[2], rel=0.15, abs=2)
    assert each[2] > 10


def test_all_play_the_same_surplus():
    """Every rival sees the same rows, so that the surplus is the same for all."""
    found = rivals(twelve(), PlantOptions())
    play([block(swell(7200))], found)
    assert len({round(one.run.finish().surplus_kwh, 6) for one in found}) == 1
    assert all(one.label.startswith("model of ") for one in found)
