"""Runs the demo: prepares a folder, starts the crew, shows states until the end, sums up."""

import argparse
import asyncio
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from headworks.cli.child import ChildError
from headworks.cli.crew import Crew, Sign, still_closed
from headworks.cli.demo import DAY_S, sim_words
from headworks.cli.demo_page import DemoPage, place
from headworks.cli.demo_site import TEMPLATE, training_copy
from headworks.cli.demo_sum import summary, summary_text
from headworks.cli.shows import Show, choose
from headworks.faces.client import StationClient, StationError
from headworks.faces.words import duration
from headworks.site import check

_LONGEST_FOLDER = 45  # a site file takes paths of 80 characters, a Unix socket little more
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def show_demo(args: argparse.Namespace) -> int:
    """The whole demo; the exit code as `demo.run` documents. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="headworks-", dir=_short_tmp()) as name:
        folder = Path(name)
        source = args.site or TEMPLATE
        text = training_copy(source.read_text(encoding="utf-8"), folder)
        if not _is_good(text, source):
            return 2
        site = folder / "site.toml"
        site.write_text(text, encoding="utf-8")
        try:
            return asyncio.run(_Demo(args, folder, site).run())
        except ChildError as error:
            print(f"headworks demo: {error}", file=sys.stderr)
            return 1


def _short_tmp() -> str | None:
    """The usual temporary folder, or /tmp where that is too long for sockets."""
    return "/tmp" if len(tempfile.gettempdir()) > _LONGEST_FOLDER else None


def _is_good(text: str, source: Path) -> bool:
    """Whether the site file has no mistake; else prints each with its place in the original."""
    site, problems = check(text, str(source))
    for problem in () if site else problems:
        print(problem.render(str(source)), file=sys.stderr)
    return site is not None


class _Demo:
    """One run of the demo."""

    def __init__(self, args: argparse.Namespace, folder: Path, site: Path) -> None:
        self._args = args
        self._crew = Crew(folder, site, sim_words(args))
        self._page = DemoPage(folder, self._crew.station_socket, place(args))
        self._sign = Sign(folder)
        self._folder = folder
        self._end = asyncio.Event()
        self._began: tuple[float, float] = (0.0, 0.0)  # monotonic s, second of the day

    async def run(self) -> int:
        """Start, show, end. Raises ChildError after everything has been ended."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._end.set)
        found = self._sign.post()
        try:
            if not await self._started():
                return 0
            return await self._shown(is_found=found)
        finally:
            self._sign.take_down()
            await self._page.stop()
            await self._crew.stop()  # does nothing where it has been stopped

    async def _started(self) -> bool:
        """Start the crew; False when the end came first. Raises ChildError."""
        start = asyncio.create_task(self._start())
        await _first(start, asyncio.create_task(self._end.wait()))
        if not start.done():
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            return False
        start.result()
        return True

    async def _start(self) -> None:
        """The crew, and beside it the page, which waits for the station. Raises ChildError."""
        page = asyncio.create_task(self._page.start())
        try:
            await self._crew.start()
            await page
        finally:
            page.cancel()

    async def _shown(self, *, is_found: bool) -> int:
        """Show states until the end, then end the crew and sum up."""
        loop = asyncio.get_running_loop()
        truth = await self._crew.truth()
        if truth:
            self._began = time.monotonic(), truth["day"]["day_s"]

        def gone() -> None:
            loop.call_soon_threadsafe(self._end.set)

        show = choose(self._args.json, self._hint(is_found, truth), gone)
        fell, last = None, None
        try:
            fell = await self._follow(show)
            await self._page.stop()
            last = await self._crew.stop()
        finally:
            found = summary(last) if last else None
            with suppress(OSError):
                show.close(found, summary_text(found))
            _let_go_of_stdout()
        if fell:
            raise fell
        return self._verdict(last)

    async def _follow(self, show: Show) -> ChildError | None:
        """Hand states to the show until the end; the error when a process fell."""
        asyncio.get_running_loop().call_later(self._args.for_s, self._end.set)
        states = asyncio.create_task(self._states(show))
        fell = asyncio.create_task(self._crew.fell())
        await _first(states, fell, asyncio.create_task(self._end.wait()))
        states.cancel()
        await asyncio.gather(states, return_exceptions=True)
        if fell.done():
            return fell.result()
        fell.cancel()
        return None

    async def _states(self, show: Show) -> None:
        """Every state of the station; subscribes again where it was dropped for being slow."""
        while True:
            with suppress(StationError):
                async with StationClient(self._crew.station_socket) as client:
                    async for state in client.subscribe():
                        show.see(state, self._clock())
            await asyncio.sleep(0.1)

    def _clock(self) -> str:
        """The time of day in the simulator."""
        at_s, day_s = self._began
        whole = int(day_s + (time.monotonic() - at_s) * self._args.speed) % int(DAY_S)
        return f"{whole // 3600:02d}:{whole // 60 % 60:02d}"

    def _hint(self, is_found: bool, truth: Mapping[str, Any] | None) -> str:
        boards = str((truth or {}).get("boards_run", ""))
        before = "" if is_found else f"HEADWORKS_RUNTIME={self._folder} "
        page = f"{self._page.hint} " if self._page.hint else ""
        return page + opening(self._args.for_s, boards, f"{before}{own_command()}")

    def _verdict(self, last: Mapping[str, Any] | None) -> int:
        """1 when a contactor stayed closed, and which."""
        closed = still_closed(last) if last else []
        if closed:
            print(f"headworks demo: still closed: {', '.join(closed)}", file=sys.stderr)
        return 1 if closed else 0


def opening(for_s: float, boards: str, command: str) -> str:
    """How long it runs, on what the boards run, and how it goes on. Two lines."""
    runs = f"; {boards}" if boards else ""
    return (
        f"Ends after {duration(for_s)}, or --for SECONDS{runs}.\n"
        f"Ctrl-C ends. Second terminal: {command} sim fault meter-silent all"
    )


def own_command() -> str:
    """This `headworks` as one can type it here: by name where the shell finds it, else by path."""
    script = Path(sys.executable).parent / "headworks"
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m headworks"
    found = shutil.which("headworks")
    if found and Path(found).resolve() == script.resolve():
        return "headworks"
    here = Path.cwd()
    path = script.relative_to(here) if script.is_relative_to(here) else script
    return shlex.quote(str(path))


def _let_go_of_stdout() -> None:
    """Make Python's own last flush harmless where nobody reads any more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _first(*tasks: "asyncio.Task[Any]") -> None:
    """Wait for the first of them."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
