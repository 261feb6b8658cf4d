"""The link against real peers over sockets and ptys: faults of the catalogue, rows 8 to 14."""

import asyncio
import itertools
import os
import statistics
import time

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from field.modbus.peers import WAYS, AddressDevice, Spoiler, peer, pty_pair, run, until
from field.modbus.virtual import run_virtual
from headworks.field.modbus.channel import Line, parse_connect
from headworks.field.modbus.framing import TcpFraming
from headworks.field.modbus.link import (
    ConnectError,
    Link,
    LinkDown,
    LinkError,
    LinkNoise,
    LinkTimeout,
    ModbusException,
    open_link,
)
from headworks.field.modbus.links import Links
from headworks.field.modbus.request import coil_request, read_request
from headworks.field.modbus.tcp_channel import TcpChannel
from headworks.field.modbus.wire import rtu_frame

TIMEOUT_S = 0.1


def link_to(connect: str) -> Link:
    link = open_link(connect, timeout_s=TIMEOUT_S, baud=115200, parity="E", retry_s=0.05)
    link.start()
    return link


async def outcome(link: Link, address: int, count: int = 2) -> list[int] | str:
    """The words, or the name of the error."""
    try:
        return await link.read(1, 3, address, count)
    except LinkError as error:
        return type(error).__name__


@pytest.mark.parametrize("way", WAYS)
def test_reads_and_writes(way: str) -> None:
    """Words, bits and coils go over TCP, RTU over TCP and a serial line."""

    async def talk() -> None:
        device = AddressDevice()
        async with peer(way, device) as (_, connect):
            link = link_to(connect)
            assert await link.read(1, 4, 100, 3) == [100, 101, 102]
            assert await link.read(1, 1, 5, 3) == [1, 0, 1]
            await link.write_coil(1, 7, True)
            await link.write_coils(1, 8, [True, False])
            await link.write_registers(1, 9, [5, 6])
            await link.stop()
        assert device.written == [(5, 7, [1]), (15, 8, [1, 0]), (16, 9, [5, 6])]

    run(talk())


def test_pymodbus_own_server_is_understood() -> None:
    """A server that is not ours gives the same words."""

    async def talk() -> None:
        data = SimData(0, values=list(range(50)), datatype=DataType.REGISTERS)
        server = ModbusTcpServer(SimDevice(1, simdata=[data]), address=("127.0.0.1", 0))
        task = asyncio.create_task(server.serve_forever())
        await until(lambda: server.transport and server.transport.sockets)
        port = server.transport.sockets[0].getsockname()[1]
        link = link_to(f"tcp://127.0.0.1:{port}")
        assert await link.read(1, 3, 10, 4) == [10, 11, 12, 13]
        with pytest.raises(ModbusException) as refused:
            await link.read(1, 3, 200, 2)
        assert refused.value.code == 2
        await link.stop()
        await server.shutdown()
        await asyncio.gather(task, return_exceptions=True)

    run(talk())


