"""The figures that the project promises, each measured against its baseline in one run.

Every case is a function `(quick) -> rows`. Nothing here passes or fails: bounds are shown.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from subprocess import Popen

from benchlib import (
    board_cases,
    record_cases,
    replaying,
    rig,
    rival_cases,
    scanning,
    ten_years,
    watch,
    web_cases,
)
from benchlib.rows import Row, Spread, spread, tell
from benchlib.sites import Shape

FAST_POLL_S = 0.02  # the fastest that a site file allows: the most trials in the least time
DEFAULT_POLL_S = 0.25
NODE_RED_MB = 114.0  # Node-RED 5.0.7, contrib-modbus 5.60.2, idle, 8 meters at 1 Hz, x86-64
US_PER_MS = 1000.0


def reply_to_coil(quick: bool) -> list[Row]:
    """1. From the meter's reply with the new value to the coil write."""
    count = 5 if quick else 150
    bare = bare_reaction(count)
    rows = []
    for racks in (12, 64):
        seen = _station_trials(Shape(racks, poll_s=FAST_POLL_S), count, FAST_POLL_S)
        first = spread([trial["reply_to_write_us"] for trial in seen])
        last = spread([trial["reply_to_last_us"] for trial in seen])
        name = f"1. reply → coil write, {racks} racks"
        ratio = first.median / bare.median
        bound = 3.0 if racks == 12 else None
        rows.append(Row(name, tell(first, "µs"), tell(bare, "µs"), ratio, "x", bound))
        rows.append(Row(f"{name}, all off", tell(last, "µs"), "", None, "x", None))
        if racks == 64:
            p99_ms = first.p99 / US_PER_MS
            rows.append(Row(f"{name}, p99", f"{p99_ms:.2f} ms", "1 ms", p99_ms, "ms", 1.0))
    return rows


def bare_reaction(count: int) -> Spread:
    """The bare script at the same peer, read as often."""
    with rig.folder() as here, here.peer(Shape(1)) as peer:
        ports = peer.ports["meters"][0], peer.ports["boards"][0]
        with here.bare("react", *ports, FAST_POLL_S):
            trials = peer.trials(count, FAST_POLL_S)
    return spread([trial["reply_to_write_us"] for trial in trials])


def _station_trials(shape: Shape, count: int, phase_s: float) -> list[dict]:
    with rig.folder() as here, here.peer(shape) as peer, here.station(shape, peer):
        return peer.trials(count, phase_s)


def signal_to_relay(quick: bool) -> list[Row]:
    """2. From a change at the meter, at any phase of the poll, to the coil write."""
    count = 4 if quick else 120
    shape = Shape(12, poll_s=DEFAULT_POLL_S)
    trials = _station_trials(shape, count, 2 * DEFAULT_POLL_S)
    seen = spread([trial["change_to_write_s"] * US_PER_MS for trial in trials])
    polls = seen.p99 / US_PER_MS / DEFAULT_POLL_S
    name = "2. signal → relay at the default poll, p99 in poll intervals"
    return [Row(name, tell(seen, "ms"), "250 ms poll", polls, "x", 1.1)]


def one_scan(quick: bool) -> list[Row]:
    """3. One pure scan, 12 racks, 3 signals."""
    seen = scanning.measure(rounds=3 if quick else 41)
    rows = []
    for name, ours in seen.scans.items():
        ratio = ours.median / seen.plain.median
        base = tell(seen.plain, "µs a plain loop of 1,000", 1)
        rows.append(Row(f"3. one scan, {name}", tell(ours, "µs", 1), base, ratio, "x", None))
    return rows


def idle(quick: bool) -> list[Row]:
    """4. Memory, processor and start with 8 meters at 1 Hz."""
    span_s, starts = (2.0, 1) if quick else (60.0, 5)
    shape = Shape(1, meters=8, poll_s=1.0, relays=True)
    begin, bare_begin = (
        spread(_first_reads(shape, start, starts)) for start in (_station, _poller)
    )
    ours, bare = _both_idle(shape, span_s)
    published = f"{NODE_RED_MB:.0f} MB Node-RED (published)"
    share = f"{ours.share_percent:.2f} %", f"{bare.share_percent:.2f} % bare pymodbus"
    memory = f"{ours.memory_mb:.1f} MB"
    ratio = ours.share_percent / bare.share_percent
    return [
        Row("4. idle, 8 meters: memory", memory, published, ours.memory_mb / NODE_RED_MB, "x", 0.5),
        Row("4. idle, 8 meters: memory to a bare script", memory, f"{bare.memory_mb:.1f} MB",
            ours.memory_mb / bare.memory_mb, "x", None),
        Row("4. idle, 8 meters: processor", *share, ratio, "x", 3.0),
        Row("4. start to first read", tell(begin, "s", 2), tell(bare_begin, "s", 2),
            begin.median, "s", 0.6),
    ]  # fmt: skip


