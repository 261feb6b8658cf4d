"""A SCADA master at the station's registers: pymodbus's own client over real sockets."""

import asyncio
import random
import socket
import struct

import pytest

from field.signals.scada_peers import (
    ORDER,
    Station,
    framed,
    hung_up,
    master,
    run,
    running,
    send_raw,
    site,
)
from headworks.field.modbus.server import ModbusFault
from headworks.field.signals import SignalError, Signals, StationReport
from headworks.model.plan import RackState, ReasonCode
from headworks.model.site import SetpointSignal

REPORT = StationReport(
    True, 42, 108.0, 144.0, 250.0, 106.0, ReasonCode.SETPOINT, {RackState.RUNNING: 3}, 0
)


def test_an_order_is_taken_and_read_back():
    """One request sets the limit; the master reads it back with state, powers and reason."""

    async def work(station):
        async with master(station) as scada:
            assert station.granted_kw == 0.0
            assert not (await scada.write_registers(0, ORDER, device_id=1)).isError()
            assert station.granted_kw == 250.0
            assert station.changes == 1
            assert (await scada.read_holding_registers(0, count=5)).registers == ORDER
            words = (await scada.read_input_registers(0, count=27)).registers
            assert words[:12] == [1, 0b11011, 42, 1, 7, 1, 30, 3, 0, 2500, 0, 1080]

    run(work, report=REPORT)


@pytest.mark.parametrize(
    ("limit", "granted_kw"), [([0, 0], 0.0), ([0xFFFF, 0xFFFF], None), ([1, 0], 6553.6)]
)
def test_limits_on_the_wire(limit, granted_kw):
    """Zero watts and "no limit" are two different words."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, [*limit, 60, 1, 1])
            assert station.granted_kw == granted_kw

    run(work)


def test_an_order_runs_out():
    """At the end of its validity an order is zero watts, and the master can see why."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, [0, 2500, 20, 1, 1])
            station.clock.t_s += 19.9
            assert station.granted_kw == 250.0
            station.clock.t_s += 0.1
            assert station.granted_kw == 0.0
            words = (await scada.read_input_registers(0, count=10)).registers
            assert (words[5], words[6], words[8:10]) == (2, 0, [0, 0])

    run(work)


def test_a_heartbeat_by_function_6_keeps_an_order_and_its_standstill_ends_it():
    """The heartbeat may be written alone; when it stands still only a new order helps."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, [0, 2500, 3600, 1, 1])
            station.clock.t_s += 29.0
            assert not (await scada.write_register(3, 2)).isError()
            station.clock.t_s += 29.0
            assert station.granted_kw == 250.0
            await scada.write_register(3, 2)
            station.clock.t_s += 1.0
            assert station.granted_kw == 0.0
            assert (await scada.read_input_registers(5)).registers == [3]
            await scada.write_register(3, 3)
            assert station.granted_kw == 0.0
            await scada.write_registers(0, [0, 1000, 3600, 4, 2])
            assert station.granted_kw == 100.0

    run(work)


def test_a_master_that_reconnects_finds_its_order():
    """A dropped connection neither ends nor prolongs an order."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, ORDER)
        station.clock.t_s += 10.0
        async with master(station) as scada:
            assert (await scada.read_input_registers(6)).registers == [20]
            assert station.granted_kw == 250.0

    run(work)


def test_a_station_that_restarts_has_no_order():
    """After a restart the limit is zero watts until the master orders again."""

    async def whole():
        async with running(Station()) as first, master(first) as scada:
            await scada.write_registers(0, ORDER)
            assert first.granted_kw == 250.0
        async with running(Station()) as second, master(second) as scada:
            assert second.granted_kw == 0.0
            assert (await scada.read_input_registers(5)).registers == [0]

    asyncio.run(whole())


