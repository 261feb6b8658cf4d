"""Builds the wheel, installs it into an empty environment and tries the command there.

Runs from an empty folder, so that nothing of the checkout can help.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NOON = ("--day", "clear", "--start", "11:00", "--for", "6")  # when surplus is certain


class WheelError(Exception):
    """The wheel does not build, install or work; the text holds the command and its output."""


def _run(command: list[str], cwd: Path, timeout_s: float = 300.0) -> str:
    """Standard output of a command that must succeed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HEADWORKS"))}
    what = " ".join(Path(word).name if "/" in word else word for word in command)
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WheelError(f"{what} did not end within {timeout_s:.0f} s") from None
    if done.returncode != 0:
        raise WheelError(f"{what} exited {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def build(root: Path, folder: Path) -> Path:
    """The wheel, built without network from this checkout."""
    build_it = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    _run([sys.executable, *build_it], folder)
    return next(folder.glob("headworks-*.whl"))


def names(made: Path) -> set[str]:
    """The files in a wheel."""
    with zipfile.ZipFile(made) as archive:
        return set(archive.namelist())


def install(root: Path, made: Path, folder: Path) -> Path:
    """An empty environment with the wheel and the locked packages; the path of its command."""
    venv = folder / "env"
    _run([sys.executable, "-m", "venv", str(venv)], folder)
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input"]
    pip.append("--disable-pip-version-check")
    _run([*pip, "--require-hashes", "--no-deps", "-r", str(root / "tools/lock/run.txt")], folder)
    _run([*pip, "--no-deps", str(made)], folder)
    _run([str(venv / "bin/python"), "-m", "pip", "check"], folder)
    return venv / "bin/headworks"


def use(command: Path, folder: Path) -> None:
    """The first things a newcomer would do with the command."""
    version = _run([str(command), "--version"], folder)
    if not version.startswith("headworks "):
        raise WheelError(f"headworks --version said {version!r}")
    if "sdm630" not in _run([str(command), "meter", "list"], folder):
        raise WheelError("headworks meter list does not know sdm630: the boards are not packed")
    _run([str(command), "init", "--defaults", "site.toml"], folder)
    _run([str(command), "check", "site.toml"], folder)
    lines = _run([str(command), "demo", "--json", *NOON], folder).splitlines()
    states = [json.loads(line) for line in lines]
    if not any(rack["on"] for state in states for rack in state.get("racks", ())):
        raise WheelError(f"the demo switched no rack on in {len(lines)} lines")


def try_out(root: Path) -> str:
    """Build, install and use the wheel; a short remark. Raises WheelError."""
    with tempfile.TemporaryDirectory(prefix="headworks-wheel-") as name:
        folder = Path(name)
        made = build(root, folder)
        empty = folder / "empty"
        empty.mkdir()
        use(install(root, made, folder), empty)
        return f"{made.name}, {made.stat().st_size // 1024} kB"
