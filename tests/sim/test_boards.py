"""Simulated boards with the real firmware: what a plain client at the port sees of each fault."""

import asyncio
import contextlib
import hashlib
import os

import pytest
from mpremote.transport_serial import SerialTransport

from headworks.cli import sim_print
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import config_crc, load_sensor
from headworks.model.site import BoardSpec
from headworks.sim import oracle
from headworks.sim.boards import python
from headworks_fw import wire
from sim import running, sites

ANY = "tcp://127.0.0.1:0"
PYTHONS = [pytest.param("micropython", marks=pytest.mark.needs("program:micropython")), "cpython"]
WITHIN_S = 10.0
WDT_S = 0.6  # instead of the firmware's eight seconds


class Peer:
    """A host that knows the line format and nothing else."""

    def __init__(self, path, address=0):
        self.path, self.address = path, address
        self.items, self._reader = asyncio.Queue(), wire.Reader()
        self._last_id = 0
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        asyncio.get_running_loop().add_reader(self.fd, self._read)

    def _read(self):
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self.fd)
            self.items.put_nowait(None)
        for item in self._reader.feed(data):
            self.items.put_nowait(item)

    def say(self, kind, **fields):
        os.write(self.fd, wire.encode(kind, fields, self.address))

    async def item(self, what):
        """The first thing that comes for which it holds."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                item = await self.items.get()
                assert item is not None, "the port has gone"
                if what(item):
                    return item

    async def frame(self, kind, what=lambda fields: True):
        """The fields of the first such frame."""
        found = await self.item(
            lambda item: isinstance(item, wire.Frame) and item.kind == kind and what(item.fields)
        )
        return found.fields

    async def greeted(self):
        """Asks who is there until it is told; a board that starts hears nothing."""
        for number in range(1, 100):
            self.say("hi", n=number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    return await self.frame("hello", lambda fields: fields["n"])
        raise AssertionError("nobody is there")

    async def value(self, channel, what=lambda value: True):
        """What is said of a channel: its number, or its fault code."""

        def fits(fields):
            said = fields["v"].get(channel, fields.get("f", {}).get(channel))
            return said is not None and what(said)

        fields = await self.frame("t", fits)
        return fields["v"].get(channel, fields.get("f", {}).get(channel))

    async def values(self, faults):
        """The first fault code of each channel."""
        found, wanted = {}, {channel for _, _, channel, _ in faults}
        while found.keys() != wanted:
            fields = await self.frame("t")
            found |= {n: code for n, code in fields.get("f", {}).items() if n in wanted}
        return found

    async def do(self, command, **fields):
        """Asks for something; the kind of the answer."""
        self._last_id += 1
        self.say("do", i=self._last_id, c=command, **fields)
        answer = await self.item(
            lambda item: isinstance(item, wire.Frame) and item.kind in ("ok", "no")
        )
        return answer.kind

    def close(self):
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)


def site_of(folder, *models, **more):
    """A site with a board of each model, named by the part after `pico-`."""
    boards = tuple(
        BoardSpec(
            model.removeprefix("pico-"), model, f"serial:{folder}/{model}", zone=("a1", "a2"),
            permissive="permit" if model == "pico-safety" else None, **more,
        )
        for model in models
    )  # fmt: skip
    return sites.small(ANY, boards=boards)


@contextlib.asynccontextmanager
async def played(folder, *models, on="best", **more):
    """A running simulator and a greeted peer at its first board."""
    which = {"best": python.best, "micropython": python.micropython, "cpython": python.cpython}
    site = site_of(folder, *models, **more)
    async with running.running(site, folder, python=which[on]()) as simulator:
        peer = Peer(folder / models[0])
        try:
            await peer.greeted()
            yield simulator, peer
        finally:
            peer.close()


def truth(simulator, name):
    return simulator.world.boards[name]


@pytest.mark.parametrize("on", PYTHONS)
def test_a_board_is_the_one_of_the_site(tmp_path, on):
    """It says its name, model, number and configuration; nothing is left when it stops."""

    async def go():
        async with played(tmp_path, "pico-air", on=on, uid="e6614103e7174c2f") as (simulator, peer):
            peer.say("hi", n=8)
            hello = await peer.frame("hello", lambda fields: fields["n"] == 8)
            assert (hello["nm"], hello["bd"], hello["st"]) == ("air", "pico-air", "run")
            assert (hello["why"], hello["uid"]) == ("power-on", "e6614103e7174c2f")
            assert hello["cfg"] == config_crc(load_sensor("pico-air"), "air")
            assert await peer.value("intake_c") == pytest.approx(
                simulator.world.air.intake_c, abs=0.3
            )
            assert await peer.value("exhaust_humidity_percent") == pytest.approx(30, abs=20)
            assert truth(simulator, "air").starts == 1
            assert simulator.serves()["boards"][0]["name"] == "air"

    asyncio.run(go())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("on", PYTHONS)
def test_a_permissive_relay_closes_on_lease_and_opens_by_itself(tmp_path, on):
    """Leased it closes; not renewed it opens and latches; smoke opens it with no word of a host."""

    async def go():
        async with played(tmp_path, "pico-safety", on=on) as (simulator, peer):
            permit = truth(simulator, "safety").on
            assert permit == {"permit": False}
            assert await peer.do("out", o="permit", on=1, ms=500) == "ok"
            await running.until(lambda: permit["permit"])
            await running.until(lambda: not permit["permit"])
            assert await peer.do("out", o="permit", on=1, ms=500) == "no"
            assert await peer.do("arm", o="permit") == "ok"
            assert await peer.do("out", o="permit", on=1, ms=5000) == "ok"
            await running.until(lambda: permit["permit"])
            began = simulator.clock()
            running.answer(simulator, "smoke", "safety")
            await running.until(lambda: not permit["permit"])
            assert simulator.clock() - began < 1.0
            state = await peer.frame("st", lambda fields: fields["o"]["permit"][1])
            assert state["o"]["permit"] == [0, "smoke"]
            assert await peer.do("arm", o="permit") == "no"

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_a_crash_is_seen_as_text_and_the_board_restarts(tmp_path, on):
    """The outputs are off at once, the traceback is console text, the next hello says why."""

    async def go():
        async with played(tmp_path, "pico-safety", on=on) as (simulator, peer):
            await peer.do("out", o="permit", on=1, ms=5000)
            await running.until(lambda: truth(simulator, "safety").on["permit"])
            running.answer(simulator, "board-crash", "safety")
            await peer.item(lambda item: isinstance(item, wire.Text) and "Traceback" in item.text)
            hello = await peer.frame("hello")
            assert hello["why"] == "crash"
            assert truth(simulator, "safety").on == {"permit": False}
            assert truth(simulator, "safety").ends == {"reset": 1}

    asyncio.run(go())


def test_a_hung_board_is_reset_by_its_watchdog(tmp_path):
    """The output stays as it was until the watchdog bites; then it is off and said."""

    async def go():
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            simulator._boards._lives[0]._wdt_s = WDT_S
            await peer.do("out", o="permit", on=1, ms=5000)
            await running.until(lambda: truth(simulator, "safety").on["permit"])
            running.answer(simulator, "board-hang", "safety")
            await running.until(lambda: truth(simulator, "safety").state == "hung")
            assert truth(simulator, "safety").on["permit"]
            await peer.frame("hello", lambda fields: fields["why"] == "watchdog")
            assert not truth(simulator, "safety").on["permit"]
            assert truth(simulator, "safety").ends == {"watchdog": 1}

    asyncio.run(go())


def test_an_unplugged_board_comes_back_under_another_name(tmp_path):
    """The host is hung up on; plugged in again, the same path leads to another port."""

    async def go():
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            before = os.readlink(peer.path)
            running.answer(simulator, "board-unplugged", "safety")
            async with asyncio.timeout(WITHIN_S):
                while await peer.items.get() is not None:
                    pass
            assert not peer.path.is_symlink()
            running.answer(simulator, "board-unplugged", "safety", clear=True)
            await running.until(peer.path.is_symlink)
            assert os.readlink(peer.path) != before
            again = Peer(peer.path)
            assert (await again.frame("hello"))["why"] == "power-on"
            again.close()

    asyncio.run(go())


def test_a_broken_driver_ends_in_safe_mode_until_it_is_flashed_again(tmp_path):
    """Three failed starts, then a board that speaks and does nothing; well when flashed anew.

    What it had latched before is latched in safe mode and after the flashing, as on a chip.
    """

    async def latched(peer):
        await peer.frame("st", lambda fields: fields["o"]["permit"] == [0, "smoke"])

    async def go():
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            running.answer(simulator, "smoke", "safety")
            await latched(peer)
            running.answer(simulator, "smoke", "safety", clear=True)
            await peer.value("smoke", lambda value: value == 0)
            running.answer(simulator, "board-boot-loop", "safety")
            hello = await peer.frame("hello", lambda fields: fields["st"] == "safe")
            assert truth(simulator, "safety").starts == 5
            assert await peer.do("out", o="permit", on=1, ms=500) == "no"
            await latched(peer)
            running.answer(simulator, "board-boot-loop", "safety", clear=True)
            healed = await peer.frame("hello", lambda fields: fields["st"] == "run")
            assert healed["cfg"] == hello["cfg"]
            await latched(peer)

    asyncio.run(go())


@pytest.mark.parametrize("on", PYTHONS)
def test_a_boards_flash_is_as_large_as_its_chips(tmp_path, on):
    """The selftest tells what is left of the flash of a Pico, and nothing of this PC's disk."""

    async def go():
        async with played(tmp_path, "pico-safety", on=on) as (_, peer):
            peer.say("do", i=77, c="con", l="selftest")
            line = (await peer.frame("x", lambda fields: "free flash" in fields["s"]))["s"]
            assert 500_000 < int(line.split()[-2]) < load_mcu("rp2040").flash_bytes

    asyncio.run(go())


