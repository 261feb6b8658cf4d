"""A board for a long time in accelerated time: its heap stays flat over wraps, alarms and commands."""

import gc

from firmware.units.fakes import WRAP, Bench, Clock, Sensor

HOURS = 3  # --long runs a month
LASTS_S = (
    3600 if hasattr(gc, "mem_alloc") else 120
)  # an hour; CPython collects slowly, tells nothing
SETTLED = 2048  # bytes that a heap may differ by between two collections at like moments


def hour(clock, bench, number):
    """One hour of passes, one a second; now and then smoke, a command, a question, a fault."""
    sensor = bench.board.sensors[0]
    for second in range(LASTS_S):
        clock.ms += 1000
        if second % 600 == 0:
            bench.smoke.be(1)
        elif second % 600 == 5:
            bench.smoke.be(0)
        elif second % 60 == 30:
            bench.do(number * 3600 + second, "con", l="sensors")
        elif second % 60 == 31:
            sensor.reading = "CRC" if second % 120 == 31 else 21.5
        elif second % 900 == 40:
            for fields in bench.stream.frames("ev"):
                bench.ask("ack", {"e": fields["e"], "bt": "0badcafe"})
        bench.board.step()
        bench.stream.sent = b""


def used():
    """Bytes on the heap after a collection; None where this Python does not tell."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else None


def soak(hours):
    """Runs so long, across the wrap of the clock; the heap after the first hour and at the end."""
    with Clock(WRAP - 5000000) as clock:
        bench = Bench(clock)
        bench.board.add(Sensor())
        hour(clock, bench, 0)
        before = used()
        for number in range(1, hours):
            hour(clock, bench, number)
        return before, used(), bench


def test_the_heap_is_flat_for_hours():
    """After the first hour nothing grows: not the heap, not a queue, not the log."""
    before, after, bench = soak(HOURS)
    if before is not None:
        assert after - before < SETTLED, (before, after)
    assert len(bench.board.log.lines) <= 16
    assert bench.dog.fed > HOURS * LASTS_S * 0.9
