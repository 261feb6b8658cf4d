"""Each fault of a meter does on the wire what its sentence says, seen by pymodbus or raw bytes."""

import asyncio
import math
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from pymodbus.exceptions import ModbusIOException
from pymodbus.framer import FramerRTU

from headworks.sim.faults.kinds import KINDS, Aim
from headworks.sim.faults.values import ON_WORDS
from sim import running, sites

ANY = "tcp://127.0.0.1:0"
SDM_POWER = b"\x00\x07\x00\x00\x00\x06\x01\x04\x00\x34\x00\x02"  # TCP request for words 52, 53


def with_fault(tmp_path, name, check, *, site=None, value=None, target="incomer"):
    """Run `check(simulator, peer)` while a fault acts, then once more that it is over."""

    async def run():
        async with running.asked(site or sites.small(ANY), tmp_path) as (simulator, peer):
            running.answer(simulator, name, target, value=value)
            await check(simulator, peer)
            running.answer(simulator, name, target, clear=True)
            await running.until(lambda: simulator.world.state.t_s > simulator.clock() - 0.05)
            async with running.client(running.port_of(simulator)) as again:
                shown = await running.power_kw(again)
            assert shown == pytest.approx(simulator.world.state.grid_kw, abs=10)

    asyncio.run(run())


async def raw(simulator, size=4096, within_s=1.0) -> tuple[float, bytes]:
    """What comes back for one raw TCP request, and after how long."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port_of(simulator))
    began = loop.time()
    writer.write(SDM_POWER)
    try:
        async with asyncio.timeout(within_s):
            got = await reader.read(size)
            took_s = loop.time() - began
    except TimeoutError:
        return within_s, b""
    finally:
        writer.close()
    return took_s, got


@pytest.mark.parametrize("name", ["meter-silent", "half-open"])
def test_silence(tmp_path, name):
    """No reply comes, the connection stays."""

    async def check(simulator, _peer):
        assert await raw(simulator, within_s=0.3) == (0.3, b"")

    with_fault(tmp_path, name, check)


def test_silence_is_of_one_meter_and_half_open_of_all(tmp_path):
    """A silent meter leaves the others on its connection alone; a half-open one does not."""

    async def run():
        async with running.asked(sites.small(ANY), tmp_path) as (simulator, _):
            running.answer(simulator, "meter-silent", "incomer")
            async with running.client(running.port_of(simulator), 0.3) as peer:
                assert await running.power_kw(peer, 2) == 0.0
            running.answer(simulator, "meter-silent", "incomer", clear=True)
            running.answer(simulator, "half-open", "incomer")
            async with running.client(running.port_of(simulator), 0.3) as peer:
                with pytest.raises(ModbusIOException):
                    await running.power_kw(peer, 2)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [("slow", 0.1, 0.1, 0.5), ("late-reply", 0.1, 0.6, 1.9)],  # timeout_s is 0.5
)
def test_delays(tmp_path, name, value, low, high):
    """A slow reply comes within the timeout, a late one after it, both whole."""

    async def check(simulator, _peer):
        took_s, got = await raw(simulator, within_s=2.0)
        assert low <= took_s <= high
        assert len(got) == 13

    with_fault(tmp_path, name, check, value=value)


def test_partial_and_joined_frames(tmp_path):
    """A partial reply is a beginning of the whole one; joined replies come as one piece."""

    async def partial(simulator, _peer):
        got = (await raw(simulator))[1]
        assert got[:8] == b"\x00\x07\x00\x00\x00\x07"[: len(got)]
        assert len(got) == 6

    async def joined(simulator, _peer):
        got = (await raw(simulator))[1]
        assert len(got) == 26
        assert got[:13] == got[13:]

    with_fault(tmp_path, "partial-frame", partial)
    with_fault(tmp_path, "joined-frames", joined)


def test_bad_check_over_tcp(tmp_path):
    """TCP has no checksum, so the header's protocol identifier is broken."""

    async def check(simulator, _peer):
        assert (await raw(simulator))[1][2:4] != b"\x00\x00"

    with_fault(tmp_path, "bad-crc", check)


def test_refuse_closes_the_port(tmp_path):
    """The port is closed, clients are cut off, and it opens again on the same port."""

    async def check(simulator, _peer):
        port = running.port_of(simulator)

        async def closed():
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
            except ConnectionRefusedError:
                return True
            return False

        async with asyncio.timeout(5):
            while not await closed():
                await asyncio.sleep(0.01)
        running.answer(simulator, "refuse", "incomer", clear=True)
        async with asyncio.timeout(5):
            while await closed():
                await asyncio.sleep(0.01)

    with_fault(tmp_path, "refuse", check)