def test_another_configuration_shows_in_its_checksum(tmp_path):
    """Flashed with another configuration the checksum differs; flashed anew it is the site's."""

    async def go():
        async with played(tmp_path, "pico-air") as (simulator, peer):
            right = config_crc(load_sensor("pico-air"), "air")
            running.answer(simulator, "wrong-config", "air")
            await peer.frame("hello", lambda fields: fields["cfg"] != right)
            running.answer(simulator, "wrong-config", "air", clear=True)
            await peer.frame("hello", lambda fields: fields["cfg"] == right)

    asyncio.run(go())


def test_a_mute_board_lives(tmp_path):
    """Nothing comes from it, it still hears, and it did not restart."""

    async def go():
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            running.answer(simulator, "board-mute", "safety")
            peer.say("do", i=50, c="out", o="permit", on=1, ms=5000)
            await running.until(lambda: truth(simulator, "safety").on["permit"])
            while not peer.items.empty():
                await peer.items.get()
            began = simulator.clock()
            await running.until(lambda: simulator.clock() > began + 1.5)
            assert peer.items.empty()
            running.answer(simulator, "board-mute", "safety", clear=True)
            await peer.frame("st")
            assert truth(simulator, "safety").starts == 1

    asyncio.run(go())


def test_noise_and_loss_are_seen_as_such(tmp_path):
    """Garbled frames are refused, lost ones leave gaps in the count, and good ones come through."""

    async def go():
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            running.answer(simulator, "board-noise", "safety", value=1.0)
            await peer.item(lambda item: isinstance(item, wire.Bad))
            running.answer(simulator, "board-noise", "safety", clear=True)
            running.answer(simulator, "board-lost-frames", "safety", value=40.0)
            counts = [
                (await peer.item(lambda i: isinstance(i, wire.Frame) and "q" in i.fields)).fields[
                    "q"
                ]
                for _ in range(8)
            ]
            assert counts == sorted(counts)
            assert counts[-1] - counts[0] > 7

    asyncio.run(go())


