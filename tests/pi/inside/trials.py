"""Runs the trials named on the command line, each in a process of its own; prints JSON lines.

The processes are forks of this one, which has loaded what is slow to load under emulation. lgpio
is loaded by each for itself, because its threads do not outlive a fork.
"""

import asyncio
import json
import os
import signal
import sys
import time
import traceback

import act
import gpiozero.input_devices
import gpiozero.output_devices
import gpiozero.pins.local
import kernel

import headworks.field.switches
import headworks.field.switches.gpio

LOADED = (gpiozero.pins.local, gpiozero.input_devices, gpiozero.output_devices, headworks)
OUTLETS = [5, 6, 13, 16, 19, 20, 21, 26]


def say(name: str, **found: object) -> None:
    """One result for the test outside."""
    print("TRIAL " + json.dumps({"trial": name, "t_s": time.monotonic(), **found}), flush=True)


def play(part: str) -> tuple[int, int]:
    """One part of act.py in a process of its own: its number, and what it prints."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    os.dup2(writer, 1)
    code = 1
    try:
        asyncio.run(getattr(act, part)())
        code = 0
    finally:
        if code:
            print(json.dumps({"error": traceback.format_exc()}), flush=True)
        os._exit(code)


def simple(part: str) -> None:
    """A part that ends by itself; what it prints is its result."""
    child, reader = play(part)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    say(part, code=code, after=kernel.levels(OUTLETS), **json.loads(text or "{}"))


def sigkill() -> None:
    """Two outlets on, then death without a chance to tidy up."""
    child, reader = play("hold")
    with os.fdopen(reader) as pipe:
        said = json.loads(pipe.readline())
        before = kernel.levels(OUTLETS)
        os.kill(child, signal.SIGKILL)
        killed = time.monotonic()
        os.waitpid(child, 0)
        while kernel.level(5) != "in" and time.monotonic() - killed < 2:
            time.sleep(0.02)
        took_s = time.monotonic() - killed
    say("sigkill", said=said, before=before, after=kernel.levels(OUTLETS), took_s=took_s)


for trial in sys.argv[1:]:
    if trial == "sigkill":
        sigkill()
    else:
        simple(trial)
