"""One station per socket and per state folder: a lock that dies with its process."""

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headworks.paths import RESTORE_MARK


class StartError(Exception):
    """The station cannot start here; the text names the place, the cause and the way out."""


class AlreadyRunningError(StartError):
    """Another station has this place."""

    def __init__(self, where: Path, pid: str) -> None:
        super().__init__(f"already running, pid {pid or 'unknown'} ({where})")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, its folder made if missing. Raises StartError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise StartError(
            f"{path}: {error.strerror}; choose another folder or give this user the right to write"
        ) from error
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def must_be_whole(state_dir: Path) -> None:
    """Raises StartError where a restore was cut off: its latches may be missing.

    A folder that cannot be looked into is no such case; the memory's alarm tells of it.
    """
    if os.path.exists(state_dir / RESTORE_MARK):  # that of Path raises where it may not look
        raise StartError(
            f"{state_dir}: a restore was cut off, and latches may be missing; run headworks "
            "restore with the same file again"
        )


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AlreadyRunningError(path, os.pread(handle, 20, 0).decode().strip()) from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def peer(connection: socket.socket) -> tuple[int, int]:
    """Process id and user id at the other end of a Unix socket; Linux only."""
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, _ = struct.unpack("3i", raw)
    return pid, uid


def bind(path: Path) -> socket.socket:
    """A Unix socket at `path` for user and group; one that nobody serves is replaced.

    Raises AlreadyRunningError where somebody listens, StartError for any other obstacle.
    """
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        _make_room(path)
        server.bind(str(path))
        path.chmod(0o660)  # nobody can connect before listen()
    except OSError as error:
        server.close()
        raise StartError(f"{path}: {error.strerror or error}; give another --socket") from error
    except StartError:
        server.close()
        raise
    server.setblocking(False)
    return server


def _make_room(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_socket():
        raise StartError(f"{path} is not a socket and is left alone; give another --socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        raise AlreadyRunningError(path, str(peer(probe)[0]))