@pytest.mark.parametrize(
    ("model", "faults"),
    [
        (
            "pico-air",
            [
                ("sensor-absent", "air.intake", "intake_c", "ABSENT"),
                ("sensor-crc", "air.exhaust", "exhaust_humidity_percent", "CRC"),
            ],
        ),
        (
            "pico-thermal",
            [
                ("sensor-por85", "thermal.row1", "row1_c", "POR85"),
                ("sensor-absent", "thermal.row2", "row2_c", "ABSENT"),
                ("sensor-absent", "thermal.busbar", "busbar_c", "ABSENT"),
            ],
        ),
    ],
)
def test_a_sensor_fault_is_a_code_and_never_a_number(tmp_path, model, faults):
    """Each fault of a sensor is told by its own code, and its end by a number."""

    async def go():
        async with played(tmp_path, model) as (simulator, peer):
            seen = asyncio.create_task(peer.values(faults))
            for fault, target, _, _ in faults:
                running.answer(simulator, fault, target)
            assert await seen == {channel: code for _, _, channel, code in faults}
            for fault, target, _, _ in faults:
                running.answer(simulator, fault, target, clear=True)
            for _, _, channel, _ in faults:
                await peer.value(channel, lambda said: isinstance(said, int | float))

    asyncio.run(go())


