"""Every fault of the simulator against the real station, as processes over real sockets."""

import pytest

from endtoend.crew import Crew
from endtoend.play import Play
from endtoend.table import ROWS, Row
from headworks.sim.faults.kinds import KINDS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_fault(play: Play, row: Row) -> None:
    """Each row of the table: what it says happens, in its time, and all recovers after it."""
    row.expect(play, row)
    assert play.crew.alive("station")


def test_every_fault_has_a_row() -> None:
    """A fault that the simulator knows and the table does not is a fault nobody has looked at."""
    assert set(KINDS) - {row.fault for row in ROWS} == set()


def test_the_station_never_stumbled(crew: Crew) -> None:
    """Through all of it no scan failed and nothing raised outside of one."""
    log = crew.log("station")
    assert "Traceback" not in log
    assert "unhandled error" not in log
    assert "a scan failed" not in log
