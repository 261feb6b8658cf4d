"""Columns by name with units: what is taken, and what is refused with which words."""

from pathlib import Path

import pytest

from headworks.replay.columns import find, parse_map
from headworks.replay.data_error import DataError

FILE = Path("a.csv")


def _columns(heading, *maps):
    place, columns = find(FILE, heading, dict(map(parse_map, maps)))
    return place, {column.channel: column for column in columns}


@pytest.mark.parametrize(
    ("heading", "maps", "factor"),
    [
        (["time", "grid_kw"], [], 1.0),
        (["time", "grid_w"], [], 1e-3),
        (["time", "Grid (MW)"], [], 1e3),
        (["time", "P [W]"], ["grid_kw=P [W]"], 1e-3),
        (["time", "P"], ["grid_kw=P:MW"], 1e3),
        (["time", "P"], ["grid_kw=P:kW*-0.5"], -0.5),
        (["time", "a:b*c"], ["grid_kw=a:b*c:W"], 1e-3),
    ],
)
def test_a_unit_comes_from_the_map_or_the_heading(heading, maps, factor):
    """A column becomes kW by the unit that the map or its own heading names."""
    place, found = _columns(heading, *maps)
    assert place == 0
    assert found["grid_kw"].factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("unit", "hours"),
    [("kWh", 0.0), ("kWh/15min", 0.25), ("Wh/h", 1.0), ("MWh/30min", 0.5), ("kW", None)],
)
def test_energy_of_an_interval_is_known_as_such(unit, hours):
    """kWh per interval is told apart from kW, with its length where the unit says it."""
    _, found = _columns(["time", "E"], f"load_kw=E:{unit}")
    assert found["load_kw"].hours == hours


def test_other_quantities_have_their_own_units():
    """Kelvin and kW/m² become °C and W/m²; columns of the site's own signals are taken by name."""
    _, found = _columns(
        ["time", "load_kw", "sun", "T", "limit:scada"],
        "irradiance_w_m2=sun:kW/m2",
        "temperature_c=T:K",
    )
    assert found["irradiance_w_m2"].factor == 1000.0
    assert found["temperature_c"].offset == pytest.approx(-273.15)
    assert found["limit:scada"].place == 4


@pytest.mark.parametrize(
    ("heading", "maps", "words"),
    [
        (["time", "P"], ["grid_kw=P"], "row 1: column 'P' does not say its unit; write --map"),
        (["time", "P"], ["grid_kw=Q:kW"], "no column 'Q' for grid_kw; there are 'time', 'P'"),
        (["time", "Power"], ["grid_kw=Powr:kW"], "did you mean 'Power'?"),
        (
            ["time", "P", "T"],
            ["grid_kw=P:kW", "temperature_c=T:kW"],
            "'kW' is no unit of temperature_c; write one of °c",
        ),
        (["time", "P (W)"], ["grid_kw=P (W):kW"], "is named in W and mapped in kW; the file mixes"),
        (["time", "P", "P"], ["grid_kw=P:kW"], "two columns are called 'P'; give each its own"),
        (
            ["when", "grid_kw"],
            [],
            "no column of times among 'when', 'grid_kw'; name it: --map time=",
        ),
        (["time", "x"], [], "no column gives grid_kw or load_kw; there are 'time', 'x'"),
        (["time", "grid_kw", "load_kw"], [], "both grid_kw and load_kw are there; map either"),
        (["time", "P"], ["grid=P"], "no channel 'grid'; did you mean grid_kw?"),
        (["time", "P"], ["P"], "write CHANNEL=COLUMN"),
        (["time", "P (mW)"], ["grid_kw=P (mW)"], "does not say its unit"),
    ],
)
def test_a_wrong_column_is_one_line_with_what_to_do(heading, maps, words):
    """Wrong, doubled, unit-less and contradictory columns are refused in one line."""
    with pytest.raises(DataError) as caught:
        _columns(heading, *maps)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
