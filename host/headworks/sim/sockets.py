"""Where sockets lie: takes a path over from the dead, never from the living."""

import socket
from pathlib import Path

from headworks.sim.pty import ServeError

_LONGEST = 107  # bytes that a Unix socket's address holds on Linux


def claim_path(path: Path) -> None:
    """Make a path free for a new Unix socket. Raises ServeError saying what is in the way."""
    if len(str(path).encode()) > _LONGEST:
        raise ServeError(f"{path}: longer than {_LONGEST} bytes; write a shorter path")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        if not (path.exists() or path.is_symlink()):
            return
        if not path.is_socket():
            raise ServeError(f"{path} is there already and is no socket; write another path")
        if _answers(path):
            raise ServeError(f"{path}: another simulator serves there; stop it first")
        path.unlink()
    except OSError as error:
        raise ServeError(f"{path}: {error.strerror}; write a path that may be made") from error


def release_path(path: Path) -> None:
    """Remove our own socket."""
    path.unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    """Whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plug:
        try:
            plug.connect(str(path))
        except OSError:
            return False
    return True
