"""Says how sensors, contacts, memory and flash do. Moves no output and waits for nothing."""

from . import ticks

_LEAST_HEAP = 10000  # bytes
_LEAST_FLASH = 100000  # bytes: an update writes the other slot


def selftest(board):
    """Lines, each beginning with ok or BAD; the last one counts."""
    lines = []
    if board.identity["st"] == "safe":
        lines.append("BAD firmware does not start, no sensor was looked at")
    for sensor in board.sensors:
        lines += [_reading(board.hal, sensor, channel) for channel in sensor.channels]
    for contact in board.contacts:
        lines.append("ok  %s is %s" % (contact.name, "active" if contact.active else "at rest"))
    for name, state in board.outputs.state().items():
        latch = ", latched by " + state[1] if state[1] else ""
        lines.append("ok  %s is %s%s (not moved)" % (name, "on" if state[0] else "off", latch))
    heap = board.health.free_heap
    if heap is not None:
        lines.append("%s least free heap %d bytes" % (_mark(heap >= _LEAST_HEAP), heap))
    flash = board.hal.free_flash_bytes()
    if flash is not None:
        lines.append("%s free flash %d bytes" % (_mark(flash >= _LEAST_FLASH), flash))
    bad = len([line for line in lines if line.startswith("BAD")])
    lines.append("%d of %d bad" % (bad, len(lines)) if bad else "all well")
    return lines


def _reading(hal, sensor, channel):
    if sensor.sample_ms is None:
        return "BAD %s has not been read yet" % channel
    age_ms = ticks.diff(ticks.now(), sensor.sample_ms)
    fault = hal.faults.get(channel)
    what = fault or hal.values.get(channel)
    return "%s %s %s, read %d ms ago" % (_mark(not fault), channel, what, age_ms)


def _mark(good):
    return "ok " if good else "BAD"
