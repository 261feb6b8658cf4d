"""The parts of simulated boards without the firmware: process, line, air, wires, Python."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from functools import partial
from math import log

import pytest

from headworks.model.site import BoardSpec
from headworks.sim.boards import python, wires
from headworks.sim.boards.config import aims
from headworks.sim.boards.line import Line, Spoiler
from headworks.sim.boards.process import Run
from headworks.sim.boards.truth import BoardTruth
from headworks.sim.faults.active import ActiveFaults
from headworks.sim.faults.kinds import Aim
from headworks.sim.plant import container
from headworks.sim.plant.plant import Inputs
from sim import running, sites

ANY = "tcp://127.0.0.1:0"
CONFIG = {
    "sensors": [
        {"kind": "sht31", "name": "intake", "bus": 0, "address": 68},
        {"kind": "sht4x", "name": "exhaust", "bus": 1, "address": 69},
        {"kind": "ds18b20", "pin": 22, "names": ["coil1", "coil2"]},
        {"kind": "ntc", "name": "surface", "pin": 26, "beta_k": 3950, "r25_ohm": 10000, "series_ohm": 10000},
        {"kind": "dew-margin", "name": "dew", "surface": "surface_c", "air": "intake"},
    ],
    "contacts": [
        {"name": "smoke", "pin": 2, "active_low": 1},
        {"name": "door", "pin": 4, "active_low": 0},
    ],
    "tachs": [{"name": "fan1", "pin": 6, "pulses_per_rev": 2, "nominal_rpm": 1500}],
    "outputs": [{"name": "permit", "pin": 15, "active_high": 1}],
}  # fmt: skip
ECHO = """
import os, sys
world, pins = (open(os.environ["HEADWORKS_SHIM_" + n], m) for n, m in (("IN", "r"), ("OUT", "w")))
print("out 15 1", file=pins, flush=True)
line = world.readline()
sys.stdout.write(line.upper() + sys.stdin.read(3))
sys.stdout.flush()
print("out 15 0", file=pins, flush=True)
sys.exit(3)
"""


def program(tmp_path, text=ECHO):
    (tmp_path / "main.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return (*python.cpython().command, "main.py")


def test_a_run_has_a_terminal_and_pins_until_its_exit_code(tmp_path):
    """What is typed and told arrives unchanged, control characters too; all it said is taken."""
    heard, pins = bytearray(), []

    async def go():
        run = Run(heard.extend, pins.append)
        await run.start(program(tmp_path), tmp_path, os.environ)
        assert run.tell(["pin 2 1"])
        run.type(b"\x03\x04z")
        return await run.wait()

    assert asyncio.run(go()) == 3
    assert bytes(heard) == b"PIN 2 1\n\x03\x04z"
    assert pins == ["out 15 1", "out 15 0"]


LOOKS = """
import os
world = os.open(os.environ["HEADWORKS_SHIM_IN"], os.O_RDONLY | os.O_NONBLOCK)
with open(os.environ["HEADWORKS_SHIM_OUT"], "wb") as pins:
    pins.write(os.read(world, 99))
"""


def test_a_program_finds_its_pins_as_they_are_at_its_first_look(tmp_path):
    """However late the simulator comes to tell more: an open pin would read as smoke."""
    pins = []

    async def go():
        run = Run(lambda data: None, pins.append)
        await run.start(program(tmp_path, LOOKS), tmp_path, os.environ, ["pin 2 0", "pin 3 1"])
        return await run.wait()

    assert asyncio.run(go()) == 0
    assert pins == ["pin 2 0", "pin 3 1"]


def test_a_run_that_is_cancelled_or_frozen_is_ended(tmp_path):
    """Cancelling kills the program and waits for that, also when it stands still."""

    async def go():
        begun = asyncio.Event()
        run = Run(lambda data: None, lambda line: begun.set())
        await run.start(program(tmp_path), tmp_path, os.environ)
        await asyncio.wait_for(begun.wait(), 10)
        run.freeze()
        task = asyncio.create_task(run.wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        assert run.tell(["pin 2 1"]) is False

    asyncio.run(go())


HOLDER = """
import asyncio, os, sys
from pathlib import Path
from headworks.sim.boards.process import Run

async def hold():
    run = Run(lambda data: None, lambda line: print(run._process.pid, flush=True))
    await run.start(tuple(sys.argv[2:]), Path(sys.argv[1]), os.environ)
    await run.wait()

asyncio.run(hold())
"""


@pytest.mark.parametrize("ignored", [False, True])
def test_a_board_dies_with_its_simulator(tmp_path, ignored):
    """After SIGKILL of the simulator no program of a board is left, below `nohup` either."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path), *program(tmp_path)]
    nohup = partial(signal.signal, signal.SIGHUP, signal.SIG_IGN) if ignored else None
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=nohup) as holder:  # noqa: PLW1509
        assert holder.stdout is not None
        board = int(holder.stdout.readline())
        holder.send_signal(signal.SIGKILL)
    running.until_blocking(lambda: not os.path.exists(f"/proc/{board}"))


