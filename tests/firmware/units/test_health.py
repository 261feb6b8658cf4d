"""Due times, figures, and the watchdog that only a healthy loop feeds."""

from firmware.units.fakes import WRAP, Clock, Dog
from headworks_fw.health import LATE_MS, Health, Task


def test_a_task_runs_when_due_and_says_when_next():
    """Also across the wrap; a task that wants to run at once still lets the loop pass."""
    ran = []

    def work(now):
        ran.append(now)
        return 0 if len(ran) == 3 else 100

    task = Task(work, WRAP - 50)
    assert task.run(WRAP - 50) == 100
    assert task.run(WRAP - 1) == 51
    assert task.run(50) == 100
    assert task.run(160) == 1
    assert ran == [WRAP - 50, 50, 160]


def test_the_watchdog_is_fed_while_every_task_is_in_time():
    """One late task and it goes hungry, whatever the others do."""
    dog = Dog()
    health = Health(dog, 0)
    tasks = [Task(lambda now: 1000, 0, 1000), Task(lambda now: 1000, 0, 1000)]
    health.feed(500, tasks)
    assert dog.fed == 1
    tasks[0].run(2000 + LATE_MS)
    health.feed(2000 + LATE_MS, tasks)
    assert dog.fed == 1
    tasks[1].run(2000 + LATE_MS)
    health.feed(2000 + LATE_MS, tasks)
    assert dog.fed == 2


def test_seconds_are_counted_over_the_wrap():
    """The board's up time does not fall back after twelve days."""
    now = WRAP - 2500
    health = Health(None, now)
    for _ in range(10):
        now = (now + 500) % WRAP
        health.lap(now, now)
    assert health.figures()["up"] == 5


def test_the_longest_loop_is_kept():
    """The figure only grows."""
    health = Health(None, 0)
    health.lap(0, 7)
    health.lap(10, 12)
    assert health.figures()["lp"] == 7


def test_a_collection_is_measured():
    """The least free heap is known after the first on MicroPython; 0 says that it is not known."""
    import gc

    with Clock() as clock:
        health = Health(None, clock.ms)
        health.collect(clock.ms)
        assert (health.figures()["hp"] > 0) == hasattr(gc, "mem_free")
