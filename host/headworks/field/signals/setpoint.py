"""The life of a setpoint: what a SCADA master has ordered and for how long it holds.

Pure: time is an argument, of the monotonic clock. Knows registers as words, but no socket;
`server` puts it on the wire and REGISTERS.md tells it to control-room engineers.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from headworks.model.live import Quality, SignalValue

NO_LIMIT = 0xFFFF_FFFF  # the only way to say "no limit"; 0 is zero watts
MAX_LIMIT = 1_000_000  # 100 MW in 0.1 kW; 1.6 to 6553.5 kW with swapped words exceed it
MAX_VALIDITY_S = 43_200  # 12 h: what holds longer is a schedule, not a live order [ours]


class OrderError(ValueError):
    """An order outside sense. Nothing of it is taken."""


class SetpointState(IntEnum):
    """Whether an order is in force, as published in input register 5."""

    NEVER = 0  # none since the station started
    IN_FORCE = 1
    RAN_OUT = 2  # its validity is over
    STOOD_STILL = 3  # the heartbeat did; a new order is wanted


class Order(NamedTuple):
    """An accepted order. `limit_kw` None is no limit, 0.0 is zero watts."""

    t_s: float
    limit_kw: float | None
    validity_s: int
    sequence: int
    words: tuple[int, ...]


class Setpoint(NamedTuple):
    """Everything remembered of the master. `beat_s` is when its heartbeat last changed."""

    order: Order | None = None
    heartbeat: int | None = None
    beat_s: float = float("-inf")
    stood: bool = False  # stood still under this order: only a new order ends that
    stood_s: float = float("inf")  # since when


def parse(words: Sequence[int], t_s: float) -> Order:
    """The order in one command block of five words. Raises OrderError."""
    high, low, validity_s, _, sequence = words
    raw = high << 16 | low
    if raw != NO_LIMIT and raw > MAX_LIMIT:
        raise OrderError(f"a limit of {raw / 10:.1f} kW is above {MAX_LIMIT / 10:.0f} kW")
    if not 1 <= validity_s <= MAX_VALIDITY_S:
        raise OrderError(f"a validity of {validity_s} s is not within 1 to {MAX_VALIDITY_S} s")
    limit_kw = None if raw == NO_LIMIT else raw / 10
    return Order(t_s, limit_kw, validity_s, sequence, tuple(words))


def beat(setpoint: Setpoint, heartbeat: int, t_s: float, heartbeat_s: float) -> Setpoint:
    """A heartbeat arrived. One that comes after a standstill does not revive the old order."""
    if heartbeat == setpoint.heartbeat:
        return setpoint
    if not setpoint.stood and _stands_still(setpoint, t_s, heartbeat_s):
        setpoint = setpoint._replace(stood=True, stood_s=setpoint.beat_s + heartbeat_s)
    return setpoint._replace(heartbeat=heartbeat, beat_s=t_s)


def command(setpoint: Setpoint, words: Sequence[int], t_s: float, heartbeat_s: float) -> Setpoint:
    """A command block arrived. Raises OrderError and changes nothing where it makes no sense."""
    order = parse(words, t_s)
    fresh = words[3] != setpoint.heartbeat
    beaten = beat(setpoint, words[3], t_s, heartbeat_s)
    # A block repeated with a dead heartbeat is a dead master whose driver repeats it.
    if fresh:
        beaten = beaten._replace(stood=False, stood_s=float("inf"))
    return beaten._replace(order=order)


def state(setpoint: Setpoint, t_s: float, heartbeat_s: float) -> SetpointState:
    """What the order is worth now."""
    order = setpoint.order
    if order is None:
        return SetpointState.NEVER
    if setpoint.stood or _stands_still(setpoint, t_s, heartbeat_s):
        return SetpointState.STOOD_STILL
    if t_s >= order.t_s + order.validity_s:
        return SetpointState.RAN_OUT
    return SetpointState.IN_FORCE


def until_s(setpoint: Setpoint, heartbeat_s: float) -> float:
    """The end of the order if nothing more is heard; -inf where none holds."""
    order = setpoint.order
    if order is None or setpoint.stood:
        return float("-inf")
    return min(order.t_s + order.validity_s, setpoint.beat_s + heartbeat_s)


def value(setpoint: Setpoint, t_s: float, heartbeat_s: float) -> SignalValue:
    """The setpoint as a signal. An order that ended stays, with an end that is past."""
    order = setpoint.order
    if order is None:
        return SignalValue(t_s, Quality.NEVER, 0.0, note="no order since the station started")
    now = state(setpoint, t_s, heartbeat_s)
    if now is SetpointState.IN_FORCE:
        note = f"order {order.sequence}"
        return SignalValue(
            order.t_s, Quality.GOOD, order.limit_kw, until_s(setpoint, heartbeat_s), note
        )
    stood_s = min(setpoint.stood_s, setpoint.beat_s + heartbeat_s)
    ended_s = min(order.t_s + order.validity_s, stood_s, t_s)
    stood = now is SetpointState.STOOD_STILL
    note = "the master's heartbeat stands still" if stood else "the order's validity ran out"
    return SignalValue(order.t_s, Quality.GOOD, 0.0, ended_s, note)


def _stands_still(setpoint: Setpoint, t_s: float, heartbeat_s: float) -> bool:
    return setpoint.heartbeat is not None and t_s >= setpoint.beat_s + heartbeat_s