def faults(*boards):
    return ActiveFaults({Aim.BOARD: boards})


def test_a_line_joins_the_host_and_all_its_boards(tmp_path):
    """The host's bytes reach every board, a board's bytes the host and the other boards."""

    async def go():
        line = Line(f"serial:{tmp_path}/bus", faults("a", "b"), 1)
        heard = {"a": bytearray(), "b": bytearray()}
        for name, found in heard.items():
            line.join(name, found.extend)
        line.open()
        host = os.open(tmp_path / "bus", os.O_RDWR | os.O_NOCTTY)
        os.write(host, b"hi\x03\n")
        await running.until(lambda: bytes(heard["b"]) == b"hi\x03\n")
        line.send("a", b"~t\r\n")
        assert os.read(host, 100) == b"~t\r\n"
        assert bytes(heard["a"]) == b"hi\x03\n"
        assert bytes(heard["b"]) == b"hi\x03\n~t\r\n"
        os.close(host)
        line.close()

    asyncio.run(go())
    assert list(tmp_path.iterdir()) == []


def test_a_line_comes_back_under_another_name(tmp_path):
    """Unplugged, whoever has it open is hung up on; plugged in, the same path leads elsewhere."""

    async def go():
        line = Line(f"serial:{tmp_path}/air", faults("air"), 1)
        line.join("air", lambda data: None)
        line.open()
        before = (tmp_path / "air").readlink()
        host = os.open(tmp_path / "air", os.O_RDWR | os.O_NOCTTY)
        line.unplug()
        assert not (tmp_path / "air").is_symlink()
        assert os.read(host, 1) == b""
        os.close(host)
        line.open()
        assert (tmp_path / "air").readlink() != before
        line.close()

    asyncio.run(go())


def test_a_host_that_does_not_read_costs_bytes_and_no_time(tmp_path):
    """What finds no room is lost; nothing waits and nothing grows."""

    async def go():
        line = Line(f"serial:{tmp_path}/air", faults("air"), 1)
        line.join("air", lambda data: None)
        line.open()
        for _ in range(1000):
            line.send("air", b"x" * 1000)
        line.close()

    asyncio.run(asyncio.wait_for(go(), 10))


def test_faults_of_the_wire():
    """Mute lets nothing out, lost frames are lost as whole lines, noise changes single bytes."""
    acting = faults("air")
    spoiler = Spoiler("air", acting, 1)
    frames = [b"\n~t %d\n" % number for number in range(400)]

    def through(name, value):
        acting.put(name, "air", 0.0, value, None)
        found = b"".join(spoiler.spoil(frame[:3]) + spoiler.spoil(frame[3:]) for frame in frames)
        acting.clear(name)
        return found

    assert spoiler.spoil(b"as it is") == b"as it is"
    assert through("board-mute", None) == b""
    kept = [line for line in through("board-lost-frames", 25.0).split(b"\n") if line]
    assert all(b"\n" + line + b"\n" in frames for line in kept)
    assert 250 < len(kept) < 350
    noisy, clean = through("board-noise", 2.0), b"".join(frames)
    assert len(noisy) == len(clean)
    assert 20 < sum(a != b for a, b in zip(noisy, clean, strict=True)) < 120


def test_faults_find_what_they_can_be_aimed_at():
    """Each fault of a board lists the boards, contacts, sensors and fans that it fits."""
    found = aims({"air": CONFIG, "bare": {}})
    assert found[Aim.BOARD] == ("air", "bare")
    assert found[Aim.SMOKE] == found[Aim.DOOR] == ("air",)
    assert found[Aim.LEAK] == ()
    assert found[Aim.FAN] == ("air.fan1",)
    assert found[Aim.DS18B20] == ("air.coil1", "air.coil2")
    assert set(found[Aim.SENSOR]) - set(found[Aim.BUS_SENSOR]) == {"air.surface"}


@pytest.fixture(name="world")
def make_world(tmp_path):
    world = running.make(sites.small(ANY), tmp_path).world
    world.faults.known |= aims({"air": CONFIG})
    world.boards["air"] = BoardTruth("air", "pico-air")
    return world


def test_healthy_wires_carry_the_air(world):
    """Contacts rest, sensors show the place they sit at, fans turn before any rack runs."""
    assert wires.contacts(world, "air", CONFIG) == {"pin 2": "1", "pin 4": "0"}
    world.air = container.Air(20.0, 60.0, 32.0, 25.0, 1.0)
    found = wires.analogue(world, "air", CONFIG)
    intake_c, humidity = map(float, found["sht 0 68"].split())
    exhaust_c, drier = map(float, found["sht 1 69"].split())
    assert (intake_c, humidity) == pytest.approx((20.0, 60.0), abs=0.6)
    assert exhaust_c == pytest.approx(32.0, abs=0.1)
    assert 25.0 < drier < 35.0  # the same water in warmer air
    assert 0.49 < int(found["adc 26"]) / 65535 < 0.51  # 25 °C: both resistors are the same
    assert float(found["hz 6"]) == pytest.approx(50.0, rel=0.02)
    roms = [key.split()[2] for key in found if key.startswith("ow 22 ")]
    assert roms == sorted(roms)
    assert all(rom.startswith("28") and len(rom) == 16 for rom in roms)


