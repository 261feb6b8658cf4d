"""Runs the trials named on the command line, each in a process of its own; prints JSON lines."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kernel

HERE = Path(__file__).parent
OUTLETS = [5, 6, 13, 16, 19, 20, 21, 26]


def say(name: str, **found: object) -> None:
    """One result for the test outside."""
    print("TRIAL " + json.dumps({"trial": name, **found}), flush=True)


def play(part: str) -> subprocess.Popen[str]:
    """One part of act.py as a process."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "act.py"), part],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def simple(part: str) -> None:
    """A part that ends by itself; its last line is its result."""
    process = play(part)
    text = process.communicate(timeout=60)[0]
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        found = {"error": text[-2000:]}
    say(part, code=process.returncode, after=kernel.levels(OUTLETS), **found)


def sigkill() -> None:
    """Two outlets on, then death without a chance to tidy up."""
    process = play("hold")
    line = process.stdout.readline()
    before = kernel.levels(OUTLETS)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.2)
    say("sigkill", said=line.strip(), before=before, after=kernel.levels(OUTLETS))


for trial in sys.argv[1:]:
    if trial == "sigkill":
        sigkill()
    else:
        simple(trial)
