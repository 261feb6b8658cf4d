"""One process of the demo: started on a leash, its output in a file, ended for certain.

Knows nothing of what the process does; `crew` knows the order.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

_TAIL = 12  # lines of a log that are shown


class ChildError(Exception):
    """A process of the demo ended too early or never got ready; the text holds its last lines."""


class Pipe:
    """A leash: whoever holds `write_end` keeps the reader alive. Closed by `drop`."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self._held = True

    def drop(self) -> None:
        """Close both ends in this process, once."""
        if self._held:
            self._held = False
            os.close(self.read_end)
            os.close(self.write_end)


class Child:
    """A `headworks` command as a process of its own, out of reach of the terminal's Ctrl-C."""

    def __init__(self, name: str, words: list[str], log: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self._words = words
        self._log = log
        self._env = env
        self._process: Process | None = None

    async def start(self, leash: Pipe, also_holds: tuple[Pipe, ...] = ()) -> None:
        """Start it. It ends when `leash` is let go, and keeps `also_holds` alive until then."""
        flags = ["-I"] if sys.flags.isolated else []
        command = [sys.executable, *flags, "-m", "headworks.cli.leash", str(leash.read_end), "--"]
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *self._words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._env},
                start_new_session=True,
                pass_fds=(leash.read_end, *(pipe.write_end for pipe in also_holds)),
            )

    async def ended(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def stop(self, within_s: float) -> bool:
        """Ask it to end, wait, and end it for good if it does not; whether it ended itself."""
        if self._process is None or self._process.returncode is not None:
            return True
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    def last_lines(self) -> str:
        """The end of what it printed."""
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_TAIL:])

    def died(self, code: int) -> ChildError:
        """The error that says that it ended by itself."""
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return ChildError(
            f"the {self.name} ended by itself ({how}); its last lines:\n{self.last_lines()}"
        )
