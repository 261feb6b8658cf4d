"""Runs the demo on a terminal of its own, as a person would see it."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tools.runs import ENDS_S, command, environment

_SIZE = struct.pack("HHHH", 30, 100, 0, 0)


class Terminal:
    """The far end of a pseudo-terminal with a demo on it."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self._seen = ""

    def until(self, *words: str) -> None:
        """Read until all these words have been drawn since the last call. Fails at the deadline."""
        deadline_s = time.monotonic() + ENDS_S
        while not all(word in self._seen for word in words):
            left_s = deadline_s - time.monotonic()
            ready = select.select([self._master], [], [], max(left_s, 0.0))[0]
            assert ready, f"{words} did not appear; the end of what did: {self._seen[-2000:]!r}"
            self._seen += self._read()
        self._seen = ""

    def _read(self) -> str:
        try:
            return os.read(self._master, 65536).decode(errors="replace")
        except OSError as error:  # Linux says EIO when the demo has closed the terminal
            raise AssertionError(f"the terminal ended: {self._seen[-2000:]!r}") from error

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def close(self) -> None:
        """Close the window."""
        os.close(self._master)
        self._master = -1

    def children(self) -> list[psutil.Process]:
        """The demo's processes."""
        return psutil.Process(self.process.pid).children()

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(ENDS_S)


@contextmanager
def on_terminal(folder: Path) -> Iterator[Terminal]:
    """A demo on a terminal of 30 lines and 100 columns; killed at the end if still there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, _SIZE)
    process = subprocess.Popen(
        command("--day", "clear", "--start", "11:00"),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment(folder), "TERM": "xterm-256color"},
        preexec_fn=lambda: _control(slave),  # noqa: PLW1509 — a terminal is taken only there
        close_fds=True,
        pass_fds=(slave,),
    )
    os.close(slave)
    terminal = Terminal(process, master)
    try:
        yield terminal
    finally:
        left = terminal.children() if process.poll() is None else []
        for one in [process, *left]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(ENDS_S)
        if terminal._master >= 0:
            terminal.close()


def _control(slave: int) -> None:
    """Make the terminal the one that Ctrl-C and a closed window speak through."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.close(slave)
