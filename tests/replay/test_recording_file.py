"""`headworks replay --recording` on files that the station's recorder has written."""

import pytest

from headworks.cli.main import main
from headworks.record.recorder import Recorder
from headworks.record.stamp import Stamp
from replay.test_recording import a_recording


@pytest.fixture
def scans():
    """A short history of one site."""
    return a_recording()[:80]


def written(folder, scans):
    """The file that a recorder makes of the scans."""
    site = scans[0][0]
    recorder = Recorder(folder, site, "", "0.1")
    for _, memory, snapshot, plan in scans:
        recorder.add(Stamp("boot", snapshot.t_s), memory, snapshot, plan)
    recorder.close()
    return next(folder.glob("*.rec"))


def test_a_recorder_s_file_is_decided_the_same(tmp_path, scans, capsys):
    """A file of the station's recorder gives the same plans, bit for bit, and exit code 0."""
    assert main(["replay", "--recording", str(written(tmp_path, scans))]) == 0
    assert capsys.readouterr().out.endswith("80 scans, all decided the same today.\n")


def test_another_plan_in_a_file_is_shown(tmp_path, scans, capsys):
    """A plan that today's code does not make is shown, and the exit code is 1."""
    site, memory, snapshot, plan = scans[50]
    scans[50] = site, memory, snapshot, plan._replace(upstream_trip=not plan.upstream_trip)
    assert main(["replay", "--recording", str(written(tmp_path, scans))]) == 1
    out = capsys.readouterr().out
    assert "row 51, " in out
    assert "upstream_trip: " in out
    assert "1 decided otherwise today" in out


def test_a_damaged_or_a_cut_file_is_one_line(tmp_path, scans, capsys):
    """Damage is named with its row and exit code 1; a file without an end is told."""
    path = written(tmp_path, scans)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert main(["replay", "--recording", str(path)]) == 0
    assert "has no end" in capsys.readouterr().out
    path.write_bytes(b"nothing of the kind")
    assert main(["replay", "--recording", str(path)]) == 1
    assert "no recording of Headworks" in capsys.readouterr().err
