"""One run of a board's program: a process with a terminal of its own and two pipes to its pins.

The terminal is the process's controlling one, so that it dies with the simulator, however that
ended. Knows nothing of what is said on it.
"""

import asyncio
import os
import signal
import tty
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

_CHUNK = 4096
_LONGEST_PIN_LINE = 200


class Run:
    """From `start` to `wait`. `on_bytes`: what the board sends; `on_pin`: a line of its pins."""

    def __init__(self, on_bytes: Callable[[bytes], None], on_pin: Callable[[str], None]) -> None:
        self._on_bytes = on_bytes
        self._on_pin = on_pin
        self._process: Process | None = None
        self._fds: dict[str, int] = {}
        self._part = b""

    async def start(
        self,
        command: tuple[str, ...],
        folder: Path,
        env: Mapping[str, str],
        pins: Sequence[str] = (),
    ) -> None:
        """Start the program in its folder, with these lines at its pins from the first moment."""
        master, slave = os.openpty()
        tty.setraw(slave)
        world_read, world_write = os.pipe()
        pins_read, pins_write = os.pipe()
        self._fds = {"terminal": master, "world": world_write, "pins": pins_read}
        for fd in self._fds.values():
            os.set_blocking(fd, False)
        ends = (slave, world_read, pins_write)
        self.tell(pins)
        shim = {
            "HEADWORKS_SHIM_IN": f"/proc/self/fd/{world_read}",
            "HEADWORKS_SHIM_OUT": f"/proc/self/fd/{pins_write}",
        }
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={**env, **shim},
                pass_fds=(world_read, pins_write),
                preexec_fn=partial(_begin, slave),
            )
        except BaseException:
            self._close()
            raise
        finally:
            for fd in ends:
                os.close(fd)
        with suppress(ProcessLookupError):  # it has ended already
            self._fds["process"] = os.pidfd_open(self._process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(master, self._read_bytes)
        loop.add_reader(pins_read, self.read_pins)

    async def wait(self) -> int:
        """Wait for its end, take what it last said, and let go; the exit code."""
        if self._process is None:
            return 0
        try:
            return await self._process.wait()
        except asyncio.CancelledError:
            self.kill()
            await self._process.wait()
            raise
        finally:
            self.read_pins()
            self._read_bytes()
            self._close()

    def kill(self) -> None:
        """End it at once, as a watchdog or a pulled plug does."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Let its program stand still; its pins stay as they are."""
        self._signal(signal.SIGSTOP)

    def type(self, data: bytes) -> None:
        """Bytes from the line; those that find no room are lost, as in a receiver."""
        self._write("terminal", data)

    def tell(self, lines: Sequence[str]) -> bool:
        """What the world does to its pins; whether it was taken."""
        return self._write("world", "".join(f"{line}\n" for line in lines).encode())

    def read_pins(self) -> None:
        """Take the lines of its pins that wait."""
        *lines, self._part = (self._part + self._read("pins")).split(b"\n")
        self._part = self._part[-_LONGEST_PIN_LINE:]
        for line in lines:
            self._on_pin(line.decode("ascii", "replace"))

    def _read_bytes(self) -> None:
        data = self._read("terminal")
        if data:
            self._on_bytes(data)

    def _read(self, name: str) -> bytes:
        """What waits; an end takes the reader off, or it would be called for ever."""
        fd = self._fds.get(name)
        if fd is None:
            return b""
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError:  # the terminal's other side has gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(fd)
        return data

    def _write(self, name: str, data: bytes) -> bool:
        fd = self._fds.get(name)
        if fd is None or not data:
            return False
        with suppress(OSError):
            return os.write(fd, data) == len(data)
        return False

    def _signal(self, number: signal.Signals) -> None:
        """By its own handle: asyncio's way would take the exit code from the one who waits."""
        if "process" in self._fds:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._fds["process"], number)

    def _close(self) -> None:
        loop = asyncio.get_running_loop()
        for fd in self._fds.values():
            loop.remove_reader(fd)
            os.close(fd)
        self._fds = {}


def _begin(slave: int) -> None:
    """In the new process: its own terminal, whose end is its end even below `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.login_tty(slave)
