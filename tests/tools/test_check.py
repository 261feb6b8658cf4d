"""tools/check: its table, what a skip means, and the count that pytest hands over."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib import check, firmware, wheel

ROOT = Path(__file__).resolve().parent.parent.parent

SAMPLE = """
import pytest

def test_good():
    pass

def test_lacks():
    pytest.skip("no Chromium")

@pytest.mark.needs("program:no-such-program-here")
def test_needs():
    pass

@pytest.mark.long
def test_long():
    pass
"""


def _pytest(folder: Path, **env: str) -> tuple[int, dict, str]:
    """Run the sample under the checkout's conftest; exit code, report and output."""
    (folder / "test_sample.py").write_text(SAMPLE)
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -p no:cacheprovider\n")
    report = folder / "report.json"
    clean = {k: v for k, v in os.environ.items() if k != "HEADWORKS_REQUIRE_ALL"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "ignore", str(folder)],
        cwd=folder,
        env={**clean, "HEADWORKS_REPORT": str(report), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(report.read_text()), done.stdout


def test_skips_are_counted_with_their_reasons(tmp_path):
    """Every skip reaches the report and the output with why, and the count is the last line."""
    code, report, output = _pytest(tmp_path)
    assert code == 0
    assert (report["passed"], report["failed"], report["skipped"]) == (1, 0, 3)
    assert set(report["lacking"]) == {"no Chromium", "no-such-program-here is not installed"}
    assert "skipped 1: no Chromium" in output
    assert output.strip().splitlines()[-1].startswith("1 passed, 3 skipped")


def test_a_skip_is_a_failure_where_all_is_required(tmp_path):
    """With HEADWORKS_REQUIRE_ALL=1 a skip fails the run, but a long sweep may be left out."""
    code, report, output = _pytest(tmp_path, HEADWORKS_REQUIRE_ALL="1")
    assert code == 1
    assert check.LONG not in report["lacking"]
    assert "these skips are failures" in output


@pytest.mark.parametrize(
    ("state", "skips", "require_all", "good"),
    [
        ("ok", {}, True, True),
        ("failed", {}, False, False),
        ("ok", {"no Chromium": ["t"]}, False, True),
        ("ok", {"no Chromium": ["t"]}, True, False),
        ("ok", {check.LONG: ["t"]}, True, True),
    ],
)
def test_verdict(state, skips, require_all, good):
    """All steps must pass; a skip counts against it only where all is required."""
    results = [check.Result("ruff", "ok"), check.Result("tests", state, skips=skips)]
    assert check.verdict(results, require_all) is good


def test_table_names_each_step_and_what_is_missing():
    """The table has every step with its state and seconds, then each reason for skips."""
    results = [
        check.Result("ruff check", "ok", 0.5),
        check.Result("tests", "failed", 61.0, "1 failed", {"no Chromium": ["a", "b"]}),
    ]
    lines = check.table(results).splitlines()
    assert lines[0].split() == ["ruff", "check", "ok", "0.5", "s"]
    assert lines[1].split() == ["tests", "failed", "61.0", "s", "1", "failed"]
    assert lines[2].split() == ["skipped", "2", "no", "Chromium"]


def test_failing_step_does_not_stop_the_others(capsys):
    """Each step runs, and a failing tool's output is shown."""
    bad = check.Step("bad", check.tool("-c", "print('what went wrong'); raise SystemExit(3)"))
    good = check.Step("good", check.tool("-c", "print('fine')"))
    results = [check.run(step) for step in (bad, good)]
    assert [result.state for result in results] == ["failed", "ok"]
    shown = capsys.readouterr().out
    assert "what went wrong" in shown
    assert "fine" not in shown


def test_quick_leaves_out_only_coverage_and_wheel():
    """The quick check still runs every tool and every test."""
    full = [step.name for step in check.steps(check.parse([]))]
    quick = [step.name for step in check.steps(check.parse(["--quick"]))]
    assert full == [*quick, "wheel"]
    looks = {"ruff check", "ruff format", "mypy strict", "import-linter", "tests"}
    assert looks | {"firmware types", "mpy-cross"} == set(quick)


def test_wheel_failure_names_command_and_output(tmp_path):
    """A command of the wheel trial that fails is told with its output; one that hangs is ended."""
    with pytest.raises(wheel.WheelError, match="exited 1\nsaid"):
        wheel._run([sys.executable, "-c", "print('said'); raise SystemExit(1)"], tmp_path)
    with pytest.raises(wheel.WheelError, match="did not end"):
        wheel._run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, timeout_s=0.5)


def test_wheel_holds_all_data(tmp_path):
    """The wheel carries every board file, the firmware, the demo's site, the page, and its licence."""
    names = wheel.names(wheel.build(ROOT, tmp_path))
    boards = {
        f"headworks/_data/{file.relative_to(ROOT)}" for file in (ROOT / "boards").rglob("*.toml")
    }
    assert boards
    assert boards <= names
    assert {"headworks_fw/loader.py", "headworks/cli/demo_site.toml"} <= names
    page = ROOT / "host/headworks/faces/web"
    parts = [*(page / "static").iterdir(), *(page.parent / "languages").iterdir()]
    assert len(parts) > 10
    assert {str(part.relative_to(ROOT / "host")) for part in parts} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_a_mistake_in_the_firmware_is_seen(tmp_path):
    """A file that does not compile for a chip, or calls a pin wrongly, is told by its name."""
    package = tmp_path / "firmware/headworks_fw"
    shutil.copytree(ROOT / "firmware", tmp_path / "firmware")
    shutil.copytree(ROOT / "boards/mcu", tmp_path / "boards/mcu")
    (package / "wrong.py").write_text("import machine\nmachine.Pin(1, machine.Pin.IN, 'up')\n")
    assert "wrong.py:2: error: Argument 3" in firmware.types(tmp_path)
    assert firmware.compiled(tmp_path) == ""
    (package / "wrong.py").write_text("def f(:\n")
    assert "armv6m firmware/headworks_fw/wrong.py" in firmware.compiled(tmp_path)
