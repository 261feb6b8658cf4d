"""A month's statement, made by `headworks statement` in a process of its own, one at a time.

That process has its own memory and ends with a time-out; the page only hands its file on.
"""

import asyncio
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from headworks.faces.web.refused import RefusedError

TIMEOUT_S = 180.0
FORMS = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


class Order(NamedTuple):
    """What is wanted; every word of it has been checked."""

    month: str
    form: str
    language: str


class Statements:
    """Makes them."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def make(self, order: Order, records: Path, site: Path) -> tuple[str, bytes]:
        """Name and bytes of the file. Raises RefusedError with what the command said."""
        if self._one.locked():
            raise RefusedError(503, "statement-busy")
        async with self._one:
            with tempfile.TemporaryDirectory(prefix="headworks-") as name:
                await _run(order, records, site, Path(name))
                found = [*Path(name).iterdir()]
                if len(found) != 1:
                    raise RefusedError(500, "statement-missing")
                return found[0].name, await asyncio.to_thread(found[0].read_bytes)


async def _run(order: Order, records: Path, site: Path, out: Path) -> None:
    words = ["--month", order.month, f"--{order.form}", "--language", order.language]
    words += ["--records", str(records), "--site", str(site), "--out", str(out)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "headworks", "statement", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    _give_up_first(process.pid)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, told = await process.communicate()
    except TimeoutError:
        raise RefusedError(503, "statement-slow", most=f"{TIMEOUT_S:.0f}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode is not None and process.returncode < 0:
        raise RefusedError(503, "statement-ended")
    if process.returncode != 0:
        lines = told.decode("utf-8", "replace").strip().splitlines()
        if not lines:
            raise RefusedError(500, "statement-missing")
        why = lines[-1].removeprefix("headworks: ")[:500]
        raise RefusedError(409, "statement-refused", told=why)


def _give_up_first(pid: int) -> None:
    """Where memory ends, a statement goes before the page does. Other systems have no such file."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")
