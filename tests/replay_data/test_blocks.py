"""From moments to the rows that are played: interpolation, holding, unknown, net power."""

from datetime import UTC, datetime, timedelta
from math import isnan

import numpy as np
import pytest

from headworks.replay.columns import parse_map
from headworks.replay.data import DataWish, open_data
from headworks.replay.data_blocks import Pace, Supply, blocks, generation_kw
from headworks.replay.data_clouds import Cloud, Sky
from headworks.replay.data_error import DataError
from headworks.replay.data_fit import fitting
from headworks.replay.data_times import zone
from headworks.sim.plant.weather import pv_kw
from replay.build import twelve
from replay_data.test_data import minutes, written


def played(path, pace, supply=Supply(), maps=(), **wish):  # noqa: B008
    """All rows of a file in one block's form."""
    with open_data(DataWish(path, dict(map(parse_map, maps)), **wish)) as data:
        found = list(blocks(data, pace, supply))
    return (np.concatenate([b.t_s for b in found]), np.concatenate([b.site_kw for b in found]),
            [len(b.t_s) for b in found])  # fmt: skip


def test_rows_run_in_a_line_or_are_held(tmp_path):
    """Between the file's rows a value runs in a line, or is held; the last row is played too."""
    path = written(tmp_path, minutes((0, 0), (1, 60), (2, 0)))
    t_s, kw, _ = played(path, Pace(10.0))
    assert kw.tolist() == [0, 10, 20, 30, 40, 50, 60, 50, 40, 30, 20, 10, 0]
    assert np.diff(t_s).tolist() == [10.0] * 12
    assert played(path, Pace(20.0, line=False))[1].tolist() == [0, 0, 0, 60, 60, 60, 0]
    assert played(path, Pace(0.0))[1].tolist() == [0, 60, 0]


def test_no_line_runs_through_what_is_unknown(tmp_path):
    """In a gap the value is held for the hold time and unknown after it, never interpolated."""
    path = written(tmp_path, minutes((0, 0), (1, 60), (2, 120), (6, 360), (7, 420)))
    _, kw, _ = played(path, Pace(30.0), hold_s=90.0)
    assert kw[:5].tolist() == [0, 30, 60, 90, 120]
    assert kw[5:7].tolist() == [120, 120]
    assert all(isnan(value) for value in kw[7:12])
    assert kw[12:].tolist() == [360, 390, 420]


def test_blocks_of_a_long_file_are_small_and_join(tmp_path):
    """Rows do not depend on where blocks end, and no block grows with the file."""
    path = written(tmp_path, minutes(*((n, n % 7) for n in range(2000))))
    t_s, kw, sizes = played(path, Pace(1.0))
    assert max(sizes) <= 16_384
    assert len(sizes) > 5
    assert (np.diff(t_s) == 1.0).all()
    begin = t_s[0]
    whole = np.interp(t_s, begin + 60.0 * np.arange(2000), np.arange(2000) % 7)
    assert np.allclose(kw, whole)
    assert np.array_equal(played(path, Pace(0.0))[1], np.arange(2000) % 7)


def test_generation_agrees_with_the_simulator():
    """Photovoltaic output of many rows is that of the simulator for each."""
    sun = np.array([-5.0, 0.0, 300.0, 800.0, 1200.0])
    air = np.array([-10.0, 5.0, 25.0, 40.0, 60.0])
    wanted = [pv_kw(900.0, s, a) for s, a in zip(sun, air, strict=True)]
    assert np.allclose(generation_kw(900.0, sun, air), wanted)
    assert isnan(generation_kw(900.0, np.array([np.nan]), air[:1])[0])


def test_net_power_is_load_less_generation(tmp_path):
    """Load, measured generation and irradiance make the power at the point of connection."""
    text = "time,load_kw,pv_kw,sun\n2017-06-01 00:00,100,30,1000\n2017-06-01 00:01,100,30,\n"
    maps = ("irradiance_w_m2=sun:W/m2",)
    _, kw, _ = played(written(tmp_path, text), Pace(0.0), Supply(50.0), maps, hold_s=0.0)
    assert kw[0] == pytest.approx(100 - 30 - pv_kw(50.0, 1000.0, 25.0))
    assert isnan(kw[1])


def _fit(path, *maps, **wish):
    with open_data(DataWish(path, dict(map(parse_map, maps)), **wish)) as data:
        return list(fitting(twelve(), blocks(data, Pace(0.0), Supply()), data))


