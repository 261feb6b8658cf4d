"""Every file of units/ once more under the real MicroPython, in a small heap."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from firmware.process import compiled
from firmware.pythons import MICROPYTHON, ROOT

UNITS = sorted(Path(__file__).parent.glob("units/test_*.py"))
PATHS = (ROOT / "tests", ROOT / "host/headworks/sim/boards/shim", ".frozen")


def environment() -> dict[str, str]:
    """Where MicroPython finds the compiled firmware, the tests and the shim."""
    return {**os.environ, "MICROPYPATH": ":".join(map(str, (compiled().parent, *PATHS)))}


@pytest.mark.needs("program:micropython")
@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_unit_passes_under_micropython(file):
    """Each test function of the file passes there too, and none is left out."""
    runner = file.parent / "runner.py"
    module = f"firmware.units.{file.stem}"
    done = subprocess.run(
        [*MICROPYTHON, runner, module],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"passed (\w+)", done.stdout)) == sorted(written)
