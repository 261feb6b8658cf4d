"""Orders to draw less, and how fast they were followed, for the journal. Pure.

An order is a limit of a signal from outside (setpoint, contact, schedule, frequency) that falls
below what the racks draw. It is met in the first scan in which they draw no more, and ends when
the limit is raised or gone. A limit that falls further before it is met stays one order; its
response counts from the first fall. A source that is stale or unknown gives no order, and export
and feeder ratings are no orders either.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from headworks.model.plan import Limit, Plan, ReasonCode
from headworks.record.stamp import Entry

BEGAN, MET, ENDED = "curtail", "curtail-met", "curtail-end"
_ORDERS = (
    ReasonCode.SETPOINT,
    ReasonCode.CONTACT,
    ReasonCode.SCHEDULE,
    ReasonCode.DROOP,
    ReasonCode.UNDER_FREQUENCY,
)
_NO_LIMIT = float("inf")


class _Order(NamedTuple):
    limit_kw: float
    began_s: float
    met: bool = False


class Orders:
    """Follows the limits from scan to scan."""

    def __init__(self) -> None:
        self._before: Mapping[str, float] | None = None  # nothing is known before the first scan
        self._running: dict[str, _Order] = {}

    def add(self, plan: Plan) -> list[Entry]:
        """Take one scan; what of the orders is to be written down."""
        limits = _tightest(plan.envelope.limits)
        found: list[Entry] = []
        for source in sorted({*limits, *self._running}):
            found += self._look(source, limits.get(source), plan)
        self._before = {source: _kw(limit) for source, limit in limits.items()}
        return found

    def _look(self, source: str, limit: Limit | None, plan: Plan) -> Iterator[Entry]:
        kw = _kw(limit)
        order = self._running.get(source)
        before_kw = kw if self._before is None else self._before.get(source, _NO_LIMIT)
        if order is not None and kw > order.limit_kw:
            yield self._end(source)
        elif order is not None and kw < order.limit_kw:
            if order.met and plan.drawn_kw > kw:
                yield self._end(source)
            else:
                self._running[source] = order._replace(limit_kw=kw)
        if source not in self._running and limit is not None and kw < min(before_kw, plan.drawn_kw):
            self._running[source] = _Order(kw, plan.t_s)
            values = {"limit_kw": round(kw, 3), "drawn_kw": round(plan.drawn_kw, 3)}
            yield Entry(BEGAN, source, limit.reason.code.value, values)
        yield from self._met(source, plan)

    def _end(self, source: str) -> Entry:
        del self._running[source]
        return Entry(ENDED, source)

    def _met(self, source: str, plan: Plan) -> Iterator[Entry]:
        order = self._running.get(source)
        if order is None or order.met or plan.drawn_kw > order.limit_kw:
            return
        self._running[source] = order._replace(met=True)
        values = {"response_s": round(plan.t_s - order.began_s, 3), "limit_kw": order.limit_kw}
        yield Entry(MET, source, values=values)


def _tightest(limits: tuple[Limit, ...]) -> dict[str, Limit]:
    """The tightest order of each source."""
    found: dict[str, Limit] = {}
    for limit in limits:
        if limit.reason.code in _ORDERS:
            other = found.get(limit.source)
            found[limit.source] = limit if other is None or _kw(limit) < _kw(other) else other
    return found


def _kw(limit: Limit | None) -> float:
    return _NO_LIMIT if limit is None or limit.kw is None else limit.kw
