"""The driver against the real firmware on ptys, and against ports that are gone, held or dumb."""

import asyncio
import contextlib
import itertools
import os
import time
import tty

import pytest
import serial

from field.boards.talks import Talk
from headworks.field.boards import BoardError, Boards, BoardState, shared_line
from headworks.field.boards import line as one_line
from headworks.field.boards.shared_line import SharedLine
from headworks.model.live import Quality
from headworks.model.site import BoardSpec
from headworks.sim.boards import python
from headworks_fw.wire import Reader
from sim import running, sites

ANY = "tcp://127.0.0.1:0"
PYTHONS = [pytest.param("micropython", marks=pytest.mark.needs("program:micropython")), "cpython"]
WITHIN_S = 40.0  # a busy machine may take long to start an interpreter
SAFETY = frozenset({"safety"})
NONE: frozenset[str] = frozenset()


def usb(folder, model, **more):
    """A board with a port of its own, named by the part after `pico-`."""
    name = model.removeprefix("pico-")
    return BoardSpec(name, model, f"serial:{folder}/{model}", zone=("a1", "a2"), **more)


def shared(folder, name, address):
    """A board on the one RS-485 line."""
    return BoardSpec(name, "pico-rs485", f"serial:{folder}/bus", address=address, zone=("a1",))


class Host:
    """The driver and the simulator, with what the driver said."""

    def __init__(self, boards, simulator=None):
        self.boards, self.simulator, self.codes, self.changes = boards, simulator, [], 0

    def seen(self, key):
        return self.boards.observations()[key]

    def view(self, name):
        return next(view for view in self.boards.views() if view.name == name)

    def is_good(self, key):
        return self.seen(key).quality is Quality.GOOD

    def told(self):
        self.codes += [event.reason.code.value for event in self.boards.events()]
        return self.codes

    def fault(self, name, board, clear=False, value=None):
        running.answer(self.simulator, name, board, clear, value)

    def on(self):
        return self.simulator.world.boards["safety"].on["permit"]

    async def until(self, condition, scans=None):
        """Wait; with `scans`, healthy scans with these permits and open zones go on meanwhile."""

        def look():
            if scans is not None:
                self.boards.scanned(self.boards.observations(), *scans)
            return condition()

        try:
            await running.until(look, within_s=WITHIN_S)
        except TimeoutError:
            raise AssertionError(f"{self.boards.views()}, told: {self.told()}") from None


@contextlib.asynccontextmanager
async def played(folder, *specs, on="best"):
    """The real firmware of every board, and the driver when all of them are known."""
    which = {"best": python.best, "micropython": python.micropython, "cpython": python.cpython}
    site = sites.small(ANY, boards=specs)
    async with running.running(site, folder, python=which[on]()) as simulator, driver(site) as host:
        host.simulator = simulator
        await host.until(lambda: all(v.state is BoardState.RUNS for v in host.boards.views()))
        yield host


@contextlib.asynccontextmanager
async def driver(site):
    host = Host(None)

    def changed():
        host.changes += 1

    host.boards = Boards(site, changed)
    assert {one.value for one in host.boards.observations().values()} == {None}
    await host.boards.start()
    try:
        yield host
    finally:
        async with asyncio.timeout(WITHIN_S):
            await host.boards.stop()