def test_of_two_masters_the_last_order_counts_whole():
    """Orders of two masters never mix: each block is taken whole, the last one stays."""

    async def work(station):
        orders = {250.0: [0, 2500, 60, 1, 1], 6553.7: [1, 1, 60, 2, 2]}
        async with master(station) as one, master(station) as other:
            for _ in range(20):
                low, high = orders.values()
                await asyncio.gather(one.write_registers(0, low), other.write_registers(0, high))
                assert station.granted_kw in orders
            await other.write_registers(0, orders[250.0])
            assert (await one.read_holding_registers(0, count=5)).registers == orders[250.0]

    run(work)


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        ("06 0000 0001", 2),  # half of a limit
        ("06 0001 09c4", 2),
        ("06 0002 003c", 2),
        ("06 0004 0001", 2),
        ("10 0000 0002 04 0000 09c4", 2),  # a limit without its validity
        ("10 0000 0004 08 0000 09c4 003c 0001", 2),
        ("10 0001 0004 08 09c4 003c 0001 0001", 2),
        ("10 0000 0006 0c 0000 09c4 003c 0001 0001 0000", 2),
        ("10 0005 0001 02 0001", 2),
        ("10 0000 0005 0a 000f 4241 003c 0001 0001", 3),  # one more than 100 MW
        ("10 0000 0005 0a 09c4 0000 003c 0001 0001", 3),  # swapped words
        ("10 0000 0005 0a ffff fffe 003c 0001 0001", 3),
        ("10 0000 0005 0a 0000 09c4 0000 0001 0001", 3),  # no validity
        ("10 0000 0005 0a 0000 09c4 ffff 0001 0001", 3),
        ("10 0000 0005 08 0000 09c4 003c 0001 0001", 3),  # byte count wrong
        ("03 0000 0006", 2),
        ("03 0005 0001", 2),
        ("03 0000 0000", 3),
        ("03 ffff 0002", 2),
        ("04 0000 001c", 2),
        ("04 001b 0001", 2),
        ("01 0000 0001", 1),
        ("02 0000 0001", 1),
        ("05 0000 ff00", 1),
        ("0f 0000 0001 01 01", 1),
        ("17 0000 0001 0000 0005 0a 0000 0001 003c 0001 0001", 1),
        ("16 0001 0000 ffff", 1),
        ("2b 0e 01 00", 1),
    ],
)
def test_anything_else_is_an_exception_and_changes_nothing(pdu, code):
    """No part of an order, no order outside sense, no other function is taken."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, ORDER)
        raw = bytes.fromhex(pdu.replace(" ", ""))
        reply = await send_raw(station, framed(raw))
        assert reply[7:] == bytes((raw[0] | 0x80, code))
        assert station.granted_kw == 250.0
        assert station.changes == 1

    run(work)


def test_another_unit_is_not_here():
    """A request to another unit is answered with exception 11 and changes nothing."""

    async def work(station):
        async with master(station) as scada:
            reply = await scada.write_registers(0, ORDER, device_id=2)
            assert (reply.exception_code, station.granted_kw) == (11, 0.0)
            assert (await scada.read_input_registers(0, device_id=9)).exception_code == 11

    run(work)


@pytest.mark.parametrize(
    ("allow", "taken"),
    [
        ((), True),
        (("127.0.0.1",), True),
        (("10.0.0.9", "127.0.0.0/8"), True),
        (("10.0.0.9",), False),
        (("::1",), False),
    ],
)
def test_only_listed_addresses_may_write(allow, taken):
    """An address that is not listed may read, and every write of it is refused and counted."""

    async def work(station):
        async with master(station) as scada:
            assert (await scada.write_registers(0, ORDER)).isError() is not taken
            assert station.granted_kw == (250.0 if taken else 0.0)
            assert (await scada.read_input_registers(26)).registers == [0 if taken else 1]

    run(work, allow=allow)


@pytest.mark.parametrize(
    ("peer", "listed"),
    [("::ffff:10.0.0.9", True), ("fe80::1%eth0", True), ("", False), ("x", False)],
)
def test_addresses_in_other_dress(peer, listed):
    """An IPv4 address inside IPv6 and a scoped address are recognised; nonsense is nobody."""
    spec = SetpointSignal("scada", "tcp://[::]:0", allow=("10.0.0.9", "fe80::/64"))
    scada = Signals(site(spec), dict)._setpoints["scada"]
    assert scada.authorise(peer, 16) is listed
    assert scada.authorise(peer, 4)


def test_refused_writes_are_counted():
    """Commissioning shows that a master's writes arrive and are refused."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_register(0, 1)
            await scada.write_registers(0, [0, 1, 0, 1, 1])
            assert (await scada.read_input_registers(26)).registers == [2]

    run(work)


