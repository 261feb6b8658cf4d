"""Pseudo-terminals with names of their own.

A number under /dev/pts is given out anew as soon as it is free, also to tests that run beside. Who
tries to come back to it would talk into theirs; a name in a folder of its own is gone for good.
"""

import os
import pty
import shutil
import tempfile
import tty
from pathlib import Path


class Pair:
    """Both ends, raw: descriptors `ours` and `theirs`; `path` is what a program opens as theirs."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        for end in (self.ours, self.theirs):
            tty.setraw(end)
        self._folder = Path(tempfile.mkdtemp(prefix="headworks-tty-"))
        self.path = str(self._folder / "tty")
        os.symlink(os.ttyname(self.theirs), self.path)

    def close(self) -> None:
        """The name goes first."""
        shutil.rmtree(self._folder)
        os.close(self.ours)
        os.close(self.theirs)
