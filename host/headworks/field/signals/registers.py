"""The words of the setpoint's registers, as REGISTERS.md documents them.

Pure encoding: powers to 0.1 kW in two words, high word first. No socket and no clock.
"""

from typing import NamedTuple

from headworks.field.signals.codes import number
from headworks.field.signals.report import StationReport
from headworks.field.signals.setpoint import NO_LIMIT, SetpointState
from headworks.model.plan import RackState

MAP_VERSION = 1
HOLDING = 5  # holding registers 0 to 4
HEARTBEAT = 3  # the only one that may be written on its own
INPUTS = 27  # input registers 0 to 26

NOT_AVAILABLE_U32 = 0xFFFF_FFFF
NOT_AVAILABLE_I32 = 0x8000_0000
STATES = (
    RackState.OFF,
    RackState.STARTING,
    RackState.RUNNING,
    RackState.STOPPING,
    RackState.FAULTED,
    RackState.TRIPPED,
    RackState.LOCKED_OUT,
)


class Published(NamedTuple):
    """What the master reads of its own orders."""

    state: SetpointState
    heartbeat: int
    sequence: int
    limit_kw: float | None  # None is no limit; read only while in force
    left_s: float
    refused: int  # writes refused since the start


def input_words(published: Published, report: StationReport | None) -> list[int]:
    """Input registers 0 to 26. Without a report the station's figures are not available."""
    in_force = published.state is SetpointState.IN_FORCE
    head = [
        MAP_VERSION,
        _status(published, report),
        (report.scans if report else 0) & 0xFFFF,
        published.heartbeat,
        published.sequence,
        int(published.state),
        min(int(published.left_s), 0xFFFF) if in_force else 0,
        number(report.reason if report else None),
    ]
    return [
        *head,
        *_limit(published),
        *_powers(report),
        *_counts(report),
        published.refused & 0xFFFF,
    ]


def _status(published: Published, report: StationReport | None) -> int:
    in_force = published.state is SetpointState.IN_FORCE
    bits = (
        report is not None and report.healthy,
        in_force,
        in_force and published.limit_kw is None,
        report is not None and report.envelope_kw > 0,
        report is not None and _count(report, RackState.RUNNING, RackState.STARTING) > 0,
        report is not None and report.alarms > 0,
    )
    return sum(1 << place for place, bit in enumerate(bits) if bit)


def _limit(published: Published) -> tuple[int, int]:
    if published.state is not SetpointState.IN_FORCE:
        return 0, 0
    return _words(NO_LIMIT if published.limit_kw is None else _u32(published.limit_kw))


def _powers(report: StationReport | None) -> list[int]:
    if report is None:
        return [*_words(NOT_AVAILABLE_U32) * 3, *_words(NOT_AVAILABLE_I32)]
    unsigned = (report.drawn_kw, report.planned_kw, report.envelope_kw)
    return [word for kw in unsigned for word in _words(_u32(kw))] + [
        *_words(_i32(report.surplus_kw))
    ]


def _counts(report: StationReport | None) -> list[int]:
    if report is None:
        return [0] * (len(STATES) + 1)
    counts = [_count(report, state) for state in STATES]
    return [min(count, 0xFFFF) for count in (*counts, report.alarms)]


def _count(report: StationReport, *states: RackState) -> int:
    return sum(report.racks.get(state, 0) for state in states)


def _u32(kw: float) -> int:
    return max(0, min(round(kw * 10), NOT_AVAILABLE_U32 - 1))


def _i32(kw: float) -> int:
    return max(-0x7FFF_FFFF, min(round(kw * 10), 0x7FFF_FFFF)) & 0xFFFF_FFFF


def _words(raw: int) -> tuple[int, int]:
    return raw >> 16, raw & 0xFFFF