def test_only_a_changed_order_asks_for_a_scan():
    """Heartbeats and repeated orders do not make the station scan; a new limit does at once."""

    async def work(station):
        async with master(station) as scada:
            await scada.write_registers(0, [0, 2500, 60, 1, 1])
            await scada.write_register(3, 2)
            await scada.write_registers(0, [0, 2500, 60, 3, 2])
            assert station.changes == 1
            await scada.write_registers(0, [0, 2400, 60, 4, 3])
            assert station.changes == 2
            station.clock.t_s += 60.0
            await scada.write_register(3, 5)
            await scada.write_registers(0, [0, 2400, 60, 6, 4])
            assert station.changes == 3

    run(work)


def test_a_slow_master_holds_nobody_up():
    """A request that drips in byte by byte is answered, and others are served meanwhile."""

    async def work(station):
        reader, writer = await asyncio.open_connection("127.0.0.1", station.port)
        request = framed(struct.pack(">BHHB5H", 16, 0, 5, 10, *ORDER))
        async with master(station) as fast:
            for byte in request:
                assert station.granted_kw == 0.0
                writer.write(bytes((byte,)))
                await writer.drain()
                assert not (await fast.read_input_registers(0, count=27)).isError()
            assert len(await asyncio.wait_for(reader.readexactly(12), 5)) == 12
            assert station.granted_kw == 250.0
        writer.close()

    run(work)


def test_connections_left_behind_do_not_lock_a_master_out():
    """A master at work stays, a new one gets in, and the connection silent longest is dropped."""

    async def work(station):
        async with master(station) as scada:
            left = [await asyncio.open_connection("127.0.0.1", station.port) for _ in range(63)]
            assert not (await scada.read_input_registers(0, count=27)).isError()
            async with master(station) as newcomer:
                assert not (await newcomer.write_registers(0, ORDER)).isError()
                assert not (await scada.read_input_registers(0, count=27)).isError()
            assert await hung_up(left[0][0])
            for _, writer in left:
                writer.close()

    run(work)


def is_order(pdu: bytes) -> bool:
    """Whether random bytes happen to be something that may change the setpoint."""
    beat = pdu[:3] in (b"\x06\x00\x03", b"\x10\x00\x03")
    return beat or pdu[:6] == bytes((16, 0, 0, 0, 5, 10))


def spoiled(random_: random.Random) -> bytes:
    """A random PDU, or an order with a few bytes changed."""
    if random_.random() < 0.5:
        return random_.randbytes(random_.randint(1, 60))
    pdu = bytearray(struct.pack(">BHHB5H", 16, 0, 5, 10, *ORDER))
    for _ in range(random_.randint(1, 4)):
        pdu[random_.randrange(6)] = random_.randrange(256)
    return bytes(pdu[: random_.randint(1, len(pdu))])


def test_spoiled_requests_never_crash_or_change_the_limit():
    """A thousand broken requests later the order stands as it was and the station answers."""

    async def work(station):
        random_ = random.Random(20261123)
        async with master(station) as scada:
            await scada.write_registers(0, ORDER)
            pdus = [pdu for pdu in (spoiled(random_) for _ in range(1000)) if not is_order(pdu)]
            assert len(pdus) > 800
            for start in range(0, len(pdus), 50):
                await send_raw(station, b"".join(framed(pdu) for pdu in pdus[start : start + 50]))
                await send_raw(station, random_.randbytes(300))
            assert station.granted_kw == 250.0
            assert (await scada.read_holding_registers(0, count=5)).registers == ORDER
            assert station.changes == 1

    run(work)


def test_a_taken_address_is_told_with_its_place():
    """A station that cannot listen says which signal, where, why, and what to do."""

    async def whole(port: int):
        spec = SetpointSignal("scada", f"tcp://127.0.0.1:{port}")
        with pytest.raises(
            SignalError, match=rf"'scada' cannot listen at tcp://127.0.0.1:{port}.*free"
        ):
            await Signals(site(spec), dict).start()

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asyncio.run(whole(taken.getsockname()[1]))


def test_after_stop_nobody_is_connected_and_the_port_is_free():
    """stop() hangs up on every master and lets go of the port."""

    async def whole():
        station = Station()
        await station.signals.start()
        port = station.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await station.signals.stop()
        assert await hung_up(reader)
        writer.close()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(whole())


def test_coil_functions_are_no_way_in():
    """Asked directly, the device refuses functions that a server might pass on."""
    spec = SetpointSignal("scada", "tcp://127.0.0.1:0")
    scada = Signals(site(spec), dict)._setpoints["scada"]
    with pytest.raises(ModbusFault, match="exception 1"):
        scada.write(1, 5, 3, [1])
