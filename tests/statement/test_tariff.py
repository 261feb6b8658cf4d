"""What energy costs: periods of a week, lines that add up, baseline and incremental units."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.model.tariff import Tariff, TariffPeriod
from headworks.statement.model import StatementError
from headworks.statement.price import cost, period_at
from statement.sample import LENGTH_S, STARTS, TARIFF, ZONE, row

NIGHT = TariffPeriod("night", 10.0, start_min=22 * 60, end_min=6 * 60)
SUNDAY = TariffPeriod("sunday", 5.0, days=(6,), start_min=8 * 60, end_min=20 * 60)
WINTER = TariffPeriod("winter", 40.0, months=(12, 1), start_min=20 * 60, end_min=22 * 60)
REST = TariffPeriod("day", 30.0, rest=True)
MIXED = Tariff("PKR", (REST, NIGHT, SUNDAY, WINTER))


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ("2026-11-02T21:59", "day"),
        ("2026-11-02T22:00", "night"),
        ("2026-11-03T05:59", "night"),
        ("2026-11-03T06:00", "day"),
        ("2026-11-01T08:00", "sunday"),  # a Sunday
        ("2026-11-01T19:59", "sunday"),
        ("2026-11-02T08:00", "day"),
        ("2026-12-02T21:00", "winter"),
        ("2026-11-30T21:00", "day"),
    ],
)
def test_the_period_of_an_hour(when, name):
    """A period holds from its first minute to before its last, in its days and months."""
    assert period_at(MIXED, datetime.fromisoformat(when)).name == name


@given(st.integers(0, 366 * 96), st.integers(0, 95), st.integers(1, 95), st.sets(st.integers(0, 6)))
def test_a_period_is_what_a_walk_through_its_hours_finds(quarter, start, length, days):
    """Days are those on which a period begins, also where it ends next day."""
    end = (start + length) % 96
    period = TariffPeriod(
        "p", 1.0, days=tuple(sorted(days)), start_min=start * 15, end_min=end * 15 or 24 * 60
    )
    when = datetime(2026, 1, 1) + timedelta(minutes=15 * quarter)  # noqa: DTZ001
    begin = when - timedelta(minutes=(when.hour * 60 + when.minute - start * 15) % (24 * 60))
    inside = when - begin < timedelta(minutes=15 * length) and begin.weekday() in days
    found = period_at(Tariff("PKR", (period, REST)), when)
    assert (found.name == "p") == inside


def test_an_hour_without_a_price_is_an_error():
    """A tariff that leaves an hour out is told with that hour."""
    with pytest.raises(StatementError, match="prices 2026-11-02 12:00; add"):
        period_at(Tariff("PKR", (NIGHT,)), datetime(2026, 11, 2, 12))  # noqa: DTZ001


@given(st.lists(st.tuples(st.integers(0, 300_000), st.booleans()), max_size=96))
def test_lines_add_up_to_the_known_import_and_to_the_total(found):
    """Energy by line is the known import, the total is the sum of the lines, to the last digit."""
    rows = [
        row(start, import_wh=wh if known else None, baseline_wh=None, incremental_wh=None)
        for start, (wh, known) in zip(STARTS, found, strict=False)
    ]
    priced = cost(TARIFF, ZONE, LENGTH_S, rows)
    assert sum(line.energy_wh for line in priced.lines) == sum(wh for wh, known in found if known)
    assert Decimal(priced.total) == sum(Decimal(line.amount) for line in priced.lines)
    assert priced.uncosted == sum(not known for _, known in found)


def test_incremental_units_have_their_own_price():
    """Units above the baseline cost the incremental price; without one, that of the hour."""
    peak = STARTS.start + 18 * 3600
    rows = [row(peak, import_wh=10_000, baseline_wh=6_000, incremental_wh=4_000)]
    lines = cost(TARIFF, ZONE, LENGTH_S, rows).lines
    assert [(line.kind, line.per_kwh, line.amount) for line in lines] == [
        ("baseline", "41.58", "249.48"),
        ("incremental", "22.98", "91.92"),
    ]
    plain = Tariff("PKR", TARIFF.periods)
    assert [line.per_kwh for line in cost(plain, ZONE, LENGTH_S, rows).lines] == ["41.58"] * 2


@pytest.mark.parametrize(
    ("currency", "amount"), [("PKR", "0.02"), ("JPY", "0"), ("KWD", "0.025"), ("EUR", "0.02")]
)
def test_amounts_have_the_digits_of_their_currency(currency, amount):
    """Half a digit is rounded to the even one, once a line."""
    tariff = Tariff(currency, (TariffPeriod("all", 0.5, rest=True),))
    rows = [row(STARTS.start, import_wh=50, baseline_wh=None, incremental_wh=None)]
    assert cost(tariff, ZONE, LENGTH_S, rows).lines[0].amount == amount


def test_export_is_credited():
    """With a price for export its line is negative and the total less."""
    tariff = Tariff("PKR", (REST,), export_per_kwh=10.0)
    rows = [
        row(STARTS.start, import_wh=1000, export_wh=2000, baseline_wh=None, incremental_wh=None)
    ]
    found = cost(tariff, ZONE, LENGTH_S, rows)
    assert [line.amount for line in found.lines] == ["30.00", "-20.00"]
    assert found.total == "10.00"


def test_a_credit_that_changes_within_a_month():
    """Each day's export has its own price, that of the tariff, or none: then it has no line."""

    def day(name, price, first, last=""):
        return TariffPeriod(name, 30.0, rest=True, first_date=first, last_date=last,
                            export_per_kwh=price)  # fmt: skip

    old, new = day("old", None, "", "2026-11-14"), day("new", 0.0, "2026-11-15", "2026-11-24")
    newest = day("newest", 12.5, "2026-11-25")
    noon = STARTS.start + 12 * 3600
    units = {"import_wh": 0, "export_wh": 2000, "baseline_wh": None, "incremental_wh": None}
    rows = [row(noon + n * 86400, **units) for n in (0, 20, 25)]
    for tariff_price, first in ((10.0, [("old", "10", "-20.00")]), (None, [])):
        tariff = Tariff("PKR", (old, new, newest), export_per_kwh=tariff_price)
        lines = [x for x in cost(tariff, ZONE, LENGTH_S, rows).lines if x.kind == "export"]
        assert [(x.period, x.per_kwh, x.amount) for x in lines] == [
            *first, ("new", "0", "0.00"), ("newest", "12.5", "-25.00"),
        ]  # fmt: skip


