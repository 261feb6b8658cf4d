"""Boots the emulated Raspberry Pi and collects what its trials print."""

import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

from pi.image import REPO, Image, overlay

END = "END-OF-TRIALS"
INSIDE = Path(__file__).parent / "inside"
APPEND = "console=ttyAMA0,115200 panic=-1 loglevel=3 maxcpus=2 rdinit=/init"


class BootError(Exception):
    """The emulated Pi did not come to its end mark; the text is the end of its console."""


def boot(
    image: Image, folder: Path, trials: list[str], persist: str, limit_s: float = 240.0
) -> dict[str, dict[str, Any]]:
    """Boot, run the trials, end QEMU; the results by trial. Raises BootError."""
    root = folder / "root.cpio"
    overlay(image.root, _our_files(), root)
    append = f"{APPEND} pinctrl_bcm2835.persist_gpio_outputs={persist} trials={','.join(trials)}"
    words = ["qemu-system-aarch64", "-M", "raspi3b", "-m", "1024", "-accel", "tcg"]
    words += ["-kernel", str(image.kernel), "-initrd", str(root), "-dtb", str(image.dtb)]
    words += ["-append", append, "-nographic", "-no-reboot"]
    machine = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        console = _console(machine, limit_s)
    finally:
        machine.kill()
        machine.wait()
    found = [line[6:] for line in console.splitlines() if line.startswith("TRIAL ")]
    return {result["trial"]: result for result in map(json.loads, found)}


def _console(machine: subprocess.Popen[bytes], limit_s: float) -> str:
    deadline = time.monotonic() + limit_s
    text = b""
    pipe = machine.stdout.fileno()
    while END.encode() not in text:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        data = os.read(pipe, 65536) if ready else b""
        if not data:
            raise BootError(text.decode(errors="replace")[-3000:])
        text += data
    return text.decode(errors="replace")


def _our_files() -> dict[str, bytes]:
    """The host code, the hardware files and the trials, as they are in this checkout."""
    files = {"init": (INSIDE / "init").read_bytes()}
    for source, target in ((INSIDE, "headworks/inside"), (REPO / "boards", "headworks/boards")):
        files |= _under(source, target)
    return files | _under(REPO / "host" / "headworks", "headworks/host/headworks")


def _under(source: Path, target: str) -> dict[str, bytes]:
    return {
        f"{target}/{path.relative_to(source)}": path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
