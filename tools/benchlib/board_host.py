"""The host's half of a site's sensor boards alone, for so long; prints its share of a processor."""

import asyncio
import json
import sys
import time
from pathlib import Path

from headworks.field.boards import Boards, BoardState
from headworks.site import load_site

WAIT_S = 30.0
NOBODY: frozenset[str] = frozenset()


async def watch(site: Path, span_s: float) -> float:
    """Percent of one processor, with a scan four times a second."""
    boards = Boards(load_site(site), lambda: None)
    await boards.start()
    end_s = time.monotonic() + WAIT_S
    while not all(view.state is BoardState.RUNS for view in boards.views()):
        if time.monotonic() > end_s:
            raise SystemExit("\n".join(f"{v.name}: {v.state} {v.cause}" for v in boards.views()))
        await asyncio.sleep(0.1)
    began_s, used_s = time.monotonic(), time.process_time()
    while time.monotonic() - began_s < span_s:
        await asyncio.sleep(0.25)
        boards.scanned(dict(boards.observations()), NOBODY, NOBODY)
        boards.events()
        boards.alarms()
    share = (time.process_time() - used_s) / (time.monotonic() - began_s)
    await boards.stop()
    return 100.0 * share


if __name__ == "__main__":
    print(json.dumps({"share_percent": asyncio.run(watch(Path(sys.argv[1]), float(sys.argv[2])))}))
