"""Runs a `headworks` command that ends when its holder does, however the holder ended.

`python -m headworks.cli.leash FD -- run --site SITE`: FD is the read end of a pipe whose other
end the holder keeps. When the holder is gone, even by SIGKILL, the pipe ends and this process
gets a SIGTERM of its own, so the command ends in its ordinary order. Starts nothing else.
"""

import os
import signal
import sys
import threading
import time

from headworks.cli.main import main

GRACE_S = 20.0  # for an orderly end, before the process is ended for good


def watch(fd: int, grace_s: float = GRACE_S) -> None:
    """Block until the pipe ends, then end this process."""
    while os.read(fd, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os.kill(os.getpid(), signal.SIGKILL)


def hold(fd: int) -> None:
    """Watch the pipe from a thread that never keeps the process alive."""
    threading.Thread(target=watch, args=(fd,), name="leash", daemon=True).start()


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    sys.argv[0] = "headworks"
    sys.exit(main(sys.argv[3:]))
