"""Puts the station together, runs it, and takes it down with the racks off in order.

Nothing is decided here: `control.scan` decides, `loop` runs it, `desk` tells of it.
"""

import asyncio
import gc
import logging
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from headworks.control.scan import first_memory, resume, tell, think
from headworks.field.boards import Boards
from headworks.field.meters import Meters
from headworks.field.modbus.links import Links
from headworks.field.signals import SignalError, Signals, StationReport
from headworks.field.switches import SwitchError, Switches
from headworks.hardware.files import HardwareError
from headworks.model.memory import Memory
from headworks.model.plan import ReasonCode
from headworks.model.site import Site
from headworks.record.memory import Loaded, MemoryStore, boot_id
from headworks.station import journal
from headworks.station.alarms import StationAlarms
from headworks.station.desk import Desk
from headworks.station.heart import Heart
from headworks.station.image import ProcessImage
from headworks.station.journal import Journal, JournalHandler
from headworks.station.keeper import Keeper
from headworks.station.lock import AlreadyRunningError, StartError, held, must_be_whole
from headworks.station.loop import Result, ScanLoop
from headworks.station.notify import Notify
from headworks.station.outputs import Outputs
from headworks.station.reload import look_again
from headworks.station.socket import StationSocket
from headworks.station.starts import WITHIN_S, Starts
from headworks.station.zones import scanned

EXIT_OK, EXIT_CANNOT_START, EXIT_CRASH_LOOP, EXIT_FAULT = 0, 4, 5, 70
STOP_S = 8.0  # the longest that opening the racks one after another may take [ours]
_YOUNG_SCANS, _ALL_SCANS = 16, 4096  # scans between two garbage collections [ours]
_SWITCH_S = 0.0002  # the longest that a scan waits for the threads of log and memory [ours]
SAME_ERROR_S = 10.0  # an error that nobody handled is not told again before [ours]
PART_S = 12.0  # the longest that any one part may take to end; switches want up to 10 s


async def run_station(site: Site, *, socket_path: Path, state_dir: Path) -> int:
    """Run until SIGTERM or SIGINT (0) or until a scan fails (70).

    Returns 4 with one line in the log where it cannot start (a port, a line or the socket is
    taken), and 5 after too many starts without an orderly end; outputs are off in every case.
    """
    log = Journal()
    handler = JournalHandler(log)
    logging.getLogger("headworks").addHandler(handler)
    try:
        with ExitStack() as locks:
            locks.enter_context(held(socket_path.with_name(socket_path.name + ".lock")))
            _lock_state(locks, state_dir, log)
            return await _Station(site, socket_path, state_dir, log).run()
    except (StartError, SwitchError, SignalError, HardwareError) as error:
        log.write(journal.CRITICAL, "cannot start", error=error)
        return EXIT_CANNOT_START
    finally:
        logging.getLogger("headworks").removeHandler(handler)
        log.close()


def _lock_state(locks: ExitStack, state_dir: Path, log: Journal) -> None:
    """No second station in this folder. One that cannot be written is the memory's alarm."""
    try:
        locks.enter_context(held(state_dir / "station.lock"))
    except AlreadyRunningError:
        raise
    except StartError as error:
        log.write(journal.ERROR, "the state folder cannot be used", error=error)
    must_be_whole(state_dir)


