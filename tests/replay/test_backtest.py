"""A backtest plays rows in a closed loop and adds up what the racks did."""

import numpy as np
import pytest

from headworks.replay.backtest import Backtest
from headworks.replay.rows import Row, RowsError, blocks
from replay.build import block, swell, twelve


def test_racks_follow_the_surplus_and_import_hardly_anything():
    """Racks start with the surplus, stop with it, and the energies add up."""
    run = Backtest(twelve())
    played = run.play(block(swell(8000)))
    totals = run.finish()
    assert 8 <= played.on.sum(axis=0).max() <= 12
    assert not played.on[:, -1].any()
    assert totals.surplus_kwh > 100.0
    assert totals.used_share > 0.5
    assert totals.imported_share < 0.02
    assert totals.used_kwh + totals.imported_kwh == pytest.approx(totals.racks_kwh)
    assert sum(one.energy_kwh for one in totals.racks) == pytest.approx(totals.racks_kwh)
    assert totals.grid_export_kwh - totals.grid_import_kwh == pytest.approx(
        -played.site_kw @ played.dt_s / 3600.0 - totals.racks_kwh
    )


def test_blocks_of_any_size_give_the_same():
    """Where a file is cut into blocks changes neither decisions nor totals."""
    whole, pieces = Backtest(twelve()), Backtest(twelve())
    rows = block(swell(3000))
    on = whole.play(rows).on
    parts = [Row(t, kw, wall) for t, kw, wall, _ in zip(*rows[:3], rows.t_s, strict=True)]
    found = [pieces.play(part).on for part in blocks(parts, 700)]
    assert np.array_equal(on, np.hstack(found))
    a, b = whole.finish(), pieces.finish()
    assert a.used_kwh == pytest.approx(b.used_kwh)
    assert (a.events, a.days, [r.starts for r in a.racks]) == (
        b.events,
        b.days,
        [r.starts for r in b.racks],
    )


def test_unknown_power_is_off_and_counts_as_unknown():
    """While the point of connection is not known no rack runs, and no energy of it is counted."""
    site_kw = np.full(2000, -500.0)
    site_kw[1000:] = np.nan
    run = Backtest(twelve())
    played = run.play(block(site_kw))
    assert played.on[:, 999].all()
    assert not played.on[:, 1000:].any()
    assert run.finish().unknown_s == 1000.0


def test_a_gap_between_rows_is_a_time_with_stale_meters():
    """Racks that ran before a gap are off after it, and the gap counts as unknown."""
    run = Backtest(twelve())
    assert run.play(block(np.full(500, -500.0))).on[:, -1].all()
    played = run.play(block(np.full(20, -500.0), start_s=2000.0))
    assert not played.on[:, 0].any()
    totals = run.finish()
    assert (totals.gaps, totals.unknown_s) == (1, 2000.0 - 499.0)


def test_rows_that_go_back_are_named():
    """A time that does not follow is refused with its row, and nothing of the block is played."""
    rows = block(np.zeros(10))
    rows.t_s[6] = 2.0
    run = Backtest(twelve())
    with pytest.raises(RowsError, match="row 7: time 2 s does not follow 5 s"):
        run.play(rows)
    assert run.finish().rows == 0


def test_a_column_of_no_use_is_refused_with_those_that_are():
    """A column that the site cannot use is a mistake and is said with what there may be."""
    with pytest.raises(RowsError, match=r"'limit:scada'.*frequency_hz"):
        Backtest(twelve()).play(block(np.zeros(3), **{"limit:scada": 5.0}))
