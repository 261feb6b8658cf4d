"""The station's socket, over real Unix sockets: replies, pushes, and clients that misbehave."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.client import NotRunningError, RefusedError, StationClient, StationError
from headworks.model.live import Action, Command
from headworks.model.plan import Event, Reason, ReasonCode
from headworks.station import socket as module
from headworks.station.bulletin import Bulletin
from headworks.station.lock import AlreadyRunningError, StartError, held
from headworks.station.requests import Targets
from headworks.station.socket import Reply, StationSocket


class NotingDesk:
    """Carries out every command at once and notes it."""

    def __init__(self) -> None:
        self.bulletin = Bulletin()
        self.known = Targets(("a1",), ())
        self.commands: list[tuple[Command, str]] = []
        self.notes: list[str] = []
        self.waiting: list[Reply] = []
        self.answers = True

    def command(self, command: Command, origin: str, reply: Reply) -> None:
        self.commands.append((command, origin))
        if self.answers:
            reply({"ok": True})
        else:
            self.waiting.append(reply)

    def note(self, what: str, **fields: object) -> None:
        self.notes.append(what)

    def post(self, number: int, size: int = 0, *events: Event) -> None:
        self.bulletin.post(lambda: {"n": number, "fill": "x" * size}, events)


Work = Callable[[StationSocket, NotingDesk, Path], Awaitable[None]]


def serve(folder: Path, work: Work) -> None:
    """Run a test body against a served socket, for 20 s at most."""

    async def body() -> None:
        path, desk = folder / "station.sock", NotingDesk()
        server = StationSocket(path, desk)
        await server.start()
        try:
            await asyncio.wait_for(work(server, desk, path), 20.0)
        finally:
            await server.stop()

    asyncio.run(body())


async def ask(path: Path, *lines: bytes) -> list[Any]:
    """Send raw lines; every reply until the server has nothing more to say."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"".join(lines))
    writer.write_eof()
    replies = (await reader.read()).splitlines()
    writer.close()
    return [json.loads(reply) for reply in replies]


async def publish_often(server: StationSocket) -> None:
    """What a station with a quick meter does."""
    while True:
        server.publish()
        await asyncio.sleep(0.005)


def event(note: str) -> Event:
    return Event(1.0, "a1", "start", Reason(ReasonCode.RUNNING), note)


def test_a_question_is_answered(tmp_path: Path) -> None:
    """state gives the latest state under the id that was asked with."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        state = {"n": 1, "fill": "", "run": desk.bulletin.run, "last_event": 0, "events": []}
        asked = await ask(path, b'{"id":9,"op":"state"}\n')
        assert asked == [{"id": 9, "ok": True, "state": state}]

    serve(tmp_path, work)


def test_before_the_first_scan_there_is_no_state(tmp_path: Path) -> None:
    """No state is better than an invented one."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        reply = (await ask(path, b'{"id":1,"op":"state"}\n'))[0]
        assert not reply["ok"]
        assert "first scan" in reply["error"]

    serve(tmp_path, work)


def test_a_subscriber_sees_every_scan_and_each_event_once(tmp_path: Path) -> None:
    """Pushes come in order, each with the events since the last push and no others."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(0, 0, event("old"))
        async with StationClient(path) as client:
            states = client.subscribe()
            assert (await anext(states))["n"] == 0
            for number in range(1, 4):
                desk.post(number, 0, event(f"of {number}"))
                server.publish()
            seen = [await anext(states) for _ in range(3)]
        assert [state["n"] for state in seen] == [1, 2, 3]
        assert [[e["note"] for e in state["events"]] for state in seen] == [
            ["of 1"],
            ["of 2"],
            ["of 3"],
        ]

    serve(tmp_path, work)


def test_a_slow_pace_misses_no_event(tmp_path: Path) -> None:
    """With every_s a push carries the events of all the scans that were left out."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(0)
        async with StationClient(path) as client:
            states = client.subscribe(every_s=0.05)
            await anext(states)
            for number in range(1, 200):
                desk.post(number, 0, event(str(number)))
                server.publish()
            pump = asyncio.ensure_future(publish_often(server))
            notes = [e["note"] for e in (await anext(states))["events"]]
            if len(notes) < 199:
                notes += [e["note"] for e in (await anext(states))["events"]]
            pump.cancel()
        assert notes == [str(n) for n in range(1, 200)]

    serve(tmp_path, work)


