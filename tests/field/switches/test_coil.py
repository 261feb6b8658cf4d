"""Coil boards against pymodbus' own server, over TCP and on a serial line."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from field.switches.coil_peers import Relays, RtuPeer, TcpPeer
from field.switches.helpers import rack, site, until
from headworks.field.modbus.links import Links
from headworks.field.switches import Switches
from headworks.model.live import Quality
from headworks.model.site import ContactSignal, SwitchSpec

RACKS = [rack(f"a{n}", f"relay.{n}") for n in range(1, 5)]
PEERS = [TcpPeer, RtuPeer]


def spec(connect: str, **other: object) -> SwitchSpec:
    """A board of 8 that is polled fast."""
    settings = {"unit": 1, "poll_s": 0.05, "timeout_s": 0.3, "baud": 115200, **other}
    return SwitchSpec("relay", "coil-8", connect, **settings)


@asynccontextmanager
async def running(kind, board, *, wait=True, **other):
    """A peer with one board and the switches of a site with it, both ended afterwards."""
    peer = kind(board)
    await peer.start()
    calls: list[int] = []
    spec_settings = other.pop("spec", {})
    place = site([spec(peer.connect, **spec_settings)], RACKS, **other)
    switches = Switches(place, lambda: calls.append(1))
    try:
        await switches.start()
        if wait:
            await until(lambda: switches.feedback()["a1"].readback is False)
        yield switches, peer, calls
    finally:
        await switches.stop()
        await peer.stop()


@pytest.mark.parametrize("kind", PEERS)
def test_everything_is_off_from_the_first_write_and_at_the_end(kind):
    """A board that was left on is opened before anything is asked of it, and is off at the end."""
    board = Relays(on=True)

    async def run():
        async with running(kind, board) as (switches, _, _):
            begun = board.writes[0], list(board.coils[:8])
            switches.command("relay.3", True)
            await until(lambda: board.coils[2])
        return begun

    assert asyncio.run(run()) == ((15, 0, [False] * 8), [False] * 8)
    assert board.coils[:8] == [False] * 8
    assert all(board.coils[8:]), "coils of others are left alone"


@pytest.mark.parametrize("kind", PEERS)
def test_a_command_is_one_coil_write_and_is_read_back(kind):
    """Function 5 to the outlet's address, then the read-back follows by itself."""
    board = Relays()

    async def run():
        async with running(kind, board) as (switches, _, calls):
            await until(lambda: switches.feedback()["a3"].readback is False)
            board.writes.clear()
            calls.clear()
            switches.command("relay.3", True)
            await until(lambda: switches.feedback()["a3"].readback)
            return board.writes[0], bool(calls)

    assert asyncio.run(run()) == ((5, 2, [True]), True)


def test_a_command_leaves_at_once_when_the_line_is_idle():
    """The bytes are given to the socket before command returns: no turn of the loop between."""
    board = Relays()

    async def run():
        async with running(TcpPeer, board, spec={"poll_s": 60.0}) as (switches, _, _):
            link = switches._boards["relay"]._link
            await until(lambda: link.idle)
            before = link.unit(1).requests
            switches.command("relay.1", True)
            return link.unit(1).requests - before

    assert asyncio.run(run()) == 1


class Hurried(Relays):
    """A board that has `when_read` done while a read of its coils is under way, once."""

    def __init__(self) -> None:
        super().__init__()
        self.when_read = None

    async def _action(self, function, *rest):
        if function == 1 and self.when_read is not None:
            self.when_read, then = None, self.when_read
            then()
        return await super()._action(function, *rest)


def test_a_coil_that_is_written_during_a_read_is_read_back_soon():
    """The read-back of a command does not wait for the next poll, here a minute away."""
    board = Hurried()

    async def run():
        async with running(TcpPeer, board, spec={"poll_s": 60.0}) as (switches, _, _):
            link = switches._boards["relay"]._link
            await until(lambda: link.idle)
            board.when_read = lambda: switches.command("relay.1", True)
            switches.command("relay.2", True)
            await until(lambda: switches.feedback()["a1"].readback)

    asyncio.run(run())