@pytest.mark.parametrize("on", PYTHONS)
def test_the_real_firmware_is_understood(tmp_path, on):
    """Its values come with their own times, its console answers, its figures are shown."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-air"), on=on) as host:
            await host.until(lambda: host.is_good("air.intake_c"))
            seen = host.seen("air.intake_c")
            assert seen.value == pytest.approx(host.simulator.world.air.intake_c, abs=0.5)
            assert 0.0 <= time.monotonic() - seen.t_s < 3.0
            assert any("air" in line for line in await host.boards.console("air", "info"))
            with pytest.raises(BoardError, match="help"):
                await host.boards.console("air", "x" * 120)
            with pytest.raises(BoardError, match="the line is too long; a quote"):
                await host.boards.console("air", '"' * 120)
            await host.until(lambda: host.view("air").counters.loop_longest_ms is not None)
            assert host.view("air").counters.crc_errors == 0
            assert host.changes

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_a_permissive_relay_lives_on_healthy_scans(tmp_path, on):
    """Closed while they come; without them it opens and latches, and it returns with them."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-safety", permissive="permit"), on=on) as h:
            await h.until(h.on, scans=(SAFETY, SAFETY))
            await h.until(lambda: not h.on())
            await h.until(lambda: h.view("safety").latches == (("permit", "lease"),))
            await h.until(h.on, scans=(SAFETY, SAFETY))
            await h.until(lambda: not h.on(), scans=(NONE, NONE))

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_smoke_opens_the_relay_until_a_person_resets(tmp_path, on):
    """Scans do not close it again, not even when the smoke is over; a reset does."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-safety", permissive="permit"), on=on) as h:
            await h.until(h.on, scans=(SAFETY, SAFETY))
            h.fault("smoke", "safety")
            await h.until(lambda: h.seen("safety.smoke").value is True and not h.on())
            with pytest.raises(BoardError, match="permit stays open: smoke is still active"):
                await h.boards.reset("safety")
            h.fault("smoke", "safety", clear=True)
            await h.until(lambda: h.seen("safety.smoke").value is False, scans=(SAFETY, SAFETY))
            await h.until(lambda: h.view("safety").latches == (("permit", "smoke"),))
            assert not h.on()
            assert "board-latch" in h.told()
            await h.boards.reset("safety")
            await h.until(h.on, scans=(SAFETY, SAFETY))

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_smoke_that_the_station_did_not_hear_outlives_the_boards_restart(tmp_path, on):
    """Mute, smoke, hung: no scan closes the relay afterwards, not even after a cut of its power."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-safety", permissive="permit"), on=on) as h:
            life = h.simulator._boards._lives[0]
            await h.until(h.on, scans=(SAFETY, SAFETY))
            h.fault("board-mute", "safety")
            h.fault("smoke", "safety")
            await h.until(lambda: not h.on())
            latched = next(tmp_path.rglob("safety/latch"))
            await h.until(lambda: latched.read_text(encoding="ascii") == "permit smoke")
            h.fault("smoke", "safety", clear=True)
            life._wdt_s = 2.0
            h.fault("board-hang", "safety")
            await h.until(lambda: h.simulator.world.boards["safety"].ends["watchdog"])
            life._wdt_s = 8.0
            h.fault("board-hang", "safety", clear=True)
            h.fault("board-mute", "safety", clear=True)
            await h.until(lambda: h.view("safety").latches == (("permit", "smoke"),))
            h.fault("board-unplugged", "safety")
            await h.until(lambda: h.view("safety").state is BoardState.NO_PORT)
            h.fault("board-unplugged", "safety", clear=True)
            await h.until(lambda: h.seen("safety.smoke").value is False)
            before = h.seen("safety.permit").t_s
            await h.until(
                lambda: h.seen("safety.permit").t_s > before + 3.0, scans=(SAFETY, SAFETY)
            )
            assert not h.on()
            assert h.view("safety").latches == (("permit", "smoke"),)
            assert "board-latch" in h.told()
            await h.boards.reset("safety")
            await h.until(h.on, scans=(SAFETY, SAFETY))

    asyncio.run(go())