class _Station:
    """One run of the station."""

    def __init__(self, site: Site, socket_path: Path, state_dir: Path, log: Journal) -> None:
        boot, now_s = boot_id(), time.monotonic()
        self._site, self._log = site, log
        self._end = asyncio.Event()
        self._hurry = asyncio.Event()
        self._exit = EXIT_OK
        self._ready = False
        self._told_s: dict[str, float] = {}  # the last unhandled error, and when
        self._final: Memory | None = None
        self._looking: asyncio.Future[None] | None = None
        self._notify = Notify()
        self._starts = Starts(state_dir / "starts.json", boot)
        self._store = MemoryStore(state_dir / "memory.db", site, boot)
        self._alarms = StationAlarms()
        self._links = Links()  # meters and relay boards may share a line
        self._switches = Switches(site, self._wake, links=self._links)
        self._signals = Signals(site, self._switches.inputs, self._report, self._wake)
        self._boards = Boards(site, self._wake)
        self._outputs = Outputs(site, self._switches)
        memory = self._recall(self._store.load(first_memory(site, now_s)), now_s)
        self._keeper = Keeper(site, state_dir, boot)
        self._desk = Desk(
            site, self._store, log, self._alarms, memory, boards=self._boards, keeper=self._keeper
        )
        self._loop = self._scan_loop(memory, now_s)
        self._meters = Meters(site, self._loop.on_reading, links=self._links)
        self._socket = StationSocket(socket_path, self._desk)
        self._desk.attach(self._loop)

    async def run(self) -> int:
        """Start, wait for the end, stop; the exit code."""
        wait_s = self._starts.wait_s(time.monotonic())
        if wait_s > 0.0:
            return await self._crash_loop(wait_s)
        self._starts.begin(time.monotonic())
        self._handle_signals()
        try:
            await self._start()
            await self._end.wait()
            await self._open_in_order()
        except (StartError, SwitchError, SignalError):
            self._starts.forget(time.monotonic())
            raise
        finally:
            await self._stop()
        if self._exit == EXIT_OK:
            self._starts.end()
        return self._exit

    async def _start(self) -> None:
        """Meters first, so that the first reading is on its way while outputs are claimed."""
        self._store.start()
        self._keeper.start(time.monotonic())
        self._meters.start()
        await self._boards.start()
        await self._switches.start()  # only now have the outputs been told off
        self._loop.memory = resume(self._site, self._loop.memory, time.monotonic())
        await self._signals.start()
        await self._socket.start()
        self._desk.publish = self._socket.publish
        self._loop.start()
        gc.collect()
        gc.freeze()  # what lives now lives to the end, and need not be looked at again
        gc.disable()  # see _collect
        sys.setswitchinterval(_SWITCH_S)

    async def _open_in_order(self) -> None:
        """Open the racks, least important first, while scans go on and can only open more."""
        self._notify.send("STOPPING=1")
        self._log.write(journal.NOTICE, "stopping", on=len(self._outputs.closed()))
        self._desk.close()
        self._final = resume(self._site, self._loop.memory, time.monotonic())
        priority = {rack.name: rack.priority for rack in self._site.racks}
        names = sorted(self._outputs.closed(), key=lambda name: priority[name])
        pause_s = min(self._site.control.stagger_s, STOP_S / max(len(names), 1))
        for name in names:
            self._outputs.hold_off(name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), pause_s)

    async def _stop(self) -> None:
        """Outputs first, then the rest; no part may keep the others from their end."""
        self._loop.stop()
        self._outputs.open_all()
        await self._part("switches", self._switches.stop)
        await self._part("boards", self._boards.stop)  # permissive relays open last
        if self._final is None:
            self._final = resume(self._site, self._loop.memory, time.monotonic())
        self._store.save(self._final)
        await self._part("memory", lambda: asyncio.to_thread(self._store.close, PART_S / 2))
        await self._part("commands", self._desk.settled)
        self._desk.refuse_rest()
        end_records = partial(self._keeper.close, self._exit, PART_S / 2)
        await self._part("records", partial(asyncio.to_thread, end_records))
        await self._part("socket", self._socket.stop)
        await self._part("signals", self._signals.stop)
        await self._part("meters", self._meters.stop)
        self._log.write(journal.NOTICE, "stopped", exit=self._exit)
        self._notify.close()

    async def _part(self, name: str, stop: Callable[[], Awaitable[object]]) -> None:
        """Stop one part in its time."""
        try:
            await asyncio.wait_for(stop(), PART_S)
        except (TimeoutError, OSError) as error:
            self._log.write(journal.ERROR, "a part does not stop", part=name, error=repr(error))

    async def _crash_loop(self, wait_s: float) -> int:
        """Put every output off and give up: something breaks again and again."""
        try:
            await self._switches.start()
        finally:
            await self._switches.stop()
        self._log.write(
            journal.CRITICAL,
            "crash loop; outputs are off; find the cause in the log, then start again",
            starts=self._starts.count(time.monotonic()),
            within_s=WITHIN_S,
            again_in_s=wait_s,
        )
        return EXIT_CRASH_LOOP

    def _recall(self, loaded: Loaded, now_s: float) -> Memory:
        """What was remembered, and word of what was not."""
        self._alarms.recalled(now_s, loaded.set_aside, loaded.dropped)
        self._log.write(journal.NOTICE, "memory", found=loaded.found, trouble=self._store.trouble)
        return resume(self._site, loaded.memory, now_s)

    def _scan_loop(self, memory: Memory, now_s: float) -> ScanLoop:
        return ScanLoop(
            self._site,
            memory,
            image=ProcessImage(self._site, self._switches, self._signals, self._boards, now_s),
            outputs=self._outputs,
            heart=Heart(self._site, self._switches, self._notify),
            think=think,
            tell=tell,
            after=self._after,
            failed=self._failed,
        )

    def _wake(self) -> None:
        self._loop.wake()

    def _report(self) -> StationReport | None:
        return self._desk.report()

    def _after(self, result: Result) -> None:
        if result.in_time and not self._ready:
            self._ready = True
            self._notify.send("READY=1", f"STATUS=site {self._site.name}")
            self._log.write(journal.NOTICE, "ready", site=self._site.name)
        scanned(self._site, self._boards, result)
        self._desk.after(result)
        self._collect(result.seq)

    def _collect(self, seq: int) -> None:
        """Collect garbage between scans, so that it never falls between sample and switch."""
        if seq % _ALL_SCANS == 0:
            gc.collect()
        elif seq % _YOUNG_SCANS == 0:
            gc.collect(0)

    def _failed(self, error: BaseException) -> None:
        """A scan raised. The outputs are off already; end, so that systemd starts afresh."""
        trace = traceback.extract_tb(error.__traceback__)
        where = f"{trace[-1].filename}:{trace[-1].lineno}" if trace else ""
        self._log.write(
            journal.CRITICAL, "a scan failed; all outputs are off", error=repr(error), at=where
        )
        self._exit = EXIT_FAULT
        self._end.set()

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask_end)
        loop.add_signal_handler(signal.SIGHUP, self._look_at_site)
        loop.set_exception_handler(self._unhandled)

    def _ask_end(self) -> None:
        """The first request opens the racks one by one, a second one all at once."""
        if self._end.is_set():
            self._hurry.set()
        self._end.set()

    def _look_at_site(self) -> None:
        """SIGHUP: the file is checked and the running site stays, whatever it says."""
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        alarm = await asyncio.to_thread(look_again, self._site)
        t_s = time.monotonic()
        for code in (ReasonCode.RESTART_NEEDED, ReasonCode.SITE_REFUSED):
            if alarm is None or alarm.reason.code is not code:
                self._alarms.end_alarm(t_s, "site", code)
        if alarm is not None:
            self._alarms.raise_alarm(t_s, alarm)
        code_of = {"code": alarm.reason.code} if alarm else {}
        self._log.write(journal.NOTICE, "site file looked at again", **code_of)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Something outside a scan raised. What it fed goes stale, and stale is safe."""
        error, message = context.get("exception"), context.get("message", "")
        told, now_s = f"{message} {error!r}", time.monotonic()
        if now_s - self._told_s.get(told, float("-inf")) < SAME_ERROR_S:
            return  # without free descriptors asyncio tells hundreds of times a second
        self._told_s = {told: now_s}
        self._log.write(journal.ERROR, "unhandled error", message=message, error=repr(error))
