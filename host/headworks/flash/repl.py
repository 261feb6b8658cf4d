"""A board's prompt, through mpremote's transport: runs scripts there and carries out steps.

mpremote 1.29.0 is pinned, as this transport is no stable interface of it.
"""

import contextlib
import io
import math
import struct
import time
from collections.abc import Callable
from types import TracebackType

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from headworks.flash.contents import SCRIPT, Contents, parse
from headworks.flash.errors import AGAIN, FlashError
from headworks.flash.holders import why_shut
from headworks.flash.plan import Step

CHUNK = 256
_PROMPT_S = 4.0  # the longest that a board may take to reach its prompt
_DEAF_S = 10.0  # the longest that a board may take to read what is sent
_TRIES = 2
_MOST_BYTES = 1 << 20  # of what one script prints; a full board's list of files is a twentieth
_AWAY = (TransportError, OSError)
_STRANGE = (UnicodeDecodeError, struct.error)  # the transport takes an answer's form for granted


class NoPromptError(FlashError):
    """Nothing at the port behaves like MicroPython's prompt."""


class Prompt:
    """The raw prompt of the board at a port. Use it with `with`. Raises FlashError everywhere."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._transport: SerialTransport | None = None

    def __enter__(self) -> "Prompt":
        transport = _open(self._port)
        self._transport = transport
        try:
            self._reach(transport)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close()

    def contents(self) -> Contents:
        """What is on the board."""
        return parse(self.run(SCRIPT), self._port)

    def run(self, script: str) -> str:
        """What a script prints there."""
        transport = self._transport
        if transport is None:
            raise FlashError(f"{self._port}: not open")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                output: bytes = transport.exec(script)
        except TransportExecError as error:
            raise FlashError(
                f"{self._port}: the board says: {_last_line(error.error_output)}"
            ) from error
        except _AWAY as error:
            raise FlashError(f"{self._port}: the board went away ({error}); {AGAIN}") from error
        except _STRANGE as error:
            raise FlashError(_no_sense(self._port, str(error))) from error
        return output.decode(errors="replace")

    def restart(self) -> None:
        """Start the firmware that is there."""
        self.run(script(Step("remove", "maint")))
        self._reset()

    def carry_out(self, step: Step, progress: Callable[[int], None]) -> None:
        """One step. `progress` is told of bytes that were sent."""
        if step.do == "send":
            self._send(step, progress)
        elif step.do == "reset":
            self._reset()
        elif step.do == "check":
            self._check(step)
        else:
            self.run(script(step))

    def _send(self, step: Step, progress: Callable[[int], None]) -> None:
        self.run(f"f=open({step.path!r},'wb')\nw=f.write")
        for at in range(0, len(step.data), CHUNK):
            chunk = step.data[at : at + CHUNK]
            self.run(f"w({chunk!r})")
            progress(len(chunk))
        self.run("f.close()")

    def _check(self, step: Step) -> None:
        found = self.run(f"print(_sum({step.path!r}))").strip()
        if found != step.digest:
            raise FlashError(f"{step.path} arrived damaged; nothing was replaced. Try again")

    def _reset(self) -> None:
        transport = self._transport
        if transport is None:
            return
        with contextlib.suppress(*_AWAY, *_STRANGE):
            transport.exec_raw_no_follow("import machine\nmachine.reset()")
            time.sleep(0.1)  # the board acts on it before the port is closed

    def _reach(self, transport: SerialTransport) -> None:
        """A prompt with an empty heap. A Ctrl-C may fall into a moment that hears none."""
        for left in reversed(range(_TRIES)):
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    transport.enter_raw_repl(soft_reset=True, timeout_overall=_PROMPT_S)
                return
            except (*_AWAY, *_STRANGE) as error:
                if not left:
                    raise NoPromptError(
                        f"{self._port}: no MicroPython prompt there; run the same command again. "
                        "If that does not help, unplug the board, hold its BOOTSEL button, plug it "
                        "in, and flash with --uf2 FILE"
                    ) from error

    def _close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            with contextlib.suppress(OSError):
                transport.close()


class _Transport(SerialTransport):  # type: ignore[misc]
    """mpremote's, with an end to everything: it waits without one while a board talks, or is deaf.

    What is read is otherwise the same. [mpremote 1.29.0]
    """

    def __init__(self, port: str) -> None:
        super().__init__(port, baudrate=115200, exclusive=True, timeout=_PROMPT_S)
        self.serial.write_timeout = _DEAF_S

    def read_until(
        self,
        min_num_bytes: int,  # noqa: ARG002 - nor does mpremote read it
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: None = None,  # noqa: ARG002 - nobody here has one
        timeout_overall: float | None = None,
    ) -> bytes:
        data, quiet_s = bytearray(), time.monotonic()
        end_s = math.inf if timeout_overall is None else quiet_s + timeout_overall
        while not data.endswith(ending):
            new = self.serial.read(1) if self.is_pty or self.serial.in_waiting else b""
            now_s = time.monotonic()
            data += new
            if new:
                quiet_s = now_s
            if len(data) > _MOST_BYTES:
                raise FlashError(_no_sense(self.device_name, "it talks without end"))
            if now_s >= end_s or (timeout is not None and now_s >= quiet_s + timeout):
                break
            if not new:
                time.sleep(0.01)
        return bytes(data)


def _no_sense(port: str, why: str) -> str:
    return (
        f"{port}: what answers there makes no sense ({why}); unplug the board, plug it in, and run "
        "the same command again"
    )


def script(step: Step) -> str:
    """A step as MicroPython; `send`, `check` and `reset` are not single scripts."""
    if step.do == "mkdir":
        return (
            f"import os\ntry: os.mkdir({step.path!r})\nexcept OSError as e:\n if e.errno!=17: raise"
        )
    if step.do == "remove":
        return (
            f"import os\ntry: os.remove({step.path!r})\nexcept OSError as e:\n if e.errno!=2: raise"
        )
    if step.do == "rename":
        return f"import os\nos.rename({step.path!r},{step.other!r})"
    return (
        f"with open({step.other!r},'rb') as r, open({step.path!r},'wb') as w:\n"
        " while True:\n  b=r.read(512)\n  if not b: break\n  w.write(b)"
    )


def _open(port: str) -> SerialTransport:
    """The port, once nobody else has it. mpremote itself swallows why it cannot be opened."""
    try:
        serial.Serial(port, exclusive=True).close()
        return _Transport(port)
    except (OSError, TransportError, ValueError) as error:
        raise FlashError(why_shut(port, error)) from error


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"
