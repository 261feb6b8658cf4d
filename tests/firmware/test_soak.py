"""A simulated month: a board under MicroPython, and the host's half of the link."""

import subprocess
import tracemalloc

import pytest

from field.boards.talks import Talk
from firmware.pythons import MICROPYTHON, ROOT
from firmware.test_under_micropython import environment
from headworks.field.boards.view import BoardState

DAY_S, MONTH_S = 86_400, 30 * 86_400
GROWTH_BYTES = 20_000


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.needs("program:micropython")
def test_a_boards_month_leaves_its_heap_flat():
    """720 hours under MicroPython, over three wraps of its clock."""
    program = (
        "from firmware.units.test_soak import soak\n"
        "before, after, bench = soak(720)\n"
        "assert after - before < 2048, (before, after)\n"
    )
    done = subprocess.run(
        [*MICROPYTHON, "-c", program],
        cwd=ROOT / "tests",  # elsewhere the firmware's own folder would be found first
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def month(seconds: int) -> int:
    """So long of frames each second, restarts, alarms and losses; growth of the host's memory."""
    talk, start = Talk().ready(), 0
    tracemalloc.start()
    for second in range(seconds):
        talk.wait(1.0).session.tick(talk.t_s)
        talk.status(on=second % 2, hp=40_000, gc=3, lp=9).readings(smoke=0, fan1_rpm=1500)
        if second % 2 == 0:
            talk.beat()
        if second % 300 == 100:
            talk.say("ev", e=second, m=talk.ticks, c="smoke", on=1)
        if second % 300 == 101:
            talk.session.scanned(dict(talk.session.readings.seen))
        if second % 3000 == 200:
            talk.q += 5
        if second % 20_000 == 300:
            talk.boot = f"{second:08x}"
            talk.hello(why="restart").beat()
        talk.sent = talk.sent[-4:]
        talk.session.events()
        if second == seconds // 3:
            start = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert talk.session.state is BoardState.RUNS
    return grown


def test_an_hour_of_the_hosts_half_leaves_its_memory_flat():
    """Frames, alarms, restarts and losses of an hour and a half keep nothing behind."""
    assert month(5_400) < GROWTH_BYTES


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_month_of_the_hosts_half_leaves_its_memory_flat():
    """The same for a month, over the wraps of the board's clock."""
    assert month(MONTH_S) < GROWTH_BYTES