def test_a_file_of_another_site_is_refused(tmp_path):
    """Columns that the site has nothing for, and powers beyond any rating, name row and way out."""
    path = written(tmp_path, minutes((0, 1), (1, 2), (2, 900_000)))
    with pytest.raises(DataError, match=r"row 4: 900,000 kW .* wrong or mixed units, or a file of"):
        _fit(path)
    start = datetime(2017, 6, 1, tzinfo=UTC)
    rows = "\n".join(f"{start + timedelta(minutes=n):%Y-%m-%d %H:%M},1,5" for n in range(3))
    path = written(tmp_path, f"time,grid_kw,limit:dam\n{rows}\n")
    with pytest.raises(DataError, match=r"row 1: site .* has nothing for column 'limit:dam'"):
        _fit(path)


def test_clean_rows_taken_at_once_are_those_taken_one_by_one(tmp_path):
    """Reading many rows at once gives what reading each gives, around gaps and clock changes too."""
    start = datetime(2017, 10, 28, tzinfo=UTC)
    berlin = zone("Europe/Berlin")
    minute = [n for n in range(12_000) if not 700 < n < 900 and n != 7000]
    rows = [
        f"{(start + timedelta(minutes=n)).astimezone(berlin):%Y-%m-%d %H:%M:%S},"
        f"{'' if n == 9999 else n % 97 / 7}"
        for n in minute
    ]
    path = written(tmp_path, "time,grid_kw\n" + "\n".join(rows) + "\n")
    wish = DataWish(path, {}, "Europe/Berlin")
    with open_data(wish) as data:
        one_by_one = [(m.t_s, m.values[0]) for m in data.moments()]
        wanted = data.told
    with open_data(wish) as data:
        pieces = list(data.pieces())
        assert data.told == wanted
    assert max(len(t_s) for t_s, _ in pieces) > 4000
    found = [
        (t, None if isnan(v) else v)
        for t_s, values in pieces
        for t, v in zip(t_s.tolist(), values[:, 0].tolist(), strict=True)
    ]
    assert found == one_by_one
    assert wanted.gaps == 2


def test_made_up_clouds_only_take_light_and_are_the_same_again(tmp_path):
    """Clouds leave a share of the light, another one each day, the same for the same seed."""
    t_s = np.arange(3 * 86_400.0)
    share = Sky(1).share(t_s)
    assert share.min() >= 0.15
    assert share.max() == 1.0
    assert np.array_equal(share, Sky(1).share(t_s))
    assert np.array_equal(share[80_000:100_000], Sky(1).share(t_s[80_000:100_000]))
    assert not np.array_equal(share[:86_400], share[86_400 : 2 * 86_400])
    assert not np.array_equal(share, Sky(2).share(t_s))
    text = "time,load_kw,pv_kw\n2017-06-01 00:00,100,30\n2017-06-01 00:01,100,30\n"
    _, kw, _ = played(written(tmp_path, text), Pace(1.0), Supply(sky=Sky(1)))
    assert np.allclose(100.0 - kw, 30.0 * Sky(1).share(1496275200.0 + np.arange(61)))


def test_the_share_that_is_done_rises_to_one(tmp_path):
    """A progress bar moves with the rows that were played, not with those that were read ahead."""
    path = written(tmp_path, minutes(*((n, n % 7) for n in range(6000))))
    with open_data(DataWish(path, {})) as data:
        shares = [data.share_at(b.t_s[-1]) for b in blocks(data, Pace(60.0), Supply())]
        done = data.share_at(data.told.last_s)
    assert sorted(shares) == shares
    assert shares[0] < 0.5
    assert done == 1.0


def test_a_cloud_takes_its_share_of_the_generation(tmp_path):
    """A cloud takes its share of what is generated, from its begin until before its end."""
    path = written(tmp_path, minutes(*((n, 100) for n in range(4))).replace("grid", "pv"))
    begin = played(path, Pace(60.0))[0][0]
    clouds = Cloud(begin + 60.0, begin + 180.0, 0.75), Cloud(begin + 120.0, begin + 130.0, 0.5)
    kw = played(path, Pace(60.0), Supply(clouds=clouds))[1]
    assert kw.tolist() == [-100.0, -25.0, -12.5, -100.0]
