"""Runs a command on a terminal of its own, as a person would see it and type at it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tools.runs import ENDS_S, command, environment

_WHERE, _THERE = b"\x1b[6n", b"\x1b[1;1R"  # where is the cursor? as a terminal says


class Terminal:
    """The far end of a pseudo-terminal with a command on it, which Ctrl-C reaches."""

    def __init__(
        self,
        words: list[str],
        env: dict[str, str],
        folder: Path | None = None,
        *,
        term: str = "xterm-256color",
        lines: int = 24,
        columns: int = 80,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            words, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env={**env, "TERM": term},
            preexec_fn=lambda: _control(slave),  # noqa: PLW1509 — a terminal is taken only there
            close_fds=True, pass_fds=(slave,),
        )  # fmt: skip
        os.close(slave)
        self._seen = ""

    def until(self, *words: str) -> str:
        """Read until all these words have been drawn since the last call. Fails at the deadline."""
        deadline_s = time.monotonic() + ENDS_S
        while not all(word in self._seen for word in words):
            left_s = deadline_s - time.monotonic()
            ready = select.select([self._master], [], [], max(left_s, 0.0))[0]
            assert ready, f"{words} did not appear; the end of what did: {self._seen[-2000:]!r}"
            self._read()
        seen, self._seen = self._seen, ""
        return seen

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError as error:  # Linux says EIO when the command has closed the terminal
            raise AssertionError(f"the terminal ended: {self._seen[-2000:]!r}") from error
        if _WHERE in data:
            os.write(self._master, _THERE)
        self._seen += data.decode(errors="replace")

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def close(self) -> None:
        """Close the window."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def children(self) -> list[psutil.Process]:
        """The command's processes."""
        return psutil.Process(self.process.pid).children()

    def ended(self) -> int:
        """Wait for its end, taking in what it still draws; the exit code."""
        deadline_s = time.monotonic() + ENDS_S
        while self.process.poll() is None and self._master >= 0:
            assert time.monotonic() < deadline_s, f"it does not end: {self._seen[-2000:]!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                with contextlib.suppress(AssertionError):
                    self._read()
        return self.process.wait(ENDS_S)

    def end(self) -> None:
        """Kill what is left of it, and close the window."""
        left = self.children() if self.process.poll() is None else []
        for one in [self.process, *left]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(ENDS_S)
        self.close()


@contextmanager
def on_terminal(folder: Path) -> Iterator[Terminal]:
    """A demo on a terminal of 30 lines and 100 columns; killed at the end if still there."""
    words = command("--day", "clear", "--start", "11:00")
    terminal = Terminal(words, environment(folder), lines=30, columns=100)
    try:
        yield terminal
    finally:
        terminal.end()


def _control(slave: int) -> None:
    """Make the terminal the one that Ctrl-C and a closed window speak through, and are heard."""
    for number in (signal.SIGINT, signal.SIGHUP):  # nohup, and shells in the background
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.close(slave)
