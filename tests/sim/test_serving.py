"""Meters on the wire: right values over TCP, RTU over TCP and a pty, several units on one bus."""

import asyncio
import os
import socket
import subprocess
import sys

import pytest
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.framer import FramerType

from headworks.model.site import RackKind, RackSpec, Sign, SwitchSpec
from headworks.sim.pty import ServeError
from sim import running, sites

ANY = "tcp://127.0.0.1:0"


def test_meters_tell_the_truth_over_tcp(tmp_path):
    """Two units behind one port each read what truly flows at their point."""

    async def run():
        async with running.running(sites.small(ANY), tmp_path) as simulator:
            simulator.world.tell("hat.1", True, simulator.clock())
            await running.until(lambda: simulator.world.state.racks_kw > 30)
            ramped_s = simulator.clock() + 0.6  # ramp_s is 0.5
            await running.until(lambda: simulator.world.state.t_s > ramped_s)
            async with running.client(running.port_of(simulator)) as peer:
                grid = await running.power_kw(peer)
                assert grid == pytest.approx(simulator.world.state.grid_kw, abs=5.0)
                rack = await running.power_kw(peer, 2)
                assert rack == pytest.approx(simulator.world.state.racks_kw, abs=0.5)
                assert -600 < grid < -200  # a clear noon exports

    asyncio.run(run())


def test_values_never_repeat(tmp_path):
    """Two polls of a running plant are never bit-identical, so nothing looks frozen."""

    async def run():
        async with running.asked(sites.small(ANY), tmp_path) as (simulator, peer):
            seen = set()
            for _ in range(5):
                at = simulator.world.state.t_s
                seen.add(await running.power_kw(peer))
                await running.until(lambda at=at: simulator.world.state.t_s > at)
            assert len(seen) == 5

    asyncio.run(run())


def test_rtu_over_tcp(tmp_path):
    """An rtu+tcp:// address speaks RTU frames with their checksum."""

    async def run():
        site = sites.small("rtu+tcp://127.0.0.1:0")
        async with running.running(site, tmp_path) as simulator:
            peer = AsyncModbusTcpClient(
                "127.0.0.1",
                port=running.port_of(simulator),
                framer=FramerType.RTU,
                timeout=1,
                retries=0,
            )
            await peer.connect()
            assert await running.power_kw(peer) == pytest.approx(
                simulator.world.state.grid_kw, abs=5
            )
            peer.close()

    asyncio.run(run())


def test_rtu_on_a_pty(tmp_path):
    """A serial: address is a pty linked at that path; its units answer, others are silent."""
    path = tmp_path / "ttyUSB0"

    async def run():
        async with running.running(sites.small(f"serial:{path}"), tmp_path) as simulator:
            assert path.is_symlink()
            peer = AsyncModbusSerialClient(str(path), baudrate=115200, timeout=0.5, retries=0)
            await peer.connect()
            assert await running.power_kw(peer) == pytest.approx(
                simulator.world.state.grid_kw, abs=5
            )
            assert await running.power_kw(peer, 2) == 0.0
            peer.close()
        assert not path.is_symlink()

    asyncio.run(run())


