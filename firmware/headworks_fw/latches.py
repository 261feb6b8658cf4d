"""What local rules have latched, in one small file that outlives restarts and power loss.

A line `OUTPUT CAUSE` for each, the causes of an output in the order in which they came, or the one
word `none`: a file without a word is a broken one.
"""

import os

from . import files

NAME = "latch"
BROKEN = "flash"  # the cause where the file cannot be read or written
_NONE = "none"
_MISSING = 2  # ENOENT


class Latches:
    """The file in this root; old or new at every moment."""

    def __init__(self, root):
        self._path = root + NAME

    def load(self):
        """Output -> causes; empty where no file was written yet; None where it makes no sense."""
        if self._is_missing():
            return {}
        text = files.read(self._path)
        if text == _NONE:
            return {}
        pairs = [line.split() for line in text.split("\n")]
        if not all(len(pair) == 2 for pair in pairs):
            return None
        causes: dict[str, list[str]] = {}
        for output, cause in pairs:
            causes.setdefault(output, []).append(cause)
        return causes

    def save(self, causes):
        """Whether the file now holds these."""
        pairs = [(output, cause) for output, latched in causes.items() for cause in latched]
        text = "\n".join(["%s %s" % pair for pair in pairs]) or _NONE
        return files.write(self._path, text)

    def _is_missing(self):
        try:
            os.stat(self._path)
        except OSError as error:
            return error.args[0] == _MISSING
        return False
