"""The machine as the checks see it: files below a root, and a few questions to the kernel.

Tests put a recorded tree and their own answers in place of it. Changes nothing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from headworks.field.signals.clock import synchronised
from headworks.field.switches.lines import chip_label, consumer


def _ask(words: list[str]) -> str | None:
    """What a program prints, None where it is not there or fails."""
    if shutil.which(words[0]) is None:
        return None
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _space(path: Path) -> tuple[int, bool]:
    """Free bytes for an ordinary user, and whether the file system is mounted read-only."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize, bool(found.f_flag & os.ST_RDONLY)


@dataclass(frozen=True)
class Machine:
    """This machine, or a made-up one. Paths given to `path` are absolute, as on a real machine."""

    root: Path = Path("/")
    ask: Callable[[list[str]], str | None] = _ask
    access: Callable[[Path, int], bool] = os.access
    chip_label: Callable[[Path], str] = chip_label
    consumer: Callable[[Path, int], str | None] = consumer
    synchronised: Callable[[], bool] = synchronised
    space: Callable[[Path], tuple[int, bool]] = _space
    holder: Callable[[Path], str] = lambda _: ""  # who holds a port, where that can be told
    python: tuple[int, int, int] = field(default=sys.version_info[:3])

    def path(self, absolute: str) -> Path:
        """A path of this machine below its root."""
        return self.root / absolute.lstrip("/")

    def text(self, absolute: str) -> str | None:
        """A small file without blanks and zero bytes at its ends, None where there is none."""
        try:
            return self.path(absolute).read_text(errors="replace").strip("\0 \n")
        except OSError:
            return None

    @property
    def pi(self) -> str | None:
        """The model, "Raspberry Pi 4 Model B Rev 1.4", None on any other machine."""
        model = self.text("/proc/device-tree/model") or ""
        return model if model.startswith("Raspberry Pi") else None

    def config_lines(self) -> list[str]:
        """What config.txt sets, without comments and blanks."""
        for place in ("/boot/firmware/config.txt", "/boot/config.txt"):
            text = self.text(place)
            if text is not None:
                lines = (line.partition("#")[0].strip() for line in text.splitlines())
                return [line for line in lines if line]
        return []

    def command_line(self) -> list[str]:
        """The words of the kernel's command line."""
        return (self.text("/proc/cmdline") or "").split()