def test_everything_is_removed_at_the_end(tmp_path):
    """After stop no link, no socket and no listening port is left."""

    async def run():
        site = sites.small(f"serial:{tmp_path / 'tty'}")
        async with running.running(site, tmp_path):
            assert {p.name for p in tmp_path.iterdir()} == {
                "tty",
                "tty.claim",
                "sim.sock",
                "pins.sock",
            }
        assert list(tmp_path.iterdir()) == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sign", "scale"), [(Sign.EXPORT_POSITIVE, 1.0), (Sign.IMPORT_POSITIVE, 40.0)]
)
def test_mounting_and_ratio(tmp_path, sign, scale):
    """A meter mounted the other way shows exports positive; one before its ratio shows less."""

    async def run():
        spec = sites.meter("incomer", ANY, sign=sign, scale=scale)
        async with running.running(sites.site([spec], []), tmp_path) as simulator:
            async with running.client(running.port_of(simulator)) as peer:
                shown = await running.power_kw(peer)
            true = simulator.world.state.grid_kw
            side = -1.0 if sign is Sign.EXPORT_POSITIVE else 1.0
            assert shown == pytest.approx(side * true / scale, rel=0.02)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("function", "address", "count", "unit", "code"),
    [
        ("input", 50_000, 2, 1, 2),  # no such address
        ("input", 0, 81, 1, 3),  # longer than this meter allows
        ("holding", 0, 2, 1, 1),  # wrong function
        ("input", 52, 2, 9, 11),  # no such unit behind the gateway
    ],
)
def test_wrong_requests_are_refused(tmp_path, function, address, count, unit, code):
    """A request that the device cannot answer gets the exception that the device would send."""

    async def run():
        async with running.asked(sites.small(ANY), tmp_path) as (_, peer):
            read = getattr(peer, f"read_{function}_registers")
            reply = await read(address, count=count, device_id=unit)
            assert reply.exception_code == code

    asyncio.run(run())


def coil_site(model: str = "modbus-relay-16", **more):
    """One rack on a coil board with feedback."""
    board = SwitchSpec("board", model, ANY, unit=3, **more)
    rack = RackSpec("a1", RackKind.ASIC, 36.0, "tx1", "board.1", feedback="board.in1")
    return sites.site([sites.meter("incomer", "tcp://127.0.0.1:0")], [rack], switches=(board,))


@pytest.fixture(name="coil_model")
def find_coil_models():
    """A latching and a non-latching coil board that boards/switch has."""
    from headworks.hardware.files import models
    from headworks.hardware.switch import load_switch

    found = {}
    for name in models("switch"):
        profile = load_switch(name)
        if profile.family == "coil" and profile.inputs and profile.input_function == 2:
            found.setdefault(profile.latching, profile)
    return found


def test_coils_move_contactors_and_read_back(tmp_path, coil_model):
    """A written coil closes the contactor, reads back, and the input shows the auxiliary contact."""
    profile = coil_model[True]
    coil, aux = profile.outlets["1"], profile.inputs["in1"]

    async def run():
        async with running.asked(coil_site(profile.model), tmp_path) as (simulator, peer):
            assert (await peer.read_coils(coil, count=1, device_id=3)).bits[0] is False
            await peer.write_coil(coil, True, device_id=3)
            await running.until(lambda: simulator.world.state.racks[0].contactor.closed)
            assert (await peer.read_coils(coil, count=1, device_id=3)).bits[0] is True
            assert (await peer.read_discrete_inputs(aux, count=1, device_id=3)).bits[0] is True
            await peer.write_coils(coil, [False], device_id=3)
            await running.until(lambda: not simulator.world.state.racks[0].contactor.closed)
            assert (await peer.read_discrete_inputs(aux, count=1, device_id=3)).bits[0] is False
            wrong = await peer.write_coil(60_000, True, device_id=3)
            assert wrong.exception_code == 2

    asyncio.run(run())


@pytest.mark.parametrize("latching", [True, False])
def test_what_a_board_does_when_nobody_asks(tmp_path, coil_model, latching):
    """A latching board keeps its coils without a master; one with a watchdog lets go."""
    profile = coil_model[latching]

    async def run():
        async with running.running(coil_site(profile.model), tmp_path) as simulator:
            async with running.client(running.port_of(simulator)) as peer:
                await peer.write_coil(profile.outlets["1"], True, device_id=3)
            await running.until(lambda: simulator.world.state.racks[0].contactor.closed)
            told_s = simulator.clock()
            if latching:
                await running.until(lambda: simulator.clock() > told_s + 1.3)
                assert simulator.world.state.racks[0].contactor.closed
            else:
                await running.until(lambda: not simulator.world.state.racks[0].contactor.closed)

    asyncio.run(run())