@pytest.mark.parametrize("name", [n for n in KINDS if n.startswith("exception-")])
def test_exceptions(tmp_path, name):
    """Every request is answered by the exception of this number."""

    async def check(_simulator, peer):
        reply = await peer.read_input_registers(52, count=2, device_id=1)
        assert reply.exception_code == int(name.rpartition("-")[2])

    with_fault(tmp_path, name, check)


async def polls(simulator, peer, count=6):
    """Words of the SDM630's first block from `count` steps of the plant."""
    seen = []
    for _ in range(count):
        at = simulator.world.state.t_s
        await running.until(lambda at=at: simulator.world.state.t_s > at)
        seen.append((await peer.read_input_registers(0, count=76, device_id=1)).registers)
    return seen


def test_frozen(tmp_path):
    """All words stay bit-identical while the plant goes on."""

    async def check(simulator, peer):
        seen = await polls(simulator, peer)
        assert all(words == seen[0] for words in seen)

    with_fault(tmp_path, "frozen", check)


def test_stale(tmp_path):
    """Values are as old as asked for, and still change."""

    async def check(simulator, peer):
        simulator.world.faults.put("load-step", "", simulator.clock(), 5000.0, None)
        began = simulator.clock()
        seen = []
        while simulator.clock() < began + 1.3:
            seen.append((simulator.clock() - began, await running.power_kw(peer)))
            at = simulator.world.state.t_s
            await running.until(lambda at=at: simulator.world.state.t_s > at)
        assert all(kw < 1000 for t_s, kw in seen if t_s < 0.2)
        assert all(kw > 1000 for t_s, kw in seen if t_s > 0.8)
        old = [kw for t_s, kw in seen if t_s > 0.8]
        assert len(set(old)) >= 3
        running.answer(simulator, "load-step", clear=True)

    with_fault(tmp_path, "stale", check, value=0.4)


def test_sign_flip(tmp_path):
    """Power has the wrong sign, voltage has not."""

    async def check(simulator, peer):
        assert await running.power_kw(peer) == pytest.approx(-simulator.world.state.grid_kw, abs=10)
        volts = await peer.read_input_registers(0, count=2, device_id=1)
        assert 200 < peer.convert_from_registers(volts.registers, peer.DATATYPE.FLOAT32) < 250

    with_fault(tmp_path, "sign-flip", check)


def test_word_swap(tmp_path):
    """The words of each value change places: turned back, it is right again."""

    async def check(simulator, peer):
        low, high = (await peer.read_input_registers(52, count=2, device_id=1)).registers
        watts = struct.unpack(">f", struct.pack(">HH", high, low))[0]
        assert watts / 1000 == pytest.approx(simulator.world.state.grid_kw, abs=10)
        assert (await running.power_kw(peer)) != pytest.approx(
            simulator.world.state.grid_kw, abs=10
        )

    with_fault(tmp_path, "word-swap", check)


@pytest.mark.parametrize("name", ["nan", "sentinel", "export-lost"])
def test_no_power(tmp_path, name):
    """The power of a float meter is NaN, the frequency goes on."""

    async def check(_simulator, peer):
        assert math.isnan(await running.power_kw(peer))
        hz = await peer.read_input_registers(70, count=2, device_id=1)
        assert 49 < peer.convert_from_registers(hz.registers, peer.DATATYPE.FLOAT32) < 51

    with_fault(tmp_path, name, check, target="" if name == "export-lost" else "incomer")


def test_infinite(tmp_path):
    """The power of a float meter is infinite."""

    async def check(_simulator, peer):
        assert math.isinf(await running.power_kw(peer))

    with_fault(tmp_path, "infinite", check)


def test_frequency_lost(tmp_path):
    """The frequency is NaN, the power goes on."""

    async def check(simulator, peer):
        hz = await peer.read_input_registers(70, count=2, device_id=1)
        assert math.isnan(peer.convert_from_registers(hz.registers, peer.DATATYPE.FLOAT32))
        assert await running.power_kw(peer) == pytest.approx(simulator.world.state.grid_kw, abs=10)

    with_fault(tmp_path, "frequency-lost", check)