@pytest.mark.parametrize("kind", PEERS)
def test_offs_go_before_ons_and_together(kind):
    """What is told while a write is on its way goes in one request for each direction."""
    board = Relays()

    async def run():
        async with running(kind, board, spec={"poll_s": 60.0}) as (switches, _, _):
            for outlet in ("1", "2", "3"):
                switches.command(f"relay.{outlet}", True)
            await until(lambda: board.coils[:3] == [True] * 3)
            board.writes.clear()
            switches.command("relay.1", False)
            switches.command("relay.4", True)
            switches.command("relay.2", False)
            switches.command("relay.3", False)
            await until(lambda: board.coils[:4] == [False, False, False, True])
            return list(board.writes)  # without those of the end

    *alone, together, last = asyncio.run(run())
    assert alone in ([(5, 0, [False])], [])  # none where a read-back still had the line
    assert together == (15, 0, [False] * 8)
    assert last == (5, 3, [True])


def test_a_board_that_says_ok_and_does_nothing_shows_in_the_read_back():
    """The echo of a write is never taken for the state (row 55)."""
    board = Relays()

    async def run():
        async with running(TcpPeer, board) as (switches, _, _):
            board.deaf = True
            switches.command("relay.1", True)
            await until(lambda: (5, 0, [True]) in board.writes)
            reads = board.reads
            await until(lambda: board.reads > reads + 2)
            seen = switches.feedback()["a1"].readback
            board.deaf = False
            return seen

    assert asyncio.run(run()) is False


def test_a_relay_that_somebody_else_moved_is_seen_and_put_back():
    """The read-back shows it within a poll, and the next re-assert writes the commanded state."""
    board = Relays()

    async def run():
        async with running(TcpPeer, board) as (switches, _, calls):
            calls.clear()
            board.coils[0] = True
            await until(lambda: switches.feedback()["a1"].readback)
            woken = bool(calls)
            switches.reassert()
            await until(lambda: not board.coils[0])
            return woken

    assert asyncio.run(run())


def test_reassert_writes_at_most_once_each_poll():
    """A fast scan does not fill the line with writes."""
    board = Relays()

    async def run():
        async with running(TcpPeer, board, spec={"poll_s": 30.0}) as (switches, _, _):
            switches.reassert()
            await until(lambda: len(board.writes) == 2)
            for _ in range(20):
                switches.reassert()
            switches.command("relay.1", True)
            await until(lambda: board.coils[0])
            return len(board.writes)

    assert asyncio.run(run()) == 3


def test_a_silent_board_is_unknown_and_is_written_anew_when_it_is_back():
    """Read-back None and inputs without a value while it is gone; all coils again afterwards."""
    board = Relays()
    signals = (ContactSignal("grid", "relay.in1"),)

    async def run():
        async with running(TcpPeer, board, signals=signals) as (switches, peer, _):
            switches.command("relay.2", True)
            await until(lambda: switches.feedback()["a2"].readback)
            await until(lambda: switches.inputs()["relay.in1"].quality is Quality.GOOD)
            await peer.stop()
            await until(lambda: switches.feedback()["a2"].readback is None)
            await until(lambda: switches.inputs()["relay.in1"].quality is Quality.SILENT)
            gone = switches.inputs()["relay.in1"].value, dict(switches.causes())
            switches.command("relay.3", True)
            switches.command("relay.2", False)
            board.coils[:8] = [True] * 8  # the board's own idea of a power-on state
            await peer.start()
            # a read may come before the writes, and see the board's own idea
            await until(lambda: board.coils[:8] == [False, False, True, *[False] * 5])
            await until(lambda: switches.feedback()["a2"].readback is False)
            return gone, board.coils[:8], dict(switches.causes())

    gone, coils, causes = asyncio.run(run())
    assert gone[0] is None
    assert gone[1]["relay"]
    assert coils == [False, False, True, *[False] * 5]
    assert causes == {}


def test_an_absent_board_does_not_hold_up_start_or_stop(monkeypatch):
    """Start returns at once, the read-back is unknown, and stop ends in its time."""
    monkeypatch.setattr("headworks.field.switches.switches.STOP_S", 0.5)

    async def run():
        loop = asyncio.get_running_loop()
        switches = Switches(site([spec("tcp://127.0.0.1:9")], RACKS), lambda: None)
        begun = loop.time()
        await switches.start()
        started = loop.time()
        seen = switches.feedback()["a1"].readback, switches.causes()["relay"]
        await switches.stop()
        return started - begun, seen, loop.time() - started

    start_s, seen, stop_s = asyncio.run(run())
    assert start_s < 0.5
    assert seen[0] is None
    assert seen[1]
    assert 0.4 < stop_s < 2


