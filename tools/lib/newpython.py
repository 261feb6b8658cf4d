"""Finds a Python that is new enough and goes on in it. Parses on every Python 3.

Installs nothing. It is the only file here that may meet an old Python, so no new syntax.
"""

import os
import shutil
import sys

LEAST = (3, 11)
NEWEST = 20


def newer_python(which=shutil.which):
    """Path of the newest python3.N on PATH with N high enough, or None."""
    for minor in range(NEWEST, LEAST[1] - 1, -1):
        found = which("python3.%d" % minor)
        if found:
            return found
    return None


def ensure(version=sys.version_info[:2], which=shutil.which, execute=os.execv):
    """Return if this Python will do; else start again in one that will, or exit with advice."""
    if tuple(version) >= LEAST:
        return
    found = newer_python(which)
    if found:
        execute(found, [found] + sys.argv)
    sys.exit(
        "headworks: this is Python %d.%d and Python 3.11 or newer is needed.\n"
        "No newer python3.N was found on PATH. Install one (python.org, your system's packages\n"
        "or pyenv) and run this again; nothing has been changed." % tuple(version)
    )