def test_spike(tmp_path):
    """One reading in five is ten times too high, the others are right."""

    async def check(simulator, peer):
        seen = await polls(simulator, peer, 10)
        kw = [struct.unpack(">f", struct.pack(">HH", *words[52:54]))[0] / 1000 for words in seen]
        true = simulator.world.state.grid_kw
        assert sum(one == pytest.approx(true, abs=20) for one in kw) == 8
        assert sum(one == pytest.approx(10 * true, abs=200) for one in kw) == 2

    with_fault(tmp_path, "spike", check)


@pytest.mark.parametrize(
    ("kind", "sentinels", "lsw_first", "words"),
    [
        ("i32", (), False, [0x8000, 0]),
        ("i32", (0x7FFFFFFF,), True, [0xFFFF, 0x7FFF]),
        ("u32", (), False, [0xFFFF, 0xFFFF]),
        ("i16", (), False, [0x8000]),
        ("u16", (0xFFFE,), False, [0xFFFE]),
        ("f32", (), False, [0x7FC0, 0]),
        ("f64", (), False, [0x7FF8, 0, 0, 0]),
    ],
)
def test_marks_for_not_available(kind, sentinels, lsw_first, words):
    """The fault sentinel writes the register's own mark, else the usual one of its type."""
    register = replace(
        running.channel("sdm630", "power_kw"), type=kind, sentinels=sentinels, lsw_first=lsw_first
    )
    held = {4: dict.fromkeys(range(50, 60), 7)}
    ON_WORDS["sentinel"](held, (register,))
    assert [held[4][52 + n] for n in range(len(words))] == words
    assert held[4][52 + len(words)] == held[4][51] == 7


class SerialSite:
    """A meter on a pty, asked byte by byte."""

    def __init__(self, folder):
        self.path = folder / "tty"
        self.site = sites.small(f"serial:{self.path}")
        request = b"\x01\x04\x00\x34\x00\x02"
        self.request = request + FramerRTU.compute_CRC(request).to_bytes(2, "big")

    async def ask(self, size, within_s=1.0) -> bytes:
        """Bytes that come back within a time, at most `size`."""
        fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        loop, got, done = asyncio.get_running_loop(), bytearray(), asyncio.Event()

        def ready():
            got.extend(os.read(fd, 4096))
            if len(got) >= size:
                done.set()

        loop.add_reader(fd, ready)
        os.write(fd, self.request)
        try:
            async with asyncio.timeout(within_s):
                await done.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(fd)
            os.close(fd)
        return bytes(got)


def good(frame: bytes) -> bool:
    """Whether a frame ends with its CRC."""
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))


@pytest.mark.parametrize(
    ("name", "size", "check"),
    [
        ("bad-crc", 9, lambda got: len(got) == 9 and not good(got)),
        ("partial-frame", 4, lambda got: len(got) == 4),
        ("joined-frames", 18, lambda got: len(got) == 18 and got[:9] == got[9:] and good(got[:9])),
        ("two-masters", 24, lambda got: got[0] == 99 and got[8] == 99 and good(got[15:])),
        ("refuse", 1, lambda got: got == b""),
    ],
)
def test_frames_on_a_serial_line(tmp_path, name, size, check):
    """Faults of frames look on a pty as they would on RS-485."""
    line = SerialSite(tmp_path)

    async def run():
        async with running.running(line.site, tmp_path) as simulator:
            assert good(await line.ask(9))
            running.answer(simulator, name, "incomer")
            got = await line.ask(size, 0.4)
            assert check(got), got.hex()

    asyncio.run(run())


def test_two_masters_over_tcp(tmp_path):
    """Foreign frames with a transaction of their own come before the reply."""

    async def run():
        async with running.asked(sites.small(ANY), tmp_path) as (simulator, _):
            running.answer(simulator, "two-masters", "incomer")
            reader, writer = await asyncio.open_connection("127.0.0.1", running.port_of(simulator))
            writer.write(SDM_POWER)
            got = await asyncio.wait_for(reader.readexactly(12 + 11 + 13), 2)
            writer.close()
            assert got[:2] == got[12:14] == b"\xbe\xef"
            assert got[23:25] == b"\x00\x07"

    asyncio.run(run())


def test_every_meter_fault_is_tested_here():
    """A new fault of meters needs a test in this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    names = [kind.name for kind in KINDS.values() if kind.aim is Aim.METER]
    assert [n for n in names if f'"{n}"' not in text and not n.startswith("exception-")] == []