def test_a_price_that_changes_inside_an_interval_is_an_error():
    """Energy of an interval cannot be divided; the text says how to get shorter ones."""
    odd = Tariff("PKR", (TariffPeriod("peak", 1.0, start_min=18 * 60 + 15, end_min=22 * 60), REST))
    with pytest.raises(
        StatementError, match="to peak at 18:15, inside an interval of 30 min; keep"
    ):
        cost(odd, ZONE, LENGTH_S, [row(STARTS.start + 18 * 3600)])


def test_a_price_that_changes_within_a_month():
    """Each hour has the price of its own day; both prices are on the statement, with one name."""
    old = TariffPeriod("all", 30.0, rest=True, last_date="2026-11-14")
    new = TariffPeriod("all", 33.0, rest=True, first_date="2026-11-15", incremental_per_kwh=20.0)
    tariff = Tariff("PKR", (old, new), incremental_per_kwh=25.0)
    for when, price in (("2026-11-14T23:59", 30.0), ("2026-11-15T00:00", 33.0)):
        assert period_at(tariff, datetime.fromisoformat(when)).per_kwh == price
    noon = STARTS.start + 12 * 3600
    units = {"import_wh": 2000, "baseline_wh": 1000, "incremental_wh": 1000}
    rows = [row(noon + day * 86400, **units) for day in (0, 20)]
    lines = cost(tariff, ZONE, LENGTH_S, rows).lines
    assert [(line.period, line.kind, line.per_kwh) for line in lines] == [
        ("all", "baseline", "30"),
        ("all", "incremental", "25"),
        ("all", "baseline", "33"),
        ("all", "incremental", "20"),
    ]


def test_a_day_without_a_price_is_an_error():
    """A month before a tariff's first day is told, not priced by a later tariff."""
    late = Tariff("PKR", (TariffPeriod("all", 30.0, rest=True, first_date="2026-12-01"),))
    with pytest.raises(StatementError, match="prices 2026-11-02 12:00; add"):
        period_at(late, datetime(2026, 11, 2, 12))  # noqa: DTZ001
