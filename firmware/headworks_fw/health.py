"""Figures on how the board does, and the watchdog, which is fed from a healthy loop alone.

Healthy: every task has run in its time. The link to the host has no say in it.
"""

import gc

from . import ticks

LATE_MS = 1500  # a task that is later than this makes the loop unhealthy
COLLECT_MS = 1000
FEED_MS = 250


class Task:
    """A piece of work with a due time. `work(now)` returns in how many ms it is due again."""

    def __init__(self, work, now, after=0):
        self._work = work
        self.due = ticks.add(now, after)

    def run(self, now):
        """Runs it where it is due; ms until it is due next."""
        left = ticks.diff(self.due, now)
        if left <= 0:
            left = max(self._work(now), 1)
            self.due = ticks.add(now, left)
        return left


class Health:
    """`watchdog`: something with feed(), or None."""

    def __init__(self, watchdog, now):
        self.free_heap = None  # least after a collection, in bytes; None where it cannot be told
        self.longest_gc_ms = 0
        self.longest_loop_ms = 0
        self.up_s = 0
        self._second = now
        self._fed = ticks.add(now, -FEED_MS)
        self._watchdog = watchdog

    def feed(self, now, tasks):
        """Feeds the watchdog, now and then, if every task is in time."""
        if self._watchdog is None or ticks.diff(now, self._fed) < FEED_MS:
            return
        for task in tasks:
            if ticks.diff(now, task.due) > LATE_MS:
                return
        self._fed = now
        self._watchdog.feed()

    def lap(self, began, now):
        """A pass through the loop is over."""
        self.longest_loop_ms = max(self.longest_loop_ms, ticks.diff(now, began))
        while ticks.diff(now, self._second) >= 1000:  # counted, as the clock wraps in 12 days
            self._second = ticks.add(self._second, 1000)
            self.up_s += 1

    def collect(self, now):
        """Collects garbage between work, so that no allocation has to."""
        gc.collect()
        self.longest_gc_ms = max(self.longest_gc_ms, ticks.diff(ticks.now(), now))
        if hasattr(gc, "mem_free"):
            free = gc.mem_free()
            self.free_heap = free if self.free_heap is None else min(self.free_heap, free)
        return COLLECT_MS

    def figures(self):
        """As in `st`."""
        return {
            "up": self.up_s,
            "hp": self.free_heap or 0,
            "gc": self.longest_gc_ms,
            "lp": self.longest_loop_ms,
        }
