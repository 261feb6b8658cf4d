"""A real station with hardly a descriptor left."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

from station.substation import Substation, play, until, until_view


def test_without_free_descriptors_racks_are_still_shed(tmp_path: Path) -> None:
    """Clients take every descriptor: control goes on, and the log is not filled with it."""

    async def work(place: Substation) -> None:
        few = "import resource;resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))"
        async with place.station(few) as process:
            place.meter.import_kw = -100.0
            await until_view(place, lambda v: all(rack["on"] for rack in v["racks"]))
            with ExitStack() as clients:
                for _ in range(60):
                    client = clients.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    await asyncio.get_running_loop().sock_connect(client, str(place.socket))
                await until(lambda: "Too many open files" in process.log)
                place.meter.import_kw = 300.0
                await until(lambda: not any(place.relays.coils))
            await until_view(place, lambda v: v["healthy"])
            process.child.terminate()
            assert await process.exit() == 0
            assert process.log.count("Too many open files") <= 2

    play(tmp_path, work)
