"""A pseudo-terminal whose slave side stands at a serial path, as a port would.

Takes the path over from the dead, never from the living. Moves no bytes.

The link leads through our own /proc entry where there is one: a number under /dev/pts is given out
anew as soon as it is free, and after a killed simulator a station would open somebody's terminal.
"""

import fcntl
import os
import tty
from pathlib import Path
from typing import TextIO


class ServeError(Exception):
    """Something cannot be served; the text says what and what to do."""


class LinkedPty:
    """Raw, and linked at the path of `connect` ("serial:PATH") from `open` to `close`."""

    def __init__(self, connect: str) -> None:
        self.connect = connect
        self._path = Path(connect.removeprefix("serial:"))
        self._master: int | None = None
        self._slave: int | None = None
        self._name = ""
        self._claim: TextIO | None = None  # beside the path, locked as long as we live

    def open(self) -> int:
        """Make the pty and its link; the master side. Raises ServeError.

        After `hang_up` it is another pty: the old one's number is not free before.
        """
        before = self._slave
        master, self._slave = os.openpty()
        self._master, self._name = master, _name(self._slave)
        if before is not None:
            os.close(before)
        tty.setraw(self._slave)
        self._link(self._name)
        return master

    def hang_up(self) -> None:
        """The port is gone for whoever has it open, and from its path if the link is ours."""
        if self._master is None:
            return
        if self._path.is_symlink() and str(self._path.readlink()) == self._name:
            self._path.unlink()
        os.close(self._master)
        self._master = None

    def close(self) -> None:
        """Hang up for good."""
        self.hang_up()
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None
        if self._claim is not None:
            Path(self._claim.name).unlink(missing_ok=True)
            self._claim.close()
            self._claim = None

    def _link(self, slave: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            dead = self._is_of_the_dead()
            if self._path.is_symlink() and (dead or not self._path.exists()):
                self._path.unlink()  # of a simulator that was killed
            self._path.symlink_to(slave)
        except FileExistsError as error:
            raise ServeError(
                f"{self.connect}: {self._path} is there already, perhaps a real port or another "
                "simulator; stop that one or give the training site another path"
            ) from error
        except OSError as error:
            raise ServeError(
                f"{self.connect}: {error.strerror}; write a path that may be made"
            ) from error

    def _is_of_the_dead(self) -> bool:
        """Whether a simulator made the path that lives no more. From now on the path is ours.

        Its pty's number may belong to somebody else by now, so the link alone does not tell.
        """
        if self._claim is not None:
            return True
        beside = self._path.with_name(f"{self._path.name}.claim")
        was_there = beside.exists()
        claim = beside.open("a")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            return False
        self._claim = claim
        return was_there


def _name(slave: int) -> str:
    """What the pty is called as long as this process has it open."""
    ours = f"/proc/{os.getpid()}/fd/{slave}"
    return ours if os.path.exists(ours) else os.ttyname(slave)
