"""The scan loop: a sample, a change or a command starts a scan at once, time does at the latest.

From a meter's reply to the switch is one chain of calls: `on_reading`, `think`, outputs; then
`tell` and the sign of life. What can wait (saving, publishing, the journal) is told
afterwards, in the next turn of the event loop. Several samples in one turn make at most two
scans: the first one at once, the others together. Control reads no clock; the time here is
the monotonic one.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

from headworks.control.scan import Thought
from headworks.model.live import Command, Reading, Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.station.delivered import Delivered
from headworks.station.heart import Heart
from headworks.station.image import ProcessImage
from headworks.station.outputs import Outputs
from headworks.station.timing import Timing

Think = Callable[[Site, Memory, Snapshot], Thought]
Tell = Callable[[Thought], tuple[Plan, Memory]]


class Result(NamedTuple):
    """One completed scan."""

    seq: int
    snapshot: Snapshot
    plan: Plan
    memory: Memory
    before: Memory  # what the scan began with
    healthy: bool
    in_time: bool = True
    missing: tuple[str, ...] = ()  # racks whose off was not heard, see `delivered`
    permits: frozenset[str] = frozenset()  # boards whose permissive relay may be closed


class ScanLoop:
    """Runs scans until it is stopped or one of them fails.

    `after(result)` is told of every scan once its outputs are set. `failed(error)` is told
    when a scan raised: by then every output is off, and no further scan will be made.
    """

    def __init__(
        self,
        site: Site,
        memory: Memory,
        *,
        image: ProcessImage,
        outputs: Outputs,
        heart: Heart,
        think: Think,
        tell: Tell,
        after: Callable[[Result], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._site, self._image, self._outputs, self._heart = site, image, outputs, heart
        self._think, self._tell, self._after, self._failed = think, tell, after, failed
        self._loop = asyncio.get_running_loop()
        self._commands: list[Command] = []
        self._results: list[Result] = []
        self._timer: asyncio.TimerHandle | None = None
        self._running = self._this_turn = self._again = False
        self._last_s = 0.0
        self.memory = memory
        self.timing = Timing(site.scan_s)
        self._delivered = Delivered(site, time.monotonic())

    def start(self) -> None:
        """Make the first scan and go on."""
        self._running = True
        self._scan_now()
        self._arm()

    def stop(self) -> None:
        """No further scan."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()

    def on_reading(self, reading: Reading) -> None:
        """A meter was read, well or badly."""
        if self._image.put(reading):
            self.wake()

    def submit(self, command: Command) -> None:
        """A command for the next scan, which starts at once."""
        self._commands.append(command)
        self.wake()

    def wake(self) -> None:
        """Something has changed: scan now, or once more when this turn has had its scan."""
        if self._this_turn:
            self._again = True
        elif self._running:
            self._scan_now()

    def _scan_now(self) -> None:
        self._this_turn = True
        self._loop.call_soon(self._turn_over)
        with _Guard(self._fail):
            self._one_scan()

    def _one_scan(self) -> None:
        t_s = self._last_s = time.monotonic()
        in_time = self.timing.begin(t_s)
        commands, self._commands = tuple(self._commands), []
        stands = self._heart.stands(t_s)
        snapshot = self._image.freeze(t_s, commands, deadman_held=stands)
        before = self.memory
        thought = self._think(self._site, before, snapshot)
        self._outputs.apply(thought, t_s)
        plan, self.memory = self._tell(thought)
        missing = self._delivered.missing(snapshot, plan)
        in_time = self.timing.end(t_s, time.monotonic() - t_s) and in_time
        if in_time:
            self._heart.beat(t_s, renew=not missing)
        healthy = in_time and not missing
        self._results.append(
            Result(
                self.timing.count,
                snapshot,
                plan,
                self.memory,
                before,
                healthy,
                in_time,
                missing,
                thought.permits,
            )
        )

    def _turn_over(self) -> None:
        """The turn of the last scan is over: scan again if something came, then tell."""
        self._this_turn = False
        again, self._again = self._again, False
        results, self._results = self._results, []
        if again and self._running:
            self._scan_now()
        for result in results:
            self._after(result)

    def _arm(self) -> None:
        self._timer = self._loop.call_at(self._last_s + self._site.scan_s, self._tick)

    def _tick(self) -> None:
        """`scan_s` may have gone by without a scan."""
        if time.monotonic() - self._last_s >= self._site.scan_s - 0.001:
            self.wake()
        if self._running:
            self._arm()

    def _fail(self, error: BaseException) -> None:
        self.stop()
        self._outputs.open_all()
        self._failed(error)


class _Guard:
    """Whatever escapes from a scan opens everything; the station does not go on from there."""

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        if error is None:
            return False
        self._fail(error)
        return isinstance(error, Exception)
