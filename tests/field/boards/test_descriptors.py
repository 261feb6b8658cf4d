"""What a board costs that comes and goes for a month: no descriptor stays behind."""

import asyncio
import os
import pty
import tty

import pytest

from headworks.field.boards import port

pytestmark = pytest.mark.needs("linux")
TIMES = 300  # ten times a day for a month
WITHIN_S = 60.0


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def unplugged_again_and_again(path: str, times: int) -> list[int]:
    """The descriptors of this process after each time that the board was plugged in and was heard."""
    heard = asyncio.Event()
    line = port.Port(
        f"serial:{path}", 115200, opened=lambda _: None, closed=lambda _: None,
        received=lambda _: heard.set(),
    )  # fmt: skip
    counts = []
    for n in range(times):
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), path)
        if not n:
            line.start()
        while not heard.is_set():
            os.write(master, b"\n")  # the first ones are flushed as it opens the port
            await asyncio.wait([asyncio.ensure_future(heard.wait())], timeout=0.002)
        counts.append(descriptors())
        heard.clear()
        os.unlink(path)
        os.close(slave)
        os.close(master)
    await line.stop()
    return counts


def test_a_board_that_comes_and_goes_leaves_no_descriptor(tmp_path, monkeypatch):
    """After hundreds of times at a new port there are as many descriptors as after the first."""
    monkeypatch.setattr(port, "RETRY_S", 0.001)
    counts = asyncio.run(
        asyncio.wait_for(unplugged_again_and_again(str(tmp_path / "board"), TIMES), WITHIN_S)
    )
    assert set(counts) == {counts[0]}