@pytest.mark.parametrize("way", WAYS)
def test_a_reply_60_ms_late_is_never_another_ones(way: str) -> None:
    """Row 12: the reply to 100 comes 60 ms after its time; 200 and 300 must not get it."""

    async def talk() -> None:
        spoiler = Spoiler()
        async with peer(way, AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            assert await outcome(link, 10) == [10, 11]
            spoiler.delay_s = TIMEOUT_S + 0.06
            late = [await outcome(link, address) for address in (100, 200, 300)]
            assert all(isinstance(result, str) for result in late), late
            spoiler.delay_s = 0.0
            results = [await outcome(link, address) for address in (400, 500, 600, 700)]
            assert results[-1] == [700, 701]
            for address, result in zip((400, 500, 600, 700), results, strict=True):
                assert isinstance(result, str) or result == [address, address + 1]
            await link.stop()

    run(talk())


@pytest.mark.parametrize("way", ["rtu+tcp", "serial"])
def test_one_late_reply_is_counted_and_thrown_away(way: str) -> None:
    """Only 100 is late; it arrives while 200 waits, and 200 gets its own words."""

    async def talk() -> None:
        spoiler = Spoiler()
        async with peer(way, AddressDevice(units=(1, 2)), spoiler) as (_, connect):
            link = link_to(connect)
            await link.read(2, 3, 0, 1)  # a second unit, so that RTU over TCP stays connected
            spoiler.delay_s = TIMEOUT_S + 0.06
            assert await outcome(link, 100) == "LinkTimeout"
            spoiler.delay_s = 0.07
            assert await outcome(link, 200) == [200, 201]
            assert link.unit(1).late == 1
            assert link.counters.unsolicited == 0
            await link.stop()

    run(talk())


def test_a_gateway_that_answers_late_under_the_new_id_is_not_believed() -> None:
    """A TCP gateway hands the late reply to 100 out as the reply to 200, id and all."""

    async def talk() -> None:
        kept: list[bytes] = []
        spoiler = Spoiler()

        def one_behind(reply: bytes) -> list[tuple[float, bytes]]:
            kept.append(reply)
            if len(kept) == 1:
                return []
            return [(0.0, reply[:2] + kept[-2][2:])]

        async with peer("tcp", AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            assert await outcome(link, 10) == [10, 11]
            spoiler.change = one_behind
            results = {address: await outcome(link, address) for address in (100, 200, 300)}
            spoiler.change = None
            results |= {address: await outcome(link, address) for address in (400, 500)}
            for address, result in results.items():
                assert isinstance(result, str) or result == [address, address + 1]
            assert results[500] == [500, 501]
            await link.stop()

    run(talk())


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, 8, 10, 11])
def test_every_exception_is_told_with_its_meaning(code: int) -> None:
    """Row 9: only 5 and 6 are worth a retry; each code has words of its own."""

    async def talk() -> None:
        device = AddressDevice()
        device.refusals[50] = code
        async with peer("tcp", device) as (_, connect):
            link = link_to(connect)
            with pytest.raises(ModbusException) as refused:
                await link.read(1, 3, 50, 1)
            assert refused.value.code == code
            assert refused.value.passes == (code in {5, 6})
            assert "unknown" not in str(refused.value)
            assert link.unit(1).exceptions == 1
            assert await outcome(link, 10) == [10, 11]
            await link.stop()

    run(talk())


@pytest.mark.parametrize("way", ["rtu+tcp", "serial"])
def test_a_bad_checksum_is_counted_and_the_next_read_is_good(way: str) -> None:
    """Row 10: discard, count, resynchronise."""

    async def talk() -> None:
        spoiler = Spoiler()
        async with peer(way, AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            spoiler.change = lambda reply: [(0.0, reply[:4] + b"\xff" + reply[5:])]
            with pytest.raises(LinkNoise, match="checksum"):
                await link.read(1, 3, 100, 2)
            spoiler.change = None
            assert await outcome(link, 200) == [200, 201]
            assert link.unit(1).crc == 1
            await link.stop()

    run(talk())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [1, 3])
