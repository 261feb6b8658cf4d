"""The figures of sensor boards: a question and its answer, smoke to relay, many boards at once.

Boards are the real firmware on real MicroPython. Nothing here passes or fails.
"""

import itertools
import json
import os
import re
import select
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchlib import rig
from benchlib.rows import Row, spread, tell
from headworks.cli.demo_site import TEMPLATE, training_copy
from headworks.hardware.sensor import config_bytes, load_sensor
from headworks.sim.boards import python as board_python
from headworks.sim.client import SimError, ask
from headworks_fw import wire

PACKAGE = Path(wire.__file__).parent
SHIM = Path(board_python.__file__).parent / "shim"
MS = 1000.0
BOARDS = 16
WAIT_S = 30.0
ECHO = """
import select, sys
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
line = bytearray()
while True:
    poll.poll(1000)
    byte = sys.stdin.buffer.read(1)
    line.extend(byte)
    if byte == b"\\n":
        sys.stdout.buffer.write(line)
        line = bytearray()
"""


def round_trip(quick: bool) -> list[Row]:
    """6. A question to a board and its answer, against a bare echo on the same MicroPython."""
    count = 20 if quick else 1000
    with rig.folder() as here:
        with _on_pty(here.path, "echo", _echo(here.path)) as line:
            bare = spread([_echoed(line) for _ in range(count)])
        with _on_pty(here.path, "board", _board(here.path)) as line:
            ours = spread(list(itertools.islice(_beats(line), count)))
    ratio = ours.median / bare.median
    return [
        Row("6. board: question and answer", tell(ours, "µs"), tell(bare, "µs bare echo"),
            ratio, "x", 4.0)
    ]  # fmt: skip


def smoke_to_relay(quick: bool) -> list[Row]:
    """7. From smoke at a board's contact to the relays of all racks, through the whole chain."""
    count = 2 if quick else 40
    with rig.folder() as here, _plant(here.path) as sim:
        seen = [_smoke(sim, number) for number in range(count)]
    name = "7. smoke → last rack relay, p99"
    found = spread([ms for ms, _ in seen])
    relay = spread([ms for _, ms in seen])
    return [
        Row(name, tell(found, "ms"), "250 ms", found.p99, "ms", 250.0),
        Row("7. smoke → the board's own relay", tell(relay, "ms"), "", None, "ms", None),
    ]


