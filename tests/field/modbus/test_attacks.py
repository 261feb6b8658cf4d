"""Malicious peers: a server that is flooded, replies that lay in a buffer, names that are none."""

import asyncio
import os
import struct
from contextlib import suppress

import pytest

from field.modbus.peers import AddressDevice, run, until
from headworks.field.modbus import exchange, session
from headworks.field.modbus.channel import Line
from headworks.field.modbus.framing import TcpFraming
from headworks.field.modbus.link import Link, LinkDown, LinkError, open_link, read_request
from headworks.field.modbus.serial_channel import SerialChannel
from headworks.field.modbus.server import TcpServer

READ = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0, 125)


async def served(device: AddressDevice, **more: int) -> TcpServer:
    server = TcpServer(device, "127.0.0.1", 0, **more)
    await server.start()
    return server


def test_a_client_that_never_reads_its_replies_is_dropped() -> None:
    """Replies that nobody takes do not fill the memory of the station."""

    async def talk() -> None:
        server = await served(AddressDevice())
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: server.clients == 1)
        while server.clients:
            writer.write(READ * 100)
            with suppress(ConnectionError):
                await asyncio.wait_for(writer.drain(), 5.0)
        writer.close()
        await server.stop()

    run(talk())


def test_a_flood_of_requests_lets_others_in_between() -> None:
    """One client's thousand requests are answered in many turns, another's one is not kept."""

    async def talk() -> None:
        device = AddressDevice()
        server = await served(device)
        turns = 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(turn)

        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(READ * 200)
        turn()
        await until(lambda: len(device.asked) >= 200)
        assert turns >= 200 / session._A_TURN
        replies = await asyncio.wait_for(reader.readexactly(200 * 259), 5.0)
        assert replies[:2] == b"\0\1"
        writer.close()
        await server.stop()

    run(talk())


@pytest.mark.parametrize("drip", [b"", READ[:3]])
def test_connections_that_say_nothing_drop_each_other(drip: bytes) -> None:
    """Many mute or dripping connections do not throw a master out, however seldom it speaks."""

    async def talk() -> None:
        server = await served(AddressDevice(), max_clients=4)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(READ)
        await reader.readexactly(259)
        mute = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(20)]
        for _, other in mute:
            other.write(drip)
        mute.append(await asyncio.open_connection("127.0.0.1", server.port))
        await until(lambda: server.clients == 4)
        writer.write(READ)
        assert len(await asyncio.wait_for(reader.readexactly(259), 5.0)) == 259
        for _, other in [*mute, (reader, writer)]:
            other.close()
        await server.stop()

    run(talk())


class Wire:
    """A channel of which the test is the other side."""

    up, opens = True, 1

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.renewed: list[str] = []

    def start(self, owner: object) -> None: ...

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def renew(self, cause: str) -> None:
        self.renewed.append(cause)

    async def stop(self) -> None: ...


@pytest.mark.parametrize(("late_s", "taken"), [(0.0, True), (10.0, False)])
def test_a_reply_that_lay_in_a_buffer_is_not_taken_for_new(
    monkeypatch: pytest.MonkeyPatch, late_s: float, taken: bool
) -> None:
    """After a standstill of 10 s the reply that waited is 10 s old, and its stamp would lie."""

    async def talk() -> None:
        clock = [100.0]
        monkeypatch.setattr(exchange.time, "monotonic", lambda: clock[0])
        wire, results = Wire(), []
        link = Link(wire, TcpFraming(), 0.5)
        link.post(read_request(1, 3, 0, 1), lambda result, _t_s: results.append(result))
        clock[0] += 0.1 + late_s
        link.received(wire.sent[0][:4] + b"\0\5\1\3\2\0\7")
        assert isinstance(results[0], bytes) is taken
        assert taken or isinstance(results[0], LinkError)
        link.close_timers()

    asyncio.run(talk())


@pytest.mark.parametrize("host", ["a..b", "a" * 300])
def test_a_name_that_no_resolver_takes_is_told(host: str) -> None:
    """What cannot even be asked for is a lost connection with a cause, and is tried again."""

    async def talk() -> None:
        link = open_link(f"tcp://{host}:502", timeout_s=0.1, retry_s=0.05)
        link.start()
        with pytest.raises(LinkDown, match="no host name; use the address"):
            await link.read(1, 3, 0, 1)
        await link.stop()

    run(talk())


def test_offs_overtake_ons_of_other_boards() -> None:
    """On one line an off goes out before another board's on that waited first."""

    async def talk() -> None:
        wire = Wire()
        link = Link(wire, TcpFraming(), 0.5)
        done: list[str] = []
        for name, ranks in (
            ("read", {}),
            ("next read", {}),
            ("on", {"urgent": True}),
            ("off", {"urgent": True, "off": True}),
        ):
            link.post(read_request(1, 3, 0, 1), lambda *_, name=name: done.append(name), **ranks)
        for turn in range(4):
            link.received(wire.sent[turn][:4] + b"\0\5\1\3\2\0\7")
        assert done == ["read", "off", "on", "next read"]
        link.close_timers()

    asyncio.run(talk())


class _Clogged:
    """A port behind which nobody reads: to close it waits for what it holds, as Linux does, 30 s."""

    def __init__(self, out_waiting: int = 60) -> None:
        self.out_waiting, self.waited = out_waiting, False

    def reset_output_buffer(self) -> None:
        self.out_waiting = 0

    def close(self) -> None:
        self.waited = self.out_waiting > 0


class _Owner:
    def opened(self) -> None:
        pass

    def closed(self, cause: str) -> None:
        pass

    def received(self, data: bytes) -> None:
        pass


@pytest.mark.parametrize("ends", [True, False])
def test_a_port_that_nobody_reads_does_not_hold_up_the_station(ends: bool) -> None:
    """What lies in it is thrown away before it is closed, and not before it had a moment to go."""

    async def go() -> None:
        ours, theirs = os.openpty()
        channel = SerialChannel(os.ttyname(theirs), Line(115200), retry_s=60.0)
        channel.start(_Owner())
        port, real = _Clogged(), channel._port
        channel._port = port
        if ends:
            await channel.stop()
        else:
            channel.renew("nobody reads")
            await channel.stop()
        assert not port.waited
        assert channel._port is None
        real.close()
        os.close(ours)
        os.close(theirs)

    asyncio.run(go())


def test_what_was_just_written_still_goes_out() -> None:
    """The last off of a station that ends is not thrown away."""

    async def go() -> None:
        ours, theirs = os.openpty()
        channel = SerialChannel(os.ttyname(theirs), Line(115200), retry_s=60.0)
        channel.start(_Owner())
        port, real, thrown = _Clogged(), channel._port, []
        port.reset_output_buffer = lambda: thrown.append(port.out_waiting)
        channel._port = port
        asyncio.get_running_loop().call_later(0.01, setattr, port, "out_waiting", 0)
        await channel.stop()
        assert thrown == []
        assert not port.waited
        real.close()
        os.close(ours)
        os.close(theirs)

    asyncio.run(go())