def test_a_relay_that_was_set_off_closes_again_once_its_racks_are_off(tmp_path):
    """As the console's document says: off at once, left off while a rack may be on, then on."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-safety", permissive="permit")) as h:
            await h.until(h.on, scans=(SAFETY, SAFETY))
            assert await h.boards.console("safety", "set permit off") == ["permit is off"]
            await h.until(lambda: not h.on())
            before = h.seen("safety.permit").t_s
            await h.until(lambda: h.seen("safety.permit").t_s > before + 2.0, scans=(SAFETY, NONE))
            assert not h.on()
            await h.until(h.on, scans=(SAFETY, SAFETY))

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_unplugged_is_unknown_and_replugged_elsewhere_is_known_again(tmp_path, on):
    """No last value stays; at another pty it is told as the same board."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-air"), on=on) as host:
            await host.until(lambda: host.is_good("air.intake_c"))
            before = host.view("air").port
            host.fault("board-unplugged", "air")
            await host.until(lambda: host.view("air").state is BoardState.NO_PORT)
            assert {one.value for one in host.boards.observations().values()} == {None}
            assert host.boards.alarms()
            host.fault("board-unplugged", "air", clear=True)
            await host.until(lambda: host.is_good("air.intake_c"))
            assert host.view("air").port != before
            assert host.view("air").counters.reconnects == 2
            assert "board-moved" in host.told()

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_a_crash_is_told_with_its_restart(tmp_path, on):
    """The traceback is an event, the restart another, and then its values are back."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-air"), on=on) as host:
            host.fault("board-crash", "air")
            await host.until(lambda: {"board-crashed", "board-restarted"} <= set(host.told()))
            await host.until(lambda: host.is_good("air.intake_c"))
            assert host.view("air").reset_reason == "crash"

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_a_dead_board_does_not_slow_the_others_of_its_line(tmp_path, on):
    """Of two on one RS-485 line one goes silent: it is lost, the other is known all the time."""

    async def go():
        specs = (shared(tmp_path, "one", 3), shared(tmp_path, "two", 4))
        async with played(tmp_path, *specs, on=on) as host:
            await host.until(lambda: host.is_good("one.intake_c") and host.is_good("two.intake_c"))
            taken_s = set()

            def is_lost():
                assert host.is_good("two.intake_c")
                taken_s.add(host.seen("two.intake_c").t_s)
                return host.view("one").state is BoardState.LOST

            host.fault("board-mute", "one")
            await host.until(is_lost)
            assert len(taken_s) > 1
            assert host.seen("one.intake_c").value is None
            assert await host.boards.console("two", "info")
            host.fault("board-mute", "one", clear=True)
            await host.until(lambda: host.is_good("one.intake_c"))

    asyncio.run(go())


def test_noise_costs_frames_and_never_makes_a_value(tmp_path):
    """Bad frames are counted, and what is taken is what the air has."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-air")) as host:
            host.fault("board-noise", "air", value=0.2)
            worst = 0.0

            def has_noise():
                nonlocal worst
                if host.is_good("air.intake_c"):
                    off = host.seen("air.intake_c").value - host.simulator.world.air.intake_c
                    worst = max(worst, abs(off))
                return host.view("air").counters.crc_errors >= 3

            await host.until(has_noise)
            assert worst < 1.0

    asyncio.run(go())


def test_a_lent_port_is_free_and_comes_back(tmp_path):
    """Others can open it meanwhile, nothing is known, and a console says why."""

    async def go():
        async with played(tmp_path, usb(tmp_path, "pico-air")) as host:
            where = await host.boards.lend("air", 60.0)
            serial.Serial(where, exclusive=True).close()
            assert host.view("air").state is BoardState.LENT
            assert host.seen("air.intake_c").value is None
            with pytest.raises(BoardError, match="lent"):
                await host.boards.console("air", "info")
            host.boards.take_back("air")
            await host.until(lambda: host.is_good("air.intake_c"))
            assert await host.boards.lend("air", 0.1) == where
            await host.until(lambda: host.is_good("air.intake_c"))

    asyncio.run(go())


def test_an_error_of_the_driver_makes_one_board_unknown_for_a_while(tmp_path, monkeypatch, caplog):
    """The other board and the scan do not notice; the board is asked anew by itself."""
    monkeypatch.setattr(one_line, "AGAIN_S", 0.5)

    async def go():
        specs = (usb(tmp_path, "pico-air"), usb(tmp_path, "pico-thermal"))
        async with played(tmp_path, *specs) as host:
            session = host.boards._sessions["air"]

            def breaks(*_):
                del session.scanned
                raise ZeroDivisionError("on the bench")

            session.scanned = breaks
            host.boards.scanned(host.boards.observations(), NONE, NONE)
            assert host.view("air").state is BoardState.NO_PORT
            assert "an error of this program" in host.view("air").cause
            assert host.view("thermal").state is BoardState.RUNS
            await host.until(lambda: host.is_good("air.intake_c"))

    asyncio.run(go())
    assert "on the bench" in caplog.text


class Bench(SharedLine):
    """A shared line without a port: `asked` are the boards in their order, `living` answer."""

    def __init__(self, boards):
        specs = (
            BoardSpec(f"b{n}", "pico-rs485", "serial:/dev/none", address=n)
            for n in range(1, boards + 1)
        )
        super().__init__("serial:/dev/none", 115200, [Talk(spec).session for spec in specs], int)
        self.living, self.asked, self.wanted = set(self._stations), [], boards
        self.complete = asyncio.Event()

    def write(self, _data):
        address = self._asked.session.spec.address
        self.asked.append(address)
        if address in self.living:
            self._answer.set()
        if len(self.asked) >= self.wanted:
            self.complete.set()

    async def ask(self, count):
        """Who is asked next."""
        self.asked, self.wanted = [], count
        self.complete.clear()
        await self.complete.wait()
        return self.asked


