"""Why a port cannot be opened, and which program holds it, as far as /proc tells."""

import errno
import os
from pathlib import Path


def holder(port: str, proc: Path = Path("/proc")) -> str:
    """ "name (process 123)", or empty where nobody does or it cannot be seen."""
    wanted = os.path.realpath(port)
    for entry in proc.glob("[0-9]*"):
        if entry.name != str(os.getpid()) and _holds(entry, wanted):
            return f"{_name(entry)} (process {entry.name})"
    return ""


def why_shut(port: str, error: Exception) -> str:
    """What to do about a port that could not be opened. `error` is pyserial's or mpremote's."""
    if _is_none(port):
        return f"{port} is no serial port; name one of: headworks board list"
    who = holder(port)
    if who:
        return f"{port} is used by {who}; stop that first"
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        return (
            f"{port}: you may not use it; join its group (sudo adduser NAME dialout), log in "
            "again, and see: headworks doctor"
        )
    if code in (errno.EAGAIN, errno.EBUSY):
        return f"{port} is used by another program; stop that first (sudo lsof {port} names it)"
    return f"{port}: {error}"


def _is_none(port: str) -> bool:
    """Whether it is something else than a terminal: a file, a folder, /dev/null."""
    try:
        opened = os.open(port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        return error.errno == errno.EISDIR
    try:
        return not os.isatty(opened)
    finally:
        os.close(opened)


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
