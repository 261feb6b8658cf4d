"""A question that only a typed yes answers."""

import sys


def says_yes(question: str) -> bool:
    """Whether the person at the terminal types yes now. What was typed before counts for nothing.

    For where standard input is a terminal.
    """
    from termios import TCIFLUSH, error, tcflush

    try:
        tcflush(sys.stdin, TCIFLUSH)
    except (error, OSError, ValueError):  # it is gone already; reading says so
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "yes"
