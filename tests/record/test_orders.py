"""Orders to draw less: when one begins, when it is met, when it ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.model.plan import Envelope, Limit, Plan, Reason, ReasonCode
from headworks.record.orders import Orders


def _plan(t_s, drawn_kw, **limits):
    """A scan with the limits of these sources; a code in a pair says why."""
    found = []
    for source, kw in limits.items():
        most_kw, code = kw if isinstance(kw, tuple) else (kw, ReasonCode.SETPOINT)
        found.append(Limit(source, "", most_kw, Reason(code)))
    binding = Limit("none", "", None, Reason(ReasonCode.CAPACITY))
    return Plan(
        t_s, Envelope(0.0, binding, tuple(found), {}), (), drawn_kw, drawn_kw, False, (), ()
    )


def _told(*scans):
    orders = Orders()
    return [
        (plan.t_s, entry.kind, entry.values.get("response_s"))
        for plan in scans
        for entry in orders.add(plan)
    ]


@pytest.mark.parametrize(
    ("scans", "told"),
    [
        ([(0, 300, None), (1, 300, 100), (2, 180, 100), (3, 90, 100), (9, 90, None)],
         [(1, "curtail", None), (3, "curtail-met", 2), (9, "curtail-end", None)]),
        ([(0, 300, None), (1, 300, 400), (2, 300, 300), (3, 300, None)], []),
        ([(0, 300, 100), (1, 300, 100)], []),  # it stood before anybody looked
        ([(0, 90, 100), (1, 105, 100), (2, 99, 100)], []),  # the racks rose, nothing was ordered
        ([(0, 300, None), (1, 300, 200), (2, 250, 100), (3, 150, 100), (4, 90, 100)],
         [(1, "curtail", None), (4, "curtail-met", 3)]),  # tightened before it was met: one order
        ([(0, 300, None), (1, 300, 200), (2, 200, 200), (3, 200, 100), (5, 80, 100)],
         [(1, "curtail", None), (2, "curtail-met", 1), (3, "curtail-end", None),
          (3, "curtail", None), (5, "curtail-met", 2)]),  # met, then tightened: two orders
        ([(0, 300, None), (1, 300, 200), (2, 300, 250), (3, 300, 250)],
         [(1, "curtail", None), (2, "curtail-end", None)]),  # raised before it was met
    ],
)  # fmt: skip
def test_an_order_from_its_begin_to_its_end(scans, told):
    """It begins where a limit falls below the draw, is met by the draw, ends when it is raised."""
    assert _told(*(_plan(t, drawn, scada=kw) for t, drawn, kw in scans)) == told


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        (ReasonCode.SETPOINT, True),
        (ReasonCode.CONTACT, True),
        (ReasonCode.SCHEDULE, True),
        (ReasonCode.DROOP, True),
        (ReasonCode.UNDER_FREQUENCY, True),
        (ReasonCode.EXPORT, False),
        (ReasonCode.FEEDER, False),
        (ReasonCode.STALE, False),
        (ReasonCode.UNKNOWN, False),
        (ReasonCode.EXPIRED, False),
    ],
)
def test_what_counts_as_an_order(code, counts):
    """Signals from outside order; what we measure ourselves, and what is not known, does not."""
    told = _told(_plan(0, 300, s=(None, code)), _plan(1, 300, s=(0.0, code)))
    assert bool(told) == counts


def test_sources_are_kept_apart():
    """Two signals at once are two orders, each met by its own limit."""
    told = _told(
        _plan(0, 300, a=None, b=None),
        _plan(1, 300, a=200, b=(0, ReasonCode.CONTACT)),
        _plan(2, 150, a=200, b=(0, ReasonCode.CONTACT)),
        _plan(3, 0, b=(0, ReasonCode.CONTACT)),
    )
    assert told == [
        (1, "curtail", None), (1, "curtail", None), (2, "curtail-met", 1),
        (3, "curtail-end", None), (3, "curtail-met", 2),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), max_size=30))
def test_entries_are_in_order(found):
    """Of any history: begin, at most one met, end, never two begins in a row."""
    kinds = [kind for _, kind, _ in _told(*(_plan(t, d, s=k) for t, (d, k) in enumerate(found)))]
    state = ""
    for kind in kinds:
        allowed = {
            "": {"curtail"},
            "curtail": {"curtail-met", "curtail-end"},
            "curtail-met": {"curtail-end"},
        }
        assert kind in allowed[state]
        state = "" if kind == "curtail-end" else kind


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), max_size=30))
def test_a_met_order_was_met(found):
    """Whenever an order is told as met, the racks draw no more than its limit in that scan."""
    orders = Orders()
    for t, (drawn, kw) in enumerate(found):
        for entry in orders.add(_plan(t, drawn, s=kw)):
            if entry.kind == "curtail-met":
                assert drawn <= (math.inf if kw is None else kw)
                assert entry.values["response_s"] >= 0
