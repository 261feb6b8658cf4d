"""Which folders are run, what is added up, and which tests are run a second time."""

from pathlib import Path

import pytest

from lib import suite
from lib.suite import Ran

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_folder_of_tests_is_run_once():
    """No folder is left out or run twice, and a new one needs no list."""
    found = suite.folders(ROOT / "tests")
    assert len(found) == len(set(found))
    assert {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")} <= set(found)


def test_folders_are_summed_up():
    """Counts are added, and skips of all folders are kept."""
    reports = [{"passed": 2, "failed": 1, "skipped": 1, "skips": {"x": ["a"]}}, {"passed": 3}]
    assert suite.added_up(reports) == ("5 passed, 1 failed, 1 skipped", {"x": ["a"]})
    assert suite.added_up(reports, 1)[0] == "6 passed, 0 failed, 1 skipped"


GOOD = Ran(0, {"fell": []})


@pytest.mark.parametrize(
    ("ran", "again"),
    [
        ([GOOD, GOOD], []),
        ([GOOD, Ran(1, {"fell": ["tests/cli/test_a.py::b", "tests/cli/test_a.py::b"]})],
         ["tests/cli/test_a.py::b"]),
        ([Ran(1, {"fell": ["tests/control/test_a.py::b"]})], []),
        ([Ran(1, {"fell": [f"tests/cli/test_a.py::{n}" for n in "abcd"]})], []),
        ([Ran(1, {"fell": ["tests/cli/test_a.py::b"]}), Ran(1, {"fell": []})], []),
        ([Ran(1, {"fell": ["tests/cli/test_a.py::b"]}), Ran(-9, {})], []),
    ],
)  # fmt: skip
def test_few_that_fell_beside_others_get_a_second_trial(ran, again):
    """Not those of the decision, not many, and not where something else failed, such as coverage."""
    assert suite.second_trial(ran) == again


FALLS_ONCE = """
from pathlib import Path

def test_it():
    seen = Path(__file__).with_name("seen")
    before = seen.exists()
    seen.touch()
    assert before
"""


@pytest.mark.parametrize("steady", [False, True])
def test_the_second_trial_decides(tmp_path, monkeypatch, steady):
    """What passes alone counts and is named; what falls again fails the step."""
    place = tmp_path / "tests" / "waits"
    place.mkdir(parents=True)
    (place / "__init__.py").touch()
    (place / "test_it.py").write_text(FALLS_ONCE if steady else "def test_it():\n    assert 0\n")
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = -q -p no:cacheprovider --import-mode=importlib\n"
        "markers =\n    long: x\n    needs: x\n"
    )
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    good, remark, _ = suite.tests([], [])()
    assert good is steady
    assert remark.startswith("1 passed, 0 failed" if steady else "0 passed, 1 failed")
    assert ("passed alone: tests/waits/test_it.py::test_it" in remark) is steady
