"""Rows of figures as a family of metrics; what is unknown has no sample."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from headworks.model.text import clean

Row = tuple[Mapping[str, str], float | bool | None]  # labels and value; None is left out


def gauge(name: str, about: str, *rows: Row) -> Metric:
    """What goes up and down; every row has the same labels."""
    return _family(GaugeMetricFamily, name, about, rows)


def counter(name: str, about: str, *rows: Row) -> Metric:
    """What only counts up; `name` ends in _total."""
    return _family(CounterMetricFamily, name, about, rows)


def _family(
    kind: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    about: str,
    rows: Iterable[Row],
) -> Metric:
    known = [(labels, value) for labels, value in rows if value is not None]
    found = kind(name, about, labels=list(known[0][0]) if known else [])
    for labels, value in known:
        found.add_metric([clean(one) for one in labels.values()], float(value))
    return found


def scaled(value: float | None, by: float) -> float | None:
    """In another unit; unknown stays unknown."""
    return None if value is None else value * by
