"""The server, asked by pymodbus' own client: an independent peer."""

import asyncio

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from field.modbus.peers import AddressDevice, Spoiler, peer, run
from headworks.field.modbus.server import TcpServer


def client(connect: str) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
    """pymodbus' client for a connect text."""
    kind, _, rest = connect.partition(":")
    if kind == "serial":
        return AsyncModbusSerialClient(rest, framer=FramerType.RTU, baudrate=115200, timeout=1)
    port = int(rest.rsplit(":", 1)[1])
    framer = FramerType.SOCKET if kind == "tcp" else FramerType.RTU
    return AsyncModbusTcpClient("127.0.0.1", port=port, framer=framer, timeout=1)


@pytest.mark.parametrize("way", ["tcp", "rtu+tcp", "serial"])
def test_pymodbus_reads_and_writes(way: str) -> None:
    """Words, bits, single and multiple writes agree with pymodbus on every transport."""

    async def talk() -> None:
        device = AddressDevice()
        async with peer(way, device) as (_, connect):
            master = client(connect)
            assert await master.connect()
            assert (await master.read_holding_registers(5, count=3)).registers == [5, 6, 7]
            assert (await master.read_input_registers(9, count=1)).registers == [9]
            assert (await master.read_coils(4, count=10)).bits[:10] == [False, True] * 5
            await master.write_coil(3, True)
            await master.write_register(4, 77)
            await master.write_coils(3, [True, False, True])
            await master.write_registers(6, [1, 2])
            master.close()
        assert device.written == [(5, 3, [1]), (6, 4, [77]), (15, 3, [1, 0, 1]), (16, 6, [1, 2])]

    run(talk())


@pytest.mark.parametrize(
    ("request_hex", "reply_hex"),
    [
        ("03 0000 0000", "83 03"),  # nothing asked
        ("03 0000 007e", "83 03"),  # 126 registers
        ("03 ffff 0002", "83 02"),  # past the end
        ("05 0000 1234", "85 03"),  # neither on nor off
        ("10 0000 0002 03 000000", "90 03"),  # length and count differ
        ("2b 0e", "ab 01"),  # not served
        ("03 00", "83 03"),  # cut short
    ],
)
def test_wrong_requests_get_the_standard_refusal(request_hex: str, reply_hex: str) -> None:
    """Each malformed request is answered with the exception that the standard names."""
    from headworks.field.modbus.answer import answer

    assert answer(AddressDevice(), 1, bytes.fromhex(request_hex)) == bytes.fromhex(reply_hex)


def test_who_may_not_is_refused() -> None:
    """`authorise` sees peer and function, and False is answered with exception 1."""

    async def talk() -> None:
        device = AddressDevice()
        seen: list[tuple[str, int]] = []

        def authorise(peer_ip: str, function: int) -> bool:
            seen.append((peer_ip, function))
            return function < 5

        server = TcpServer(device, "127.0.0.1", 0, authorise=authorise)
        await server.start()
        master = client(f"tcp://127.0.0.1:{server.port}")
        await master.connect()
        assert (await master.write_coil(3, True)).exception_code == 1
        assert (await master.read_holding_registers(5, count=1)).registers == [5]
        master.close()
        await server.stop()
        assert device.written == []
        assert seen == [("127.0.0.1", 5), ("127.0.0.1", 3)]

    run(talk())


def test_garbage_from_a_client_closes_only_that_client() -> None:
    """A peer that sends nonsense is cut off, and others go on."""

    async def talk() -> None:
        async with peer("tcp", AddressDevice()) as (server, connect):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
            master = client(connect)
            await master.connect()
            assert (await master.read_holding_registers(5, count=1)).registers == [5]
            master.close()

    run(talk())


def test_a_spoiled_reply_goes_out_as_told() -> None:
    """A mangle replaces the reply, or keeps it back."""

    async def talk() -> None:
        spoiler = Spoiler()
        async with peer("tcp", AddressDevice(), spoiler) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            ask = bytes.fromhex("0001 0000 0006 01 03 0005 0001")
            spoiler.change = lambda reply: [(0.0, b"<"), (0.01, reply), (0.02, b">")]
            writer.write(ask)
            assert (
                await reader.readexactly(13)
                == b"<" + bytes.fromhex("0001 0000 0005 01 03 02 0005") + b">"
            )
            writer.close()

    run(talk())