Start = Callable[[Shape, rig.Folder, rig.Peer], AbstractContextManager[Popen[bytes]]]


def _station(
    shape: Shape, here: rig.Folder, peer: rig.Peer
) -> AbstractContextManager[Popen[bytes]]:
    return here.station(shape, peer)


def _poller(shape: Shape, here: rig.Folder, peer: rig.Peer) -> AbstractContextManager[Popen[bytes]]:
    return here.bare("poll", shape.poll_s, *peer.ports["meters"])


def _first_reads(shape: Shape, start: Start, count: int) -> list[float]:
    """Several starts; one before them compiles the modules and does not count."""
    return [_first_read(shape, start) for _ in range(count + 1)][1:]


def _first_read(shape: Shape, start: Start) -> float:
    """From a start to the first read, in s."""
    with rig.folder() as here, here.peer(shape) as peer:
        begun = time.monotonic()
        with start(shape, here, peer):
            return peer.first_reply() - begun


def _both_idle(shape: Shape, span_s: float) -> tuple[watch.Idle, watch.Idle]:
    """Station and script at rest in the same minute: a shared machine changes its pace."""
    pids = []
    with ExitStack() as both:
        for start in (_station, _poller):
            here = both.enter_context(rig.folder())
            peer = both.enter_context(here.peer(shape))
            pids.append(both.enter_context(start(shape, here, peer)).pid)
            peer.first_reply()
        ours, bare = watch.at_rest(pids, span_s)
    return ours, bare


def many(quick: bool) -> list[Row]:
    """5. 32 meters at 4 Hz and 64 racks: are scans and polls in time?"""
    span_s = 2.0 if quick else 30.0
    shape = Shape(64, meters=32, poll_s=DEFAULT_POLL_S, scan_s=DEFAULT_POLL_S)
    with rig.folder() as here, here.peer(shape) as peer, here.station(shape, peer) as child:
        peer.first_reply()
        scans = watch.scans(here.socket, span_s)
        asked = peer.stats()["asked"]
        [load] = watch.at_rest([child.pid], span_s)
    gaps = [gap for times in asked for gap in _gaps(times[1:])]
    polls, period = spread(gaps), f"{DEFAULT_POLL_S:.2f} s"
    name = "5. 32 meters at 4 Hz, 64 racks"
    compared = scans.p99 / DEFAULT_POLL_S
    return [
        Row(f"{name}: time between scans, p99", tell(scans, "s", 3), period, compared, "x", 1.2),
        Row(f"{name}: time between polls, p99", tell(polls, "s", 3), period,
            polls.p99 / DEFAULT_POLL_S, "x", 1.2),
        Row(f"{name}: processor", f"{load.share_percent:.1f} %", "", None, "x", None),
    ]  # fmt: skip


def _gaps(times: list[float]) -> Iterator[float]:
    return (later - earlier for earlier, later in itertools.pairwise(times))


def replay(quick: bool) -> list[Row]:
    """10. A backtest: rows a second, against a scan for every row."""
    return replaying.figures(quick)


def rivals(quick: bool) -> list[Row]:
    """11. Models of other controllers' rules on the same rows: surplus used, import, switchings."""
    return rival_cases.figures(quick)


def decade(quick: bool) -> list[Row]:
    """12. A file of ten years through `headworks replay`: memory and processor seconds."""
    return ten_years.figures(quick)


CASES: dict[str, Callable[[bool], list[Row]]] = {
    "reply": reply_to_coil,
    "signal": signal_to_relay,
    "scan": one_scan,
    "idle": idle,
    "many": many,
    **board_cases.CASES,
    **record_cases.CASES,
    **web_cases.CASES,
    "replay": replay,
    "rivals": rivals,
}
BY_NAME: dict[str, Callable[[bool], list[Row]]] = {"decade": decade}  # they take many minutes
