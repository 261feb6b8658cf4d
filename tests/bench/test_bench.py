"""Every case of the bench runs on this machine. No time is judged here."""

import json
import os
import subprocess
import sys

import pytest

from benchlib import cases, main, rig
from benchlib.rows import Row

from .conftest import TOOLS


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    """`tools/bench` as it is called, in the environment that is running."""
    return subprocess.run(
        [sys.executable, str(TOOLS / "bench"), *words],
        env=os.environ | {"HEADWORKS_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.needs("linux")
@pytest.mark.needs("program:micropython")
@pytest.mark.parametrize(
    "name", [*cases.CASES, *(pytest.param(name, marks=pytest.mark.long) for name in cases.BY_NAME)]
)
def test_every_case_gives_figures(name):
    """A quick run ends with exit code 0 and at least one figure, whatever the machine is doing."""
    done = bench(name, "--quick", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert rows
    assert all(set(Row._fields) < set(row) for row in rows)
    assert all(row["compared"] > 0 for row in rows if row["bound"] is not None)


def test_an_unknown_case_is_told():
    """A mistyped name ends with exit code 2 and the names that there are."""
    done = bench("repply")
    assert done.returncode == 2
    assert (
        "reply, signal, scan, idle, many, board, smoke, boards, records, page, replay"
        in done.stderr
    )


def test_a_case_that_cannot_be_measured_is_no_figure(monkeypatch, capsys):
    """A crash gives exit code 1 and no row; a bound that is missed does not."""

    def crashes(quick):
        raise rig.BenchError("the peer ended")

    monkeypatch.setitem(cases.CASES, "scan", crashes)
    monkeypatch.setitem(cases.CASES, "idle", lambda quick: [Row("f", "9", "1", 9.0, "x", 3.0)])
    assert main.main(["scan", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == []
    assert main.main(["idle"]) == 0
    assert "NO" in capsys.readouterr().out


@pytest.mark.needs("linux")
def test_the_peer_times_the_bare_script():
    """The stopwatch runs from the reply to the coil write: after it, and within a second."""
    trials = cases.bare_reaction(3)
    assert trials.count == 3
    assert 0 < trials.median < 1e6