def test_of_many_dead_boards_one_at_most_is_asked_between_two_questions_to_a_living(monkeypatch):
    """Nineteen of twenty die at once: from then on the last one keeps its pace."""
    monkeypatch.setattr(shared_line, "ANSWER_S", 0.001)
    monkeypatch.setattr(shared_line, "ROUND_S", 0.0)

    async def go():
        line = Bench(20)
        line._task = asyncio.create_task(line._run())
        assert set(await line.ask(20)) == line.living
        await line.ask(40)
        line.living = {20}
        await line.ask(2)  # what was under way
        return await line.ask(200)

    asked = asyncio.run(asyncio.wait_for(go(), 20.0))
    assert set(asked) == set(range(1, 21))
    assert all(20 in pair for pair in itertools.pairwise(asked))


def test_a_shared_line_ends_in_the_very_moment_of_an_answer():
    """The answer must not take the place of the order to end."""

    async def go():
        line = Bench(1)
        line.living = set()
        line._task = task = asyncio.create_task(line._run())
        await line.ask(1)
        line._answer.set()
        await line.stop()
        return task.cancelled()

    assert asyncio.run(go())


def test_on_a_shared_line_an_acknowledgement_goes_with_the_next_question():
    """By itself it could fall into another board's answer; it gets no answer of its own."""

    async def go():
        talk, written = Talk(BoardSpec("one", "pico-rs485", "serial:/dev/none", address=3)), []
        line = SharedLine("serial:/dev/none", 115200, [talk.session], int)
        line.write = written.append
        line.send(talk.session, "ack", {"e": 1, "bt": "0badcafe"})
        assert written == []
        line.send(talk.session, "hi", {"n": 1})
        await line._turn(line._stations[3])
        await line._turn(line._stations[3])
        kinds = [[frame.kind for frame in Reader().feed(data)] for data in written]
        assert kinds == [["ack", "hi"], ["poll"]]

    asyncio.run(go())


def test_an_adapter_that_echoes_is_no_board():
    """Our own question comes back first; the answer is still awaited, and tells the clock."""

    async def go():
        talk = Talk(BoardSpec("one", "pico-rs485", "serial:/dev/none", address=3))
        line = SharedLine("serial:/dev/none", 115200, [talk.session], int)
        line.write = lambda data: line.take(Reader().feed(data), talk.t_s)
        talk.session._send = lambda kind, fields: line.send(talk.session, kind, fields)
        talk.open().hello()
        station = line._stations[3]
        while station.waiting:
            await line._turn(station)
        assert station.missed == 3
        assert talk.session.heard_frames == 1
        number = max(talk.session._beats._asked_s)
        talk.say("beat", i=number).say("beat", i=number, m=5000).readings(intake_c=25.0)
        assert talk.seen("intake_c").value == 25.0

    asyncio.run(go())


def test_what_waits_for_a_shared_line_is_not_sent_once_it_was_closed():
    """Nobody waits for it any more, and it may close a relay."""

    async def go():
        talk, written = Talk(BoardSpec("one", "pico-rs485", "serial:/dev/none", address=3)), []
        line = SharedLine("serial:/dev/none", 115200, [talk.session], int)
        line.write = written.append
        line.send(talk.session, "ack", {"e": 1, "bt": "0badcafe"})
        line.send(talk.session, "do", {"i": 1, "c": "restart"})
        await line.stop()
        await line._turn(line._stations[3])
        assert [frame.kind for frame in Reader().feed(written[0])] == ["poll"]

    asyncio.run(go())