def many_boards(quick: bool) -> list[Row]:
    """8. The host's half of 16 boards at once: its share of one processor."""
    span_s = 2.0 if quick else 20.0
    with rig.folder() as here:
        site = here.path / "site.toml"
        site.write_text(_site_of(here.path, BOARDS))
        words = ["-m", "headworks", "sim", "serve", "--site", str(site)]
        words += ["--socket", str(here.path / "sim.sock"), "--pins", str(here.path / "pins.sock")]
        with rig.process(words, here.path / "sim.log", 0, stdout=subprocess.DEVNULL):
            _until(lambda: _all_run(here.path / "sim.sock"), "the boards")
            done = subprocess.run(
                [sys.executable, "-m", "benchlib.board_host", str(site), str(span_s)],
                env=os.environ | {"PYTHONPATH": str(rig.TOOLS)},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
    if done.returncode != 0:
        raise rig.BenchError(done.stderr)
    share = json.loads(done.stdout)["share_percent"]
    return [Row("8. 16 boards at once: processor", f"{share:.2f} %", "5 %", share, "%", 5.0)]


def _echo(folder: Path) -> list[str]:
    (folder / "echo.py").write_text(ECHO)
    return ["echo.py"]


def _board(folder: Path) -> list[str]:
    """A board's file system in the folder, as the loader wants it."""
    slot = folder / "a"
    slot.mkdir()
    (slot / "headworks_fw").symlink_to(PACKAGE)
    (slot / "config.json").write_bytes(config_bytes(load_sensor("pico-safety"), "safety"))
    (folder / "main.py").write_bytes((PACKAGE / "loader.py").read_bytes())
    return ["main.py"]


@contextmanager
def _on_pty(folder: Path, name: str, words: list[str]) -> Iterator[int]:
    """MicroPython on a terminal in raw mode; the host's end of it."""
    python = board_python.micropython()
    if python is None:
        raise rig.BenchError("there is no micropython here")
    host, board = os.openpty()
    tty.setraw(board)
    with (folder / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            [*python.command, *words], cwd=folder, stdin=board, stdout=board, stderr=log,
            env=os.environ | {"MICROPYPATH": f"{SHIM}:.frozen"},
        )  # fmt: skip
    os.close(board)
    rig.pin(child.pid)
    try:
        yield host
    finally:
        child.kill()
        child.wait()
        os.close(host)


def _echoed(line: int) -> float:
    """Microseconds until a line as long as a question is back."""
    data = wire.encode("beat", {"i": 12345})[1:]
    began = time.perf_counter()
    os.write(line, data)
    back = b""
    while len(back) < len(data):
        back += _read(line)
    return (time.perf_counter() - began) * 1e6


def _beats(line: int) -> Iterator[float]:
    """Microseconds from question to answer, again and again."""
    reader = wire.Reader()
    for number in itertools.count(1):
        began = time.perf_counter()
        os.write(line, wire.encode("beat", {"i": number}))
        while not any(
            isinstance(item, wire.Frame) and item.kind == "beat" and item.fields["i"] == number
            for item in reader.feed(_read(line))
        ):
            pass
        yield (time.perf_counter() - began) * 1e6


def _read(line: int) -> bytes:
    if not select.select([line], [], [], WAIT_S)[0]:
        raise rig.BenchError("the board does not answer")
    return os.read(line, 4096)


@contextmanager
def _plant(folder: Path) -> Iterator[Path]:
    """The demo's site with surplus for all racks, simulated, and its station."""
    site, sim = folder / "site.toml", folder / "sim.sock"
    site.write_text(training_copy(TEMPLATE.read_text(encoding="utf-8"), folder))
    serve = ["-m", "headworks", "sim", "serve", "--site", str(site), "--socket", str(sim)]
    serve += ["--pins", str(folder / "pins.sock"), "--day", "clear", "--start", "12:00"]
    run = ["-m", "headworks", "run", "--site", str(site), "--state", str(folder / "state")]
    run += ["--socket", str(folder / "station.sock")]
    with rig.process(serve, folder / "sim.log", 0, stdout=subprocess.DEVNULL):
        _until(lambda: _all_run(sim), "the boards")
        with rig.process(run, folder / "station.log", 0, stdout=subprocess.DEVNULL):
            yield sim


def _smoke(sim: Path, number: int) -> tuple[float, float]:
    """One trial: milliseconds to the last rack's relay, and to the board's own."""
    _until(lambda: sum(rack["told"] for rack in _status(sim)["racks"]) >= 6, "racks on")
    time.sleep(0.37 * (number % 3))  # at no fixed phase of anything
    fault = ask(sim, "fault", name="smoke", target="safety")["faults"][0]
    began_s = _status(sim)["started_s"] + fault["since_s"]
    _until(lambda: not any(rack["told"] for rack in _status(sim)["racks"]), "racks off")
    racks, boards = _status(sim)["racks"], _status(sim)["boards"]
    told_s = [rack["told_s"] for rack in racks if rack["told_s"] and rack["told_s"] > began_s]
    own_s = next(board["on_s"]["permit"] for board in boards if board["name"] == "safety")
    ask(sim, "clear", name="smoke", target="safety")
    time.sleep(0.5)
    ask(sim, "fault", name="reset-pressed", target="safety", for_s=0.5)
    return (max(told_s) - began_s) * MS, (own_s - began_s) * MS


def _status(sim: Path) -> dict:
    return ask(sim, "status")["status"]


def _all_run(sim: Path) -> bool:
    try:
        boards = _status(sim)["boards"]
    except SimError:
        return False
    return bool(boards) and all(board["state"] == "run" for board in boards)


def _until(holds, what: str) -> None:
    end_s = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > end_s:
            raise rig.BenchError(f"{what} did not come")
        time.sleep(0.01)


def _site_of(folder: Path, count: int) -> str:
    """The demo's site with so many boards instead of its own."""
    text = training_copy(TEMPLATE.read_text(encoding="utf-8"), folder)
    head, _, rest = text.partition("[[board]]")
    head = re.sub("(?m)^local_reset.*", "", _without(head, "[[interlock]]"))  # of no board here
    rest = "[[switch]]" + rest.partition("[[switch]]")[2]
    models = itertools.cycle(("pico-air", "pico-safety", "pico-thermal"))
    boards = [
        f'[[board]]\nname = "board{n}"\nmodel = "{model}"\nconnect = "serial:{folder}/b{n}"\n'
        for n, model in zip(range(count), models, strict=False)
    ]
    return head + "\n".join(boards) + "\n" + rest


def _without(text: str, heading: str) -> str:
    """The text without the sections of a heading."""
    parts = text.split("\n[")
    kept = [part for part in parts if not f"[{part}".startswith(heading)]
    return "\n[".join(kept)


CASES = {
    "board": round_trip,
    "smoke": smoke_to_relay,
    "boards": many_boards,
}