@pytest.mark.parametrize(
    ("fault", "target", "key", "value"),
    [
        ("sensor-absent", "air.intake", "sht 0 68", "gone"),
        ("sensor-absent", "air.coil1", f"ow 22 {wires.rom(0)}", "gone"),
        ("sensor-absent", "air.surface", "adc 26", "65535"),
        ("sensor-crc", "air.exhaust", "sht 1 69", "crc"),
        ("sensor-por85", "air.coil2", f"ow 22 {wires.rom(1)}", "por85"),
        ("fan-stopped", "air.fan1", "hz 6", "0.00"),
        ("smoke", "air", "pin 2", "0"),
        ("door", "air", "pin 4", "1"),
    ],
)
def test_faulty_wires(world, fault, target, key, value):
    """Each fault shows at its own pin and at no other."""

    def levels():
        return wires.analogue(world, "air", CONFIG) | wires.contacts(world, "air", CONFIG)

    before = levels()
    world.faults.put(fault, target, 0.0, None, None)
    assert dict(set(levels().items()) - set(before.items())) == {key: value}
    world.faults.put("sensor-stuck", "air.intake", 0.0, None, None)
    assert "sht 0 68" not in levels()


def test_addresses_carry_their_checksum():
    """A DS18B20's address ends in the checksum that Maxim's application note 27 computes."""
    assert wires._crc8(bytes.fromhex("021cb801000000")) == 0xA2
    assert wires._crc8(bytes.fromhex(wires.rom(0))) == 0


def test_the_container_warms_with_its_racks():
    """Full racks warm the outgoing air by twelve kelvins; metal follows the day, not the clock."""
    air = container.initial(20.0)
    for _ in range(1000):
        air = container.step(air, 20.0, (432.0, 432.0), (0.1, 0.1))
    assert air.exhaust_c == pytest.approx(31.9, abs=0.1)
    assert (air.intake_c, air.fans) == (20.0, 1.0)
    idle = container.step(container.initial(20.0), 30.0, (0.0, 432.0), (1.0, 1200.0))
    assert idle.surface_c == pytest.approx(26.3, abs=0.1)
    assert idle.fans == container.FAN_IDLE
    forced = container.step(idle, 30.0, (0.0, 0.0), (1.0, 1.0), container.Forced(47.0, 95.0))
    assert (forced.intake_c, forced.intake_rh) == (47.0, 95.0)


def test_no_day_is_too_damp_by_itself():
    """Outside, cold surfaces stay 3 K above the dew point at any temperature of a day."""
    for outside_c in range(-10, 45):
        water = log(container.outside_rh(outside_c) / 100) + 17.62 * outside_c / (
            243.12 + outside_c
        )
        dew_point_c = 243.12 * water / (17.62 - water)
        assert outside_c - dew_point_c > 3.5


def test_a_permissive_relay_is_in_its_zones_supply(tmp_path):
    """Power wants every relay of the rack's zone closed; other racks do not care."""
    spec = BoardSpec("safety", "pico-safety", "serial:x", zone=("a1",), permissive="permit")
    world = running.make(sites.small(ANY), tmp_path).world
    from headworks.sim.wiring import wiring

    world.wiring = wiring(sites.small(ANY, boards=(spec,)))
    world.boards["safety"] = BoardTruth("safety", "pico-safety", on={"permit": False})
    for outlet in ("hat.1", "hat.2"):
        world.tell(outlet, True, 0.0)

    def drawing(permit):
        world.boards["safety"].drive("permit", permit)
        for _ in range(10):
            world.tick(world.state.t_s + 0.02)
        return [rack.power_kw > 0.0 for rack in world.state.racks]

    assert drawing(False) == [False, True]
    assert drawing(True) == [True, True]
    world.boards["safety"].dark("off")
    assert drawing(False) == [False, True]
    assert all(rack.contactor.closed for rack in world.state.racks)


@pytest.mark.needs("program:micropython")
def test_real_micropython_is_taken_where_it_is(monkeypatch):
    """Of the environment or of PATH, with 100 kB and what the doubles take, and it is said."""
    found = python.best()
    assert found.says.startswith("boards run real MicroPython 1.")
    assert "heapsize=115K" in found.command


def test_cpython_stands_in_and_says_so(monkeypatch, tmp_path):
    """Without micropython, or with one that does not run, the boards run this Python."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert python.best().says.startswith("boards run CPython 3.")
    broken = tmp_path / "micropython"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    assert python.best().says.endswith("as there is no micropython here")


def test_nothing_permitted_means_no_power():
    """Inputs without permissive relays let every rack draw."""
    assert Inputs((True,)).permitted == ()