def test_a_subscriber_that_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    """After the last number of the same run; with another run it gets all that are kept."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(0, 0, *(event(str(number)) for number in range(1, 31)))
        run = desk.bulletin.run
        for words, first in ((run, 7), 8), ((run, 30), 31), (("", 7), 1), (("else", 7), 1):
            async with StationClient(path) as client:
                state = await anext(client.subscribe(run=words[0], after=words[1]))
            assert [e["n"] for e in state["events"]] == list(range(first, 31))
            assert [e["note"] for e in state["events"]] == [str(n) for n in range(first, 31)]
            assert (state["run"], state["last_event"]) == (run, 30)

    serve(tmp_path, work)


def test_a_command_carries_who_and_what(tmp_path: Path) -> None:
    """The desk gets actor, role, target, note, where the person sits, and the user id that the
    kernel vouches for."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        async with StationClient(path) as client:
            await client.command("lock", "a1", actor="ayesha", note="fan")
            await client.command("ack", "a1", actor="bilal", face="serial")
        (command, origin), (_, second) = desk.commands
        assert (command.action, command.actor, command.note) == (Action.LOCK, "ayesha", "fan")
        assert origin == f"uid {os.getuid()}"
        assert second == f"serial, uid {os.getuid()}"

    serve(tmp_path, work)


def test_bad_requests_are_answered_and_the_connection_lives_on(tmp_path: Path) -> None:
    """A mistake costs its sender an error line and nobody anything else."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        bad = [b"{\n", b'{"id":5,"op":"sing"}\n', b"\n", b'\xff{"id":1}\n']
        replies = await ask(path, *bad, b'{"id":6,"op":"state"}\n')
        assert [reply["ok"] for reply in replies] == [False, False, False, False, True]
        assert replies[1]["id"] == 5
        async with StationClient(path) as client:
            with pytest.raises(RefusedError, match="no rack here"):
                await client.command("off", "b7", actor="ayesha")
            assert (await client.state())["n"] == 1

    serve(tmp_path, work)


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    """Bounded memory: after the longest line allowed the client is told and dropped."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * (module.MAX_LINE + 1))
        reply = json.loads(await reader.readline())
        assert "longer than" in reply["error"]
        assert await reader.read() == b""
        writer.close()

    serve(tmp_path, work)


def test_a_subscriber_that_does_not_read_is_dropped(tmp_path: Path) -> None:
    """It is never waited for: the station's memory stays bounded and others are served."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(0)
        slow = socket.socket(socket.AF_UNIX)
        slow.connect(str(path))
        slow.sendall(b'{"op":"subscribe"}\n')
        async with StationClient(path) as client:
            states = client.subscribe()
            await anext(states)
            for number in range(1, 200):
                desk.post(number, 50_000)
                server.publish()
                assert (await anext(states))["n"] == number
                if desk.notes:
                    break
            assert desk.notes == ["a client at the socket does not read and is dropped"]
            desk.post(999)
            server.publish()
            assert (await anext(states))["n"] == 999
            assert len(server.clients) == 1
        slow.close()

    serve(tmp_path, work)


def test_a_flood_of_requests_lets_others_in_between(tmp_path: Path) -> None:
    """Few requests of one client are handled per turn of the event loop."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"op":"state"}\n' * 2000)
        async with StationClient(path) as other:
            assert (await asyncio.wait_for(other.state(), 2.0))["n"] == 1
        lines = [await reader.readline() for _ in range(2000)]
        assert all(json.loads(line)["ok"] for line in lines)
        writer.close()

    serve(tmp_path, work)


def test_one_client_has_few_commands_open(tmp_path: Path) -> None:
    """Commands that wait for the disk are counted; more than a few are refused."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.answers = False
        reader, writer = await asyncio.open_unix_connection(path)
        command = {"op": "command", "action": "off", "target": "a1", "actor": "a", "role": "admin"}
        writer.write((json.dumps(command) + "\n").encode() * (module.MAX_WAITING + 1))
        assert "wait already" in json.loads(await reader.readline())["error"]
        for reply in desk.waiting:
            reply({"ok": True})
        replies = [json.loads(await reader.readline()) for _ in desk.waiting]
        assert [reply["ok"] for reply in replies] == [True] * module.MAX_WAITING
        writer.close()

    serve(tmp_path, work)


def test_an_answer_to_a_client_that_left_is_dropped(tmp_path: Path) -> None:
    """A command is carried out even if who asked has gone; its answer goes nowhere."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.answers = False
        client = StationClient(path)
        await client.connect()
        asking = asyncio.ensure_future(client.command("off", "a1", actor="a"))
        while not desk.waiting:
            await asyncio.sleep(0)
        asking.cancel()
        await client.close()
        while server.clients:
            await asyncio.sleep(0)
        desk.waiting[0]({"ok": True})

    serve(tmp_path, work)


