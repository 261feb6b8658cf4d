"""Runs a command of this Python and says what it took, as a line of JSON at its end.

`python -m benchlib.weigh -m headworks …`: a process of its own, since Linux counts the memory of
whoever starts a program as the program's. This one is small.
"""

import json
import os
import sys


def main(words: list[str]) -> int:
    """Run it; its exit code."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    command = [sys.executable, *words]
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    told = {"processor_s": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024.0}
    print(json.dumps(told))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