def test_a_shared_line_is_lent_once_and_until_its_own_time(tmp_path):
    """Two boards hang on it: one is refused meanwhile, and an earlier timer ends no later loan."""

    async def go():
        master, slave = dumb_port(tmp_path)
        os.symlink(tmp_path / "pico-air", tmp_path / "bus")
        site = sites.small(ANY, boards=(shared(tmp_path, "one", 3), shared(tmp_path, "two", 4)))
        async with driver(site) as host:
            loans = [host.boards.lend(name, 60.0) for name in ("one", "two")]
            first, second = await asyncio.gather(*loans, return_exceptions=True)
            assert isinstance(first, str)
            assert isinstance(second, BoardError)
            host.boards.take_back("two")
            assert host.boards._returns == {}
        os.close(master)
        os.close(slave)

    asyncio.run(go())


@pytest.mark.parametrize("by", ["return", "hang-up"])
def test_a_port_that_is_asked_back_while_it_is_being_lent_is_not_lent(tmp_path, by):
    """Nobody gets a path that the station opened again, and no line stays lent without end."""

    async def go():
        ends = dumb_port(tmp_path)
        os.symlink(tmp_path / "pico-air", tmp_path / "bus")
        site = sites.small(ANY, boards=(shared(tmp_path, "air", 3),))
        async with driver(site) as host:
            await host.until(lambda: host.view("air").state is BoardState.NO_ANSWER)
            loan = asyncio.create_task(host.boards.lend("air", 60.0))
            await asyncio.sleep(0)
            if by == "return":
                host.boards.take_back("air")
            else:
                loan.cancel()
            (error,) = await asyncio.gather(loan, return_exceptions=True)
            assert isinstance(error, BoardError if by == "return" else asyncio.CancelledError)
            assert host.boards.loan("air") is None
            await host.until(lambda: host.view("air").state is BoardState.NO_ANSWER)
            await host.boards.lend("air", 60.0)
            assert host.view("air").state is BoardState.LENT
            host.boards.take_back("air")
        for end in ends:
            os.close(end)

    asyncio.run(go())


@pytest.mark.parametrize("line", ["confirm  PERMIT", "set permit on", "SET  permit arm"])
def test_a_permissive_relay_is_not_closed_from_the_stations_console(tmp_path, line):
    """Refused at the first word; a technician beside the board has its own console."""
    site = sites.small(ANY, boards=(usb(tmp_path, "pico-safety", permissive="permit"),))

    async def go():
        with pytest.raises(BoardError, match="healthy scans alone close it"):
            await Boards(site, int).console("safety", line)

    asyncio.run(go())


def test_a_reset_that_did_not_reach_its_board_says_so():
    """A person must not go away and believe that the relay is armed."""
    site = sites.small(ANY, boards=(BoardSpec("safety", "pico-safety", "serial:/dev/none"),))

    async def go():
        with pytest.raises(BoardError, match="safety is not reset: its port has not been opened"):
            await Boards(site, int).reset("safety")

    asyncio.run(go())


def dumb_port(folder):
    """A pty at which nobody is; its two sides."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), folder / "pico-air")
    return master, slave


def test_a_port_without_a_board_says_so(tmp_path):
    """Open, asked, and after a while: nobody answers."""
    ends = dumb_port(tmp_path)

    async def go():
        async with driver(sites.small(ANY, boards=(usb(tmp_path, "pico-air"),))) as host:
            await host.until(lambda: host.view("air").state is BoardState.LOST)
            assert "nobody answers at" in host.view("air").cause

    asyncio.run(go())
    for end in ends:
        os.close(end)


def test_a_port_that_another_program_holds_says_so(tmp_path):
    """And it is taken as soon as it is free."""
    ends = dumb_port(tmp_path)

    async def go():
        with serial.Serial(str(tmp_path / "pico-air"), exclusive=True) as other:
            async with driver(sites.small(ANY, boards=(usb(tmp_path, "pico-air"),))) as host:
                assert "used by another program" in host.view("air").cause
                other.close()
                await host.until(lambda: host.view("air").state is BoardState.NO_ANSWER)

    asyncio.run(go())
    for end in ends:
        os.close(end)


@pytest.mark.parametrize(
    ("connect", "says"), [("serial:/dev/none", "no such port"), ("usb:none", "serial number none")]
)
def test_a_port_that_is_not_there_says_which_are(connect, says):
    """That is no error of the start, and every channel is unknown."""

    async def go():
        board = BoardSpec("air", "pico-air", connect, zone=("a1",))
        async with driver(sites.small(ANY, boards=(board,))) as host:
            assert host.view("air").state is BoardState.NO_PORT
            assert says in host.view("air").cause

    asyncio.run(go())