def test_the_world_reaches_the_sensors(tmp_path):
    """Hot and humid air is measured, a fan that stops is seen, a leak and a door are told."""

    async def go():
        async with played(tmp_path, "pico-air") as (simulator, peer):
            running.answer(simulator, "hot-intake", value=48.0)
            running.answer(simulator, "humid", value=90.0)
            assert await peer.value("intake_c", lambda said: said > 45) == pytest.approx(
                48, abs=0.5
            )
            assert await peer.value("intake_humidity_percent") == pytest.approx(90, abs=2)
        async with played(tmp_path, "pico-safety") as (simulator, peer):
            assert await peer.value("fan1_percent", lambda said: said > 0) == pytest.approx(
                70, abs=8
            )
            running.answer(simulator, "fan-stopped", "safety.fan1")
            assert await peer.value("fan1_percent", lambda said: said == 0) == 0
            running.answer(simulator, "leak", "safety")
            running.answer(simulator, "door", "safety")
            assert await peer.value("leak", bool) == 1
            assert await peer.value("door", bool) == 1

    asyncio.run(go())


def test_boards_share_a_line_and_answer_to_their_address(tmp_path):
    """Two boards on one RS-485 line: each answers its own questions and stays silent else."""
    boards = tuple(
        BoardSpec(name, "pico-rs485", f"serial:{tmp_path}/bus", address=at, zone=("a1",))
        for name, at in (("one", 1), ("two", 2))
    )

    async def go():
        site = sites.small(ANY, boards=boards)
        async with running.running(site, tmp_path):
            for name, at in (("two", 2), ("one", 1)):
                peer = Peer(tmp_path / "bus", at)
                assert (await peer.greeted())["nm"] == name
                peer.say("poll")
                answer = await peer.item(lambda item: isinstance(item, wire.Frame))
                assert answer.address == at
                peer.close()

    asyncio.run(go())


@pytest.mark.needs("program:micropython")
def test_maint_leads_to_a_prompt_and_a_reset_back(tmp_path):
    """At the prompt the board's own files are the file system; machine.reset() starts it again."""

    async def go():
        async with played(tmp_path, "pico-safety", on="micropython") as (simulator, peer):
            assert await peer.do("maint") == "ok"
            await peer.item(lambda item: isinstance(item, wire.Text) and "MicroPython" in item.text)
            assert truth(simulator, "safety").state == "repl"
            os.write(peer.fd, b"import os; print(sorted(os.listdir('/')))\r")
            await peer.item(
                lambda item: isinstance(item, wire.Text) and item.text.startswith("['a', ")
            )
            os.write(peer.fd, b"import machine; machine.reset()\r")
            assert (await peer.frame("hello"))["st"] == "run"

    asyncio.run(go())


@pytest.mark.needs("program:micropython")
def test_the_tool_that_flashes_meets_a_prompt_like_a_chips(tmp_path):
    """mpremote's own transport enters raw mode through a soft reset and writes a file."""

    def write(path):
        port = SerialTransport(str(path), exclusive=False)
        port.enter_raw_repl(soft_reset=True)
        port.fs_writefile("/a/note.txt", b"hello")
        digest = port.fs_hashfile("/a/note.txt", "sha256")
        port.close()
        return digest

    async def go():
        async with played(tmp_path, "pico-air", on="micropython") as (_, peer):
            assert await peer.do("maint") == "ok"
            await peer.item(lambda item: isinstance(item, wire.Text) and "help()" in item.text)
            asyncio.get_running_loop().remove_reader(peer.fd)
            digest = await asyncio.to_thread(write, peer.path)
            assert digest == hashlib.sha256(b"hello").digest()
            assert (tmp_path / "sim.boards/air/a/note.txt").read_bytes() == b"hello"

    asyncio.run(go())


def test_people_see_what_boards_run_and_how_they_do(tmp_path, capsys):
    """Serving says the ports and which Python; status says state, outputs, starts, why it ended."""

    async def go():
        async with played(tmp_path, "pico-safety", on="cpython") as (simulator, _):
            said = sim_print.serves(simulator.serves())
            assert f"serial:{tmp_path}/pico-safety: safety (pico-safety)" in said
            assert "boards run CPython 3." in said
            running.answer(simulator, "board-crash", "safety")
            await running.until(lambda: truth(simulator, "safety").starts == 2)
            return sim_print.status(oracle.status(simulator.world, simulator.started_s))

    shown = asyncio.run(go())
    assert "a1          told off, open, its permissive relay is open" in shown
    assert "safety      run, permit off, 2 starts (reset 1)" in shown
