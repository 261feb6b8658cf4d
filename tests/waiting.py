"""Waiting until something is so, where nothing tells of it: it is asked for again and again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

EVERY_S = 0.005


async def until(what: Callable[[], object], within_s: float) -> Any:
    """What it is, once it is so; AssertionError where it is not within that time."""
    end_s = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < end_s, f"not within {within_s} s: {what}"
        await asyncio.sleep(EVERY_S)
    return found


def until_blocking(
    what: Callable[[], object], within_s: float, why: Callable[[], object] | None = None
) -> Any:
    """The same without a loop; `why` gives the text of the error."""
    end_s = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < end_s, f"not within {within_s} s: {why() if why else what}"
        time.sleep(EVERY_S)
    return found