def test_a_reply_in_pieces_is_one_reply(way: str, step: int) -> None:
    """Row 11: bytes that dribble in are put together."""

    async def talk() -> None:
        spoiler = Spoiler()
        spoiler.change = lambda reply: [
            (0.001 * at, reply[at : at + step]) for at in range(0, len(reply), step)
        ]
        async with peer(way, AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            assert await outcome(link, 100) == [100, 101]
            await link.stop()

    run(talk())


@pytest.mark.parametrize("way", ["rtu+tcp", "serial"])
def test_noise_before_a_reply_costs_no_more_than_the_noise(way: str) -> None:
    """Row 11: what looks like the start of a long frame does not swallow the reply behind it."""

    async def talk() -> None:
        spoiler = Spoiler()
        spoiler.change = lambda reply: [(0.0, b"\x01\x03\xf0\x00" + reply)]
        async with peer(way, AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            assert await outcome(link, 100) == [100, 101]
            assert link.counters.noise == 4
            await link.stop()

    run(talk())


def test_a_half_open_connection_is_left() -> None:
    """Row 13: a peer that takes requests and never answers gets a new connection, in time."""

    async def talk() -> None:
        spoiler = Spoiler()
        spoiler.silent = True
        async with peer("tcp", AddressDevice(), spoiler) as (server, connect):
            link = link_to(connect)
            started = time.monotonic()
            assert await outcome(link, 100) == "LinkTimeout"
            assert time.monotonic() - started < TIMEOUT_S + 0.3
            spoiler.silent = False
            await until(lambda: link.up)
            assert await outcome(link, 200) == [200, 201]
            assert link.counters.reconnects >= 1
            assert server.clients == 1
            await link.stop()

    run(talk())


class Refused(TcpChannel):
    """A channel whose every try is refused; `times` are when they were."""

    def __init__(self) -> None:
        super().__init__("10.0.0.1", 502, retry_s=0.25, connect_s=1.0)
        self.times: list[float] = []

    async def _open(self) -> None:
        self.times.append(time.monotonic())
        raise ConnectionRefusedError


def test_tries_to_connect_are_spread_and_never_slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 14: for an hour, tries come with jitter between half and the whole of their period."""
    channel = Refused()

    async def hour() -> None:
        channel.start(Link(channel, TcpFraming(), TIMEOUT_S))
        await asyncio.sleep(3600.0)
        await channel.stop()

    run_virtual(monkeypatch, hour)
    gaps = [after - before for before, after in itertools.pairwise(channel.times)]
    assert 0.124 < min(gaps) < 0.13
    assert 0.245 < max(gaps) < 0.252
    assert statistics.stdev(gaps) > 0.02


def test_another_master_is_counted_and_given_way() -> None:
    """Row 8: foreign frames are counted, what they touch is not believed, and we back off."""

    async def talk() -> None:
        device = AddressDevice()
        spoiler = Spoiler()
        async with peer("serial", device, spoiler) as (_, connect):
            link = link_to(connect)
            foreign = rtu_frame(9, bytes.fromhex("0300100002"))
            spoiler.change = lambda reply: [(0.0, foreign), (0.01, reply)]
            with pytest.raises(LinkNoise, match="another master"):
                await link.read(1, 3, 100, 2)
            spoiler.change = None
            assert link.counters.unsolicited == 1
            assert link.contended
            started = time.monotonic()
            assert await outcome(link, 200) == [200, 201]
            assert time.monotonic() - started > 0.03
            await link.stop()

    run(talk())


def test_an_adapter_that_hands_our_own_bytes_back_is_no_other_master() -> None:
    """Some RS-485 adapters echo what is sent; that is neither a reply nor a second master."""

    async def talk() -> None:
        spoiler = Spoiler()
        own = rtu_frame(1, bytes.fromhex("0300640002"))
        spoiler.change = lambda reply: [(0.0, own + reply)]
        async with peer("serial", AddressDevice(), spoiler) as (_, connect):
            link = link_to(connect)
            assert await outcome(link, 100) == [100, 101]
            assert link.counters.unsolicited == 0
            await link.stop()

    run(talk())


def test_urgent_requests_go_first_in_their_own_order() -> None:
    """A coil to write overtakes reads that wait, and on-then-off stays on-then-off."""

    async def talk() -> None:
        device = AddressDevice()
        done: list[str] = []
        async with peer("tcp", device) as (_, connect):
            link = link_to(connect)
            await link.read(1, 3, 0, 1)
            for name in ("read 1", "read 2"):
                link.post(read_request(1, 3, 0, 1), lambda *_, name=name: done.append(name))
            for on in (True, False):
                name = f"coil {on}"
                request = coil_request(1, 5, on)
                link.post(request, lambda *_, name=name: done.append(name), urgent=True)
            await until(lambda: len(done) == 4)
            await link.stop()
        assert done == ["read 1", "coil True", "coil False", "read 2"]

    run(talk())


def test_the_reply_is_handed_over_in_the_turn_that_reads_it() -> None:
    """A coil posted from a reply's callback is on the wire before any other callback runs."""

    async def talk() -> None:
        device = AddressDevice()
        async with peer("tcp", device) as (_, connect):
            link = link_to(connect)
            await link.read(1, 3, 0, 1)
            loop, turns = asyncio.get_running_loop(), []

            def act(_result: object, _t_s: float) -> None:
                loop.call_soon(turns.append, "later turn")
                link.post(coil_request(1, 5, True), lambda *_: turns.append("coil"))
                assert not link.idle
                turns.append("sent")

            link.post(read_request(1, 3, 0, 1), act)
            await until(lambda: "coil" in turns)
            assert turns[0] == "sent"
            await link.stop()

    run(talk())


@pytest.mark.parametrize(("baud", "least_s"), [(9600, 0.004), (19200, 0.002), (38400, 0.00175)])
def test_the_line_is_silent_between_frames(baud: int, least_s: float) -> None:
    """3.5 characters up to 19200 baud, 1.75 ms above, between a reply and the next request."""
    assert Line(baud).silence_s == pytest.approx(least_s, rel=0.02)

    async def talk() -> float:
        times: list[float] = []

        class Timed(AddressDevice):
            def read(self, *args: int) -> list[int]:
                times.append(time.monotonic())
                return list(super().read(*args))

        async with peer("serial", Timed()) as (_, connect):
            link = open_link(connect, timeout_s=0.2, baud=baud)
            link.start()
            for _ in range(10):
                await link.read(1, 3, 0, 1)
            await link.stop()
        return min(after - before for before, after in itertools.pairwise(times))

    assert run(talk()) >= least_s


def test_a_serial_port_that_goes_and_comes_is_opened_again() -> None:
    """An adapter that is unplugged is named; when its path is back, reading goes on."""

    async def talk(folder: str) -> None:
        path = os.path.join(folder, "adapter")
        device = AddressDevice()
        link = link_to(f"serial:{path}")
        with pytest.raises(LinkDown, match="no such port"):
            await link.read(1, 3, 0, 1)
        async with pty_pair() as (fd, name):
            from headworks.field.modbus.server import RtuServer

            os.symlink(name, path)
            line = RtuServer(device, fd)
            await line.start()
            await until(lambda: link.up)
            assert await outcome(link, 7) == [7, 8]
            await line.stop()
            os.unlink(path)
        await until(lambda: not link.up)
        await link.stop()

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run(talk(folder))


@pytest.mark.parametrize(
    ("connect", "text"),
    [
        ("10.0.0.1:502", "is no connection"),
        ("udp://10.0.0.1", "is no connection"),
        ("tcp://10.0.0.1:99999", "write tcp://HOST:PORT"),
        ("tcp://", "is no connection"),
        ("serial:", "names no port"),
    ],
)
def test_a_wrong_connect_text_says_what_to_write(connect: str, text: str) -> None:
    """Each form that is not one is refused with the forms there are."""
    with pytest.raises(ConnectError, match=text):
        parse_connect(connect)


def test_one_line_is_one_link() -> None:
    """Meters and relay boards on one address share a link; the last user closes it."""

    async def talk() -> None:
        async with peer("tcp", AddressDevice()) as (_, connect):
            links = Links()
            first, second = links.get(connect), links.get(connect)
            assert first is second
            await links.release(connect)
            assert await first.read(1, 3, 3, 1) == [3]
            await links.release(connect)
            with pytest.raises(LinkDown):
                await first.read(1, 3, 3, 1)

    run(talk())


def test_nothing_waits_for_ever() -> None:
    """Without any connection a request fails within its time, with the cause."""

    async def talk() -> None:
        link = open_link("tcp://127.0.0.1:1", timeout_s=0.2)
        link.start()
        with pytest.raises(LinkDown, match="nothing listens there"):
            await link.read(1, 3, 0, 1)
        await link.stop()

    run(talk())


def test_exceptions_are_link_errors() -> None:
    """Whoever catches LinkError catches all that a request can raise."""
    assert all(
        issubclass(e, LinkError) for e in (LinkTimeout, LinkDown, LinkNoise, ModbusException)
    )
