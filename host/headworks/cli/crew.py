"""The two processes of the demo, simulator and station: started, watched, ended in order.

The station ends first, so that it can still switch its racks off; then the simulator is asked
whether every contactor is truly open, and ends. Shows nothing.
"""

import asyncio
import fcntl
import os
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from headworks import paths
from headworks.cli.child import Child, ChildError, Pipe
from headworks.faces.client import StationClient, StationError
from headworks.sim.client import SimError, ask

READY_S = 20.0
STOP_S = 10.0
OPEN_S = 2.0  # contactors take their travel time after the station has gone
_POLL_S = 0.05

Truth = dict[str, Any]


class Crew:
    """Simulator and station of one site, in one folder that also holds their sockets."""

    def __init__(self, folder: Path, site: Path, sim_words: list[str]) -> None:
        self.station_socket = folder / "station.sock"
        self._sim_socket = folder / "sim.sock"
        env = {"HEADWORKS_RUNTIME": str(folder), "HEADWORKS_STATE": str(folder / "state")}
        sim = ["sim", "serve", "--site", str(site), "--socket", str(self._sim_socket)]
        pins = ["--pins", str(folder / "pins.sock")]
        run = ["run", "--site", str(site), "--socket", str(self.station_socket)]
        state = ["--state", str(folder / "state")]
        self.sim = Child("simulator", [*sim, *pins, *sim_words], folder / "sim.log", env)
        self.station = Child("station", [*run, *state], folder / "station.log", env)
        self._sim_leash, self._station_leash = Pipe(), Pipe()

    async def start(self) -> None:
        """Start both and wait until they answer. Raises ChildError."""
        await self.sim.start(self._sim_leash)
        await self._ready(self.sim, self._sim_answers)
        await self.station.start(self._station_leash, also_holds=(self._sim_leash,))
        await self._ready(self.station, self._station_answers)

    async def fell(self) -> ChildError:
        """Wait until either ends by itself; what to say about it."""
        ends = {asyncio.create_task(child.ended()): child for child in (self.sim, self.station)}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            first = next(iter(done))
            return ends[first].died(first.result())
        finally:
            for task in ends:
                task.cancel()

    async def truth(self) -> Truth | None:
        """What the simulator knows to be true now, or None when it does not answer."""
        try:
            reply = await asyncio.to_thread(ask, self._sim_socket, "status")
        except SimError:
            return None
        status: Truth = reply["status"]
        return status

    async def stop(self) -> Truth | None:
        """End both in order; the last truth, taken when the station had gone."""
        await self.station.stop(STOP_S)
        last = await self._all_open()
        await self.sim.stop(STOP_S)
        for pipe in (self._station_leash, self._sim_leash):
            pipe.drop()
        return last

    async def _all_open(self) -> Truth | None:
        """The truth as soon as every contactor is open, or when waiting makes no sense."""
        deadline_s = asyncio.get_running_loop().time() + OPEN_S
        while True:
            last = await self.truth()
            if last is None or not still_closed(last):
                return last
            if asyncio.get_running_loop().time() > deadline_s:
                return last
            await asyncio.sleep(_POLL_S)

    async def _ready(self, child: Child, answers: Callable[[], Awaitable[bool]]) -> None:
        """Wait until it answers. Raises ChildError when it ends first or takes too long."""
        ended = asyncio.create_task(child.ended())
        try:
            async with asyncio.timeout(READY_S):
                while not await answers():
                    if ended.done():
                        raise child.died(ended.result())
                    await asyncio.wait({ended}, timeout=_POLL_S)
        except TimeoutError:
            lines = child.last_lines()
            raise ChildError(
                f"the {child.name} is not ready after {READY_S:.0f} s; its last lines:\n{lines}"
            ) from None
        finally:
            ended.cancel()

    async def _sim_answers(self) -> bool:
        return self._sim_socket.exists() and await self.truth() is not None

    async def _station_answers(self) -> bool:
        try:
            async with StationClient(self.station_socket) as client:
                await client.state()
        except StationError:
            return False
        return True


def still_closed(truth: Mapping[str, Any]) -> list[str]:
    """Racks whose contactor is truly closed."""
    return [rack["name"] for rack in truth["racks"] if rack["closed"]]


class Sign:
    """Links in the runtime folder, so that a second terminal finds the demo by itself.

    A link is set only where nothing lies or where a dead one does; a real station's is let be.
    """

    def __init__(self, folder: Path, runtime: Path | None = None) -> None:
        self._folder = folder
        self._runtime = runtime or paths.runtime_dir()
        self._made: list[Path] = []
        self._held: int | None = None

    def post(self) -> bool:
        """Set the links; whether a second terminal will find the demo."""
        try:
            self._runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _ours(self._runtime) or not self._hold():
                return False
            made = [self._link(name) for name in ("sim.sock", "station.sock")]
            return all(made)
        except OSError:
            return False

    def _hold(self) -> bool:
        """Whether the folder is ours until we end, however we do; of demos one alone has links.

        Where two begin at once, the first one's sockets are still to come and its links look dead.
        """
        folder = os.open(self._runtime, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(folder)
            return False
        self._held = folder
        return True

    def _link(self, name: str) -> bool:
        link = self._runtime / name
        if link.is_symlink() and not link.exists():
            link.unlink()  # of a demo that was killed
        if link.exists():
            return False
        link.symlink_to(self._folder / name)
        self._made.append(link)
        return True

    def take_down(self) -> None:
        """Remove our own links."""
        for link in self._made:
            if link.is_symlink() and link.readlink().parent == self._folder:
                link.unlink(missing_ok=True)
        held, self._held = self._held, None
        if held is not None:
            os.close(held)


def _ours(folder: Path) -> bool:
    """Whether nobody else may put anything there."""
    found = os.stat(folder, follow_symlinks=False)
    return found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o022
