"""What the page knows of the station: one subscription, shared by everybody who looks.

Says how old its picture is and whether the station is there. Decides nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from headworks import __version__
from headworks.faces.client import State, StationClient, StationError
from headworks.faces.languages.files import language
from headworks.faces.web.acks import Acks
from headworks.faces.web.metrics import exposition
from headworks.faces.web.picture import picture
from headworks.faces.web.witness import Witness

EVERY_S = 0.5  # between two pictures
AGAIN_S = 1.0  # between two tries to reach the station
SILENT_S = 5.0  # a station that is there but says nothing for so long hangs
NOT_UNDERSTOOD = (
    f"this page (version {__version__}) does not understand what the station says; install the "
    "same version of both"
)
KEPT_EVENTS = 200
KEPT_PICTURES = 400  # of the meters' powers, for the sign test: over three minutes
_MOVING = ("starting", "stopping")  # what a rack draws changes by itself


class Powers(NamedTuple):
    """Of one picture, for the sign test. `moved`: racks that were switched, or change still."""

    t_s: float
    by_meter: Mapping[str, float | None]
    moved: frozenset[str] = frozenset()


class Feed:
    """The latest state. `run` keeps it fresh until it is cancelled."""

    def __init__(self, socket: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.socket = socket
        self.state: State | None = None
        self.events: list[State] = []
        self.powers: deque[Powers] = deque(maxlen=KEPT_PICTURES)
        self.acks = Acks()
        self.witness = Witness()
        self.cause = "the station has not been reached yet"
        self.version = 0
        self._heard_s = 0.0
        self._clock = clock
        self._changed = asyncio.Event()

    @property
    def age_s(self) -> float | None:
        """How old the picture is; None before the first."""
        return None if self.state is None else self._clock() - self._heard_s

    @property
    def now_s(self) -> float:
        """Now, by the clock of the witness."""
        return self._clock()

    def power_between(self, meter: str, oldest_s: float, newest_s: float) -> list[float | None]:
        """A meter's powers, from so many seconds ago to so many; None where it was not known."""
        now = self._clock()
        return [
            one.by_meter.get(meter)
            for one in self.powers
            if now - oldest_s <= one.t_s <= now - newest_s
        ]

    def moved(self, oldest_s: float) -> list[str]:
        """Racks whose power may have changed by a switching, since so many seconds ago."""
        since_s = self._clock() - oldest_s
        return sorted({name for one in self.powers if one.t_s >= since_s for name in one.moved})

    async def run(self) -> None:
        """Subscribe, and again whenever the station comes back."""
        while True:
            try:
                async with StationClient(self.socket) as client:
                    await self._follow(client)
            except TimeoutError:
                self._lose(f"the station is there but has said nothing for {SILENT_S:.0f} s")
            except (StationError, ValueError) as error:
                self._lose(str(error))
            except (LookupError, TypeError, AttributeError, RecursionError):
                self._lose(NOT_UNDERSTOOD)
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, client: StationClient) -> None:
        states = client.subscribe(EVERY_S)
        tried = False
        while True:
            async with asyncio.timeout(SILENT_S):
                state = await anext(states)
            if not tried:  # drawn once on trial, since it may be of another version
                picture(state, cause="", age_s=0.0, language=language(""), events=state["events"])
                exposition(state, "", 0.0, "")
                tried = True
            self._take(state)

    def _take(self, state: State) -> None:
        new = [event for event in state["events"] if event not in self.events]
        self.events = [*self.events, *new][-KEPT_EVENTS:]
        self.acks.see(new, state["alarms"])
        before, self.state, self._heard_s, self.cause = self.state, state, self._clock(), ""
        self.witness.take(self._heard_s, state)
        if before is not None and before["site"]["sha256"] != state["site"]["sha256"]:
            self.powers.clear()  # its meters may count the other way round now
        powers = {meter["name"]: meter["power_kw"] for meter in state["meters"]}
        self.powers.append(Powers(self._heard_s, powers, _moved(before, state)))
        self._tell()

    def _lose(self, cause: str) -> None:
        if cause != self.cause:
            self.cause = cause
            self._tell()

    def _tell(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def newer(self, than: int, within_s: float) -> bool:
        """Wait for a picture newer than version `than`; False when none came in time."""
        if self.version != than:
            return True
        try:
            async with asyncio.timeout(within_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


def _moved(before: State | None, state: State) -> frozenset[str]:
    was = {rack["name"]: rack["on"] for rack in (before or state)["racks"]}
    return frozenset(
        rack["name"]
        for rack in state["racks"]
        if rack["state"] in _MOVING or rack["on"] != was.get(rack["name"])
    )
