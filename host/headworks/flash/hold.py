"""One program at a time works on a board, also in the moments in which it lets go of the port."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from headworks.flash.errors import FlashError


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
            name.bind("\0headworks-board:" + os.path.realpath(port)[-90:])
        except OSError as error:
            raise FlashError(
                f"{port}: another headworks is flashing the board there; let it end first"
            ) from error
        yield