def test_at_the_end_the_living_board_goes_off_while_the_other_is_dead(monkeypatch):
    """One dead device keeps no other from being opened and verified."""
    monkeypatch.setattr("headworks.field.switches.switches.STOP_S", 1.0)
    board = Relays()

    async def run():
        peer = TcpPeer(board)
        await peer.start()
        dead = SwitchSpec("dead", "coil-8", "tcp://127.0.0.1:9", poll_s=0.05, timeout_s=0.2)
        racks = [rack("d1", "dead.1", priority=1), *RACKS]
        switches = Switches(site([dead, spec(peer.connect)], racks), lambda: None)
        await switches.start()
        switches.command("relay.1", True)
        await until(lambda: board.coils[0])
        ending = asyncio.ensure_future(switches.stop())
        await until(lambda: not board.coils[0], within_s=1.0)
        await ending
        await peer.stop()

    asyncio.run(run())
    assert not any(board.coils[:8])


def test_at_the_end_a_board_is_written_until_it_reports_off():
    """An echo is not enough: the last word is the read-back."""
    board = Relays()

    async def run():
        async with running(TcpPeer, board) as (switches, _, _):
            switches.command("relay.1", True)
            await until(lambda: board.coils[0])
            board.deaf = True
            ending = asyncio.ensure_future(switches.stop())
            written = len(board.writes)
            await until(lambda: len(board.writes) > written + 3)
            board.deaf = False
            await ending

    asyncio.run(run())
    assert not any(board.coils[:8])


def test_a_board_without_function_15_is_written_coil_by_coil():
    """Exception 1 to function 15 is answered with function 5 from then on."""
    board = Relays(on=True)
    board.refuse = {15}

    async def run():
        async with running(TcpPeer, board) as (_, _, _):
            await until(lambda: not any(board.coils[:8]))
            return {function for function, _, _ in board.writes}

    assert asyncio.run(run()) == {5}


def test_inputs_are_read_and_wake_the_station():
    """A contact behind a coil board starts a scan within a poll."""
    board = Relays()
    a1 = rack("a1", "relay.1", feedback="relay.in2")

    async def run():
        peer = TcpPeer(board)
        await peer.start()
        changed = asyncio.Event()
        switches = Switches(site([spec(peer.connect)], [a1]), changed.set)
        await switches.start()
        await until(lambda: switches.feedback()["a1"].aux_closed is False)
        changed.clear()
        board.inputs[1] = True
        await asyncio.wait_for(changed.wait(), 2)
        closed = switches.feedback()["a1"].aux_closed
        await switches.stop()
        await peer.stop()
        return closed

    assert asyncio.run(run()) is True


def test_a_dead_board_on_a_shared_line_leaves_the_other_its_rate(monkeypatch):
    """Probing takes at most a tenth of the line's time, so the living one is read on."""
    monkeypatch.setattr("headworks.field.switches.switches.STOP_S", 0.5)
    board = Relays(unit=2)

    async def run():
        peer = RtuPeer(board)
        await peer.start()
        dead = SwitchSpec("dead", "coil-8", peer.connect, 1, 0.05, 0.2, 115200)
        alive = SwitchSpec("relay", "coil-8", peer.connect, 2, 0.05, 0.2, 115200)
        links = Links()
        switches = Switches(site([dead, alive], RACKS), lambda: None, links=links)
        await switches.start()
        await until(lambda: switches.causes().get("dead", "").startswith("no reply"))
        await until(lambda: switches.feedback()["a1"].readback is False)
        reads, begun = board.reads, asyncio.get_running_loop().time()
        for _ in range(10):
            switches.reassert()
            seen = board.reads
            await until(lambda seen=seen: board.reads > seen)
        took_s = asyncio.get_running_loop().time() - begun
        await switches.stop()
        await peer.stop()
        return (board.reads - reads) / took_s

    assert asyncio.run(run()) > 4, "reads a second of a board polled at 20 Hz"
