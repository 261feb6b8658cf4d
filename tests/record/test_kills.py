"""Catalogue row 20: killed at random points, over journal, samples and recorder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from record import killed

ROUNDS = 200


@pytest.mark.timeout(600)  # the groups of a whole run share the processors
def test_no_kill_loses_an_entry_or_damages_a_store(tmp_path: Path) -> None:
    """200 kills: what was acknowledged is there, the chain fits, no file is unreadable."""
    here = Path(__file__).parents[1]
    environ = {**os.environ, "PYTHONPATH": f"{here}:{here.parent / 'host'}"}
    done = subprocess.run(
        [sys.executable, "-m", killed.__name__, str(tmp_path / "records"), str(ROUNDS)],
        capture_output=True, text=True, env=environ, cwd=here, timeout=580, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["wrong"], told["aside"], told["rounds"]) == ("", [], ROUNDS)
    assert told["entries"] >= ROUNDS