def test_there_is_a_cap_on_clients(tmp_path: Path) -> None:
    """One client too many is told so; the others stay."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        clients = [StationClient(path) for _ in range(module.MAX_CLIENTS)]
        for client in clients:
            await client.connect()
            await client.state()
        reader, writer = await asyncio.open_unix_connection(path)
        assert "already 64 clients" in json.loads(await reader.readline())["error"]
        writer.close()
        assert (await clients[0].state())["n"] == 1
        for client in clients:
            await client.close()

    serve(tmp_path, work)


def test_the_file_is_for_user_and_group_and_goes_at_the_end(tmp_path: Path) -> None:
    """Nobody else may command; and no stale socket file is left behind."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660

    serve(tmp_path, work)
    assert not (tmp_path / "station.sock").exists()


def test_a_file_that_was_removed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cleaner of /tmp must not lock the operator out; who is connected stays so."""
    monkeypatch.setattr(module, "LOOK_S", 0.0)

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        async with StationClient(path) as old:
            assert (await old.state())["n"] == 1
            path.unlink()
            while not path.exists():
                server.publish()
                await asyncio.sleep(0)
            async with StationClient(path) as new:
                assert (await new.state())["n"] == 1
            assert (await old.state())["n"] == 1
        assert len(desk.notes) == 1
        assert stat.S_IMODE(path.stat().st_mode) == 0o660

    serve(tmp_path, work)
    assert not (tmp_path / "station.sock").exists()


@pytest.mark.parametrize("line", [b"[" * 60_000, b'{"id":' * 20_000, b"x" * (module.MAX_LINE + 9)])
def test_deep_and_long_lines_are_answered(tmp_path: Path, line: bytes) -> None:
    """Brackets in brackets without end, and a line too long, cost an error and no connection."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line[: module.MAX_LINE] + b"\n")
        writer.write(b'{"op": "state"}\n')
        assert json.loads(await reader.readline())["ok"] is False
        assert json.loads(await reader.readline())["ok"] is True
        writer.close()

    serve(tmp_path, work)


def test_a_stale_file_is_replaced_and_a_served_one_is_not(tmp_path: Path) -> None:
    """A second station names the process that runs; a file that nobody serves is in no way."""
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "station.sock"))

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        with pytest.raises(AlreadyRunningError, match=f"already running, pid {os.getpid()}"):
            await StationSocket(path, desk).start()
        desk.post(1)
        async with StationClient(path) as client:
            assert (await client.state())["n"] == 1

    serve(tmp_path, work)


@pytest.mark.parametrize(
    ("name", "cause"),
    [("taken", "is not a socket and is left alone"), ("x" * 120, "give another --socket")],
)
def test_a_place_that_cannot_be_served_is_named(tmp_path: Path, name: str, cause: str) -> None:
    """The error names the path and the way out."""
    (tmp_path / "taken").write_text("precious")
    with pytest.raises(StartError, match=cause):
        asyncio.run(StationSocket(tmp_path / name, NotingDesk()).start())
    assert (tmp_path / "taken").read_text() == "precious"


def test_a_lock_is_held_once_and_names_its_holder(tmp_path: Path) -> None:
    """Two stations never share a state folder; the lock ends with its holder."""
    path = tmp_path / "deep" / "station.lock"
    with (
        held(path),
        pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"),
        held(path),
    ):
        pass
    with held(path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error says what to do about it."""
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="choose another folder"), held(tmp_path / "file" / "lock"):
        pass


def test_a_client_of_no_station_says_so(tmp_path: Path) -> None:
    """One clear line: what is not there and how to start it."""
    with pytest.raises(NotRunningError, match="headworks run --site SITE"):
        asyncio.run(StationClient(tmp_path / "station.sock").connect())


def test_a_station_that_goes_ends_the_subscription(tmp_path: Path) -> None:
    """A subscriber is not left waiting for ever."""

    async def work(server: StationSocket, desk: NotingDesk, path: Path) -> None:
        desk.post(1)
        async with StationClient(path) as client:
            states = client.subscribe()
            await anext(states)
            await server.stop()
            with pytest.raises(StationError, match="has gone"):
                await anext(states)

    serve(tmp_path, work)
