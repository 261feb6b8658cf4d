"""One program at a time works on a board, also in the moments in which it lets go of the port."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from headworks.flash.errors import FlashError

_PTYS = "/dev/pts/"  # simulated boards; an inode there is a number that comes again


def _place(port: str) -> str:
    """What is plugged in at a port now, by whichever path it is named.

    A path alone would be the next board's too: numbers of ports come again as soon as one is
    unplugged, while a program may still wait there for its board to come back.
    """
    path = os.path.realpath(port)
    try:
        found = os.stat(path)
    except OSError:
        return path[-60:]  # whoever opens it says so better
    born_ns = found.st_ctime_ns if path.startswith(_PTYS) else 0
    return f"{path[-60:]} {found.st_ino} {born_ns}"


@contextmanager
def hold(port: str) -> Iterator[None]:
    """Keep other programs like this one away from a port. Raises FlashError where one is there.

    The kernel frees an abstract socket's name when its process ends, however it does, and asks
    for no rights in any folder. Other systems than Linux have none: there nothing is kept away.
    """
    if sys.platform != "linux":
        yield
        return
    with socket.socket(socket.AF_UNIX) as name:
        try:
            name.bind(f"\0headworks-board:{_place(port)}")
        except OSError as error:
            raise FlashError(
                f"{port}: another headworks is flashing the board there; let it end first"
            ) from error
        yield