def refusal(site, folder) -> str:
    """The text with which a simulator refuses to serve."""

    async def run():
        async with running.running(site, folder):
            pass

    with pytest.raises(ServeError) as caught:
        asyncio.run(run())
    return str(caught.value)


def test_a_taken_port_is_told(tmp_path):
    """A port that somebody has is named with what to do, and nothing is left open."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = refusal(sites.small(f"tcp://127.0.0.1:{port}"), tmp_path)
    assert f"tcp://127.0.0.1:{port}: " in text
    assert "another program" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("connect", "says"),
    [
        ("tcp://10.0.0.11:502", "write tcp://127.0.0.1:5020"),
        ("rtu+tcp://plc.example:502", "on this machine only"),
        ("serial:{folder}/file", "is there already"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path, connect, says):
    """Addresses of other machines and paths in use are refused in one line with a way out."""
    (tmp_path / "file").write_text("a real file")
    text = refusal(sites.small(connect.format(folder=tmp_path)), tmp_path)
    assert says in text
    assert "\n" not in text
    assert (tmp_path / "file").read_text() == "a real file"


def test_links_of_the_dead_are_taken_over(tmp_path):
    """A dangling pty link and a socket without a listener do not stop a new simulator."""
    os.symlink("/dev/pts/no-such", tmp_path / "tty")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "sim.sock"))

    async def run():
        async with running.running(
            sites.small(f"serial:{tmp_path / 'tty'}"), tmp_path
        ) as simulator:
            assert simulator.world.state.t_s >= 0.0

    asyncio.run(run())
    assert list(tmp_path.iterdir()) == []


def test_a_killed_simulators_port_leads_nowhere(tmp_path):
    """Its pty's number goes to whoever opens one next; the station must not write to that one."""
    code = (
        "import sys; from headworks.sim.pty import LinkedPty; "
        f"LinkedPty('serial:{tmp_path / 'tty'}').open(); print(flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dead:
        assert dead.stdout.readline()
        assert (tmp_path / "tty").exists()
        dead.kill()
    ends = [end for _ in range(8) for end in os.openpty()]  # its number is among them, mostly
    try:
        assert not (tmp_path / "tty").exists()
    finally:
        for end in ends:
            os.close(end)


def test_a_killed_simulators_path_is_taken_over_though_its_pty_has_a_new_owner(tmp_path):
    """Somebody else's pty has its number by now; what the dead one left beside the path tells."""
    master, slave = os.openpty()
    os.symlink(os.ttyname(slave), tmp_path / "tty")
    site = sites.small(f"serial:{tmp_path / 'tty'}")
    assert "is there already" in refusal(site, tmp_path)
    (tmp_path / "tty.claim").touch()

    async def run():
        async with running.running(site, tmp_path):
            assert os.readlink(tmp_path / "tty") != os.ttyname(slave)
            assert "is there already" in await asyncio.to_thread(refusal, site, tmp_path / "other")

    (tmp_path / "other").mkdir()
    asyncio.run(run())
    os.close(slave)
    os.close(master)


def test_two_simulators_do_not_share_sockets(tmp_path):
    """A second simulator on the same sockets is refused while the first goes on."""

    async def run():
        async with running.running(sites.small(ANY), tmp_path) as first:
            with pytest.raises(ServeError, match="another simulator serves there"):
                async with running.running(sites.small(ANY), tmp_path):
                    pass
            async with running.client(running.port_of(first)) as peer:
                assert await running.power_kw(peer)

    asyncio.run(run())


def test_two_units_with_one_number_are_told(tmp_path):
    """Two devices with the same unit at one address are a mistake of the site."""
    meters = [sites.meter("incomer", ANY, 1), sites.meter("other", ANY, 1)]
    assert "other and incomer are both unit 1" in refusal(sites.site(meters, []), tmp_path)
