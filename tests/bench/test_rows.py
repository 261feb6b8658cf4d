"""Samples to figures, figures to a table."""

import pytest

from benchlib.rows import Row, spread, table


@pytest.mark.parametrize(
    ("samples", "median", "p99"),
    [
        ([5.0], 5.0, 5.0),
        ([1.0, 3.0], 2.0, 3.0),
        (list(range(1, 101)), 50.5, 99),
        (list(range(1, 201)), 100.5, 198),
    ],
)
def test_median_and_p99(samples, median, p99):
    """The 99th percentile is a sample that was seen, by nearest rank."""
    seen = spread(samples)
    assert (seen.median, seen.p99, seen.count) == (median, p99, len(samples))


@pytest.mark.parametrize(
    ("compared", "bound", "met"),
    [(3.0, 3.0, True), (3.01, 3.0, False), (9.0, None, None), (None, 1.0, None)],
)
def test_a_bound_is_met_or_not(compared, bound, met):
    """A bound is the most that may be; without one nothing is judged."""
    assert Row("f", "", "", compared, "x", bound).met is met


def test_the_table_shows_what_is_not_met():
    """A missed bound stands out, and every column has its place."""
    text = table(
        [Row("slow", "9 µs", "1 µs", 9.0, "x", 3.0), Row("told", "5 µs", "", None, "x", None)]
    )
    lines = text.splitlines()
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        "slow",
        "9 µs",
        "1 µs",
        "9 ×",
        "≤ 3 ×",
        "NO",
    ]
    assert len({len(line) for line in lines}) == 1
