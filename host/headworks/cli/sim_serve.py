"""`headworks sim serve`: from arguments to a running simulator, until a signal comes."""

import argparse
import asyncio
import json
import os
import signal
import sys
from math import isfinite
from pathlib import Path

from headworks import paths
from headworks.cli import sim_print
from headworks.model.site import Site
from headworks.sim.days import DayError, DayWish, choose, start_s
from headworks.sim.plant.plant import PlantSettings
from headworks.sim.plant.recording import Columns
from headworks.sim.plant.weather import DayClock
from headworks.sim.pty import ServeError
from headworks.sim.simulator import Simulator, Sockets
from headworks.sim.where import pin_socket
from headworks.sim.wiring import plant_settings, sizes

_REFUSED = 1
_NOT_SERVED = 4
_ABOVE_ZERO = ("speed", "ramp_s", "deadman_s", "step_s")
_ZERO_TOO = ("peak_load_kw", "pv_kw")


def serve(site: Site, args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. Exit codes: 0 ended so, 1 refused, 4 cannot serve."""
    try:
        plant = _plant(site, args)
    except DayError as error:
        print(f"headworks sim: {error}", file=sys.stderr)
        return _REFUSED
    pins = args.pins or (Path(site.gpio.connect) if site.gpio.connect else pin_socket())
    sockets = Sockets(args.socket or paths.sim_socket(), pins)
    try:
        simulator = Simulator(site, plant, sockets, step_s=args.step_s, deadman_s=args.deadman_s)
        asyncio.run(_until_signal(simulator, args))
    except ServeError as error:
        print(f"headworks sim: {error}", file=sys.stderr)
        return _NOT_SERVED
    return 0


def _plant(site: Site, args: argparse.Namespace) -> PlantSettings:
    """The plant that the arguments ask for. Raises DayError."""
    _check_numbers(args)
    columns = Columns(args.load, args.irradiance, args.temperature)
    wish = DayWish(args.day, args.seed, args.data, args.date, columns, args.start)
    size = sizes(site, args.peak_load_kw, args.pv_kw)
    day = choose(wish, size.peak_load_kw, size.pv_kw)
    clock = DayClock(start_s(wish, day), args.speed)
    return plant_settings(site, day, clock, size, seed=args.seed, ramp_s=args.ramp_s)


def _check_numbers(args: argparse.Namespace) -> None:
    """Raises DayError for a number outside sense."""
    for name in (*_ABOVE_ZERO, *_ZERO_TOO):
        value = getattr(args, name)
        if value is None:
            continue
        least = "0 or more" if name in _ZERO_TOO else "above 0"
        if not isfinite(value) or value < 0 or (value == 0 and name in _ABOVE_ZERO):
            raise DayError(f"--{name.replace('_', '-')} {value:g}: write a number {least}")


async def _until_signal(simulator: Simulator, args: argparse.Namespace) -> None:
    """Run until told to end, then take everything down again."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    await simulator.start()
    try:
        _tell(simulator, args)
        running = asyncio.create_task(simulator.wait())
        waiting = asyncio.create_task(ended.wait())
        done, _ = await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running in done:
            running.result()  # the plant never ends by itself: show what broke it
    finally:
        await simulator.stop()


def _tell(simulator: Simulator, args: argparse.Namespace) -> None:
    """Say what is served and that it is ready: the last line is `ready`, in JSON one line."""
    told = simulator.serves()
    print(
        json.dumps({"ready": True, **told}) if args.json else f"{sim_print.serves(told)}\nready",
        flush=True,
    )
    if args.ready_fd is not None:
        os.write(args.ready_fd, b"ready\n")
        os.close(args.ready_fd)
