"""The demo's own recording: what the live station decided is decided again, scan for scan."""

import shutil
import tempfile
from pathlib import Path

import pytest

from headworks.record.recording import read
from headworks.replay.recording import Comparison
from tools.runs import running, some_rack_on


@pytest.fixture
def folder():
    """A folder with a path so short that sockets fit below it."""
    with tempfile.TemporaryDirectory(prefix="hw-", dir="/tmp") as name:
        yield Path(name)


def test_the_demo_s_recording_is_decided_the_same(folder):
    """Every scan that the running station has recorded gives today the same plan and memory."""
    kept = folder / "kept.rec"
    with running(folder, "--for", "8") as demo:
        demo.until(some_rack_on)
        seen = len(demo.states)
        demo.until(lambda _: len(demo.states) > seen + 25)
        (path,) = folder.rglob("recorder/00000001.rec")
        shutil.copy(path, kept)
        demo.rest()
        assert demo.ended() == 0
    found = Comparison(read(kept))
    assert list(found.differences()) == []
    assert found.broken == 0
    assert found.rows > 20
    assert any(rack.on for _, _, _, plan in read(kept) for rack in plan.racks)
