"""Which program holds a port open, as far as /proc tells."""

import os
from pathlib import Path


def holder(port: str, proc: Path = Path("/proc")) -> str:
    """ "name (process 123)", or empty where nobody does or it cannot be seen."""
    wanted = os.path.realpath(port)
    for entry in proc.glob("[0-9]*"):
        if entry.name != str(os.getpid()) and _holds(entry, wanted):
            return f"{_name(entry)} (process {entry.name})"
    return ""


def _holds(entry: Path, wanted: str) -> bool:
    try:
        return any(os.readlink(link) == wanted for link in (entry / "fd").iterdir())
    except OSError:
        return False


def _name(entry: Path) -> str:
    try:
        return (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"
