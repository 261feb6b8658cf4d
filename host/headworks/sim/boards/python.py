"""Which Python the simulated boards run on: the real MicroPython where it is, else CPython."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HEAP_KB = 100  # what the firmware must do with
DOUBLES_KB = 15  # of the doubles of a board's hardware, which on a board cost none; measured
_ASK = "import sys; i = sys.implementation; print(*i.version[:3]); print(i._mpy & 0xFF)"
_ANSWER_S = 10.0


class BoardPython(NamedTuple):
    """How a board's program is started. `mpy`: the version of .mpy files it takes, or None."""

    command: tuple[str, ...]
    name: str
    mpy: int | None = None

    def repl(self, root: Path) -> tuple[str, ...]:
        """The same at its prompt; MicroPython sees the board's folder as its whole file system."""
        if self.mpy is None:
            return (*self.command, "-q", "-i")
        mount = f"os.umount('/'); os.mount(os.VfsPosix({str(root)!r}), '/')"
        return (*self.command, "-i", "-c", f"import machine, os; {mount}; del os, machine")

    @property
    def says(self) -> str:
        """For people, once."""
        if self.mpy is None:
            return f"boards run {self.name}, as there is no micropython here"
        return f"boards run real {self.name}"


def cpython() -> BoardPython:
    """The Python that runs this; the firmware is the same, heap and timing are not."""
    version = ".".join(map(str, sys.version_info[:3]))
    return BoardPython((sys.executable, "-S", "-s", "-B", "-u"), f"CPython {version}")


def micropython() -> BoardPython | None:
    """MicroPython of this environment or on PATH, None where there is none that runs."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = shutil.which("micropython", path=places)
    if program is None:
        return None
    try:
        asked = subprocess.run(
            (program, "-c", _ASK), capture_output=True, text=True, timeout=_ANSWER_S, check=True
        )
        version, mpy = asked.stdout.splitlines()
        name = f"MicroPython {version.replace(' ', '.')}"
        return BoardPython((program, "-X", f"heapsize={HEAP_KB + DOUBLES_KB}K"), name, int(mpy))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def best() -> BoardPython:
    """The nearest to a real board that this machine has."""
    return micropython() or cpython()
