"""A station's real socket with a state to order, a real mosquitto, and ears at its topics."""

import asyncio
import copy
import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import aiomqtt

import waiting
from headworks.faces.kept import KeptOutbox
from headworks.faces.mqtt.bridge import Bridge
from headworks.faces.mqtt.broker import access
from headworks.faces.mqtt.desk import Desk
from headworks.faces.mqtt.marks import SCHEMA
from headworks.faces.mqtt.orders import signed
from headworks.faces.outbox import Outbox
from headworks.faces.people.accounts import FILE, AccountFile, Accounts, Token
from headworks.faces.people.roles import Role
from headworks.faces.people.secrets_of import digest
from headworks.faces.say import Say
from headworks.model.live import Command
from headworks.model.outside import MqttSpec
from headworks.model.plan import Event, Reason, ReasonCode
from headworks.station.bulletin import Bulletin
from headworks.station.requests import Targets
from headworks.station.socket import Reply, StationSocket
from outside.certificates import certificates
from web.places import STATE

Json = dict[str, Any]
PREFIX = "headworks/test"
USER, PASSWORD = "station", "correct horse"
until = partial(waiting.until, within_s=20.0)
TOKENS = {"scada": Role.OPERATOR, "phone": Role.TECHNICIAN, "wall": Role.VIEWER}


class Station:
    """The real socket of a station; its state and events are what the test says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bulletin = Bulletin()
        self.known = Targets(tuple(rack["name"] for rack in STATE["racks"]), ("smoke",))
        self.state: Json = {k: v for k, v in copy.deepcopy(STATE).items() if k != "events"}
        self.state["uptime_s"] = 100.0
        self.commands: list[Command] = []
        self.origins: list[str] = []
        self.refuse = ""
        self._server = StationSocket(path, self)  # type: ignore[arg-type]

    def command(self, command: Command, origin: str, reply: Reply) -> None:
        self.commands.append(command)
        self.origins.append(origin)
        if self.refuse:
            reply({"ok": False, "error": "refused", "code": self.refuse, "values": {}})
        else:
            reply({"ok": True})

    def note(self, what: str, **fields: object) -> None: ...

    def say(self, *events: Event) -> None:
        """A scan with these events."""
        self.state["seq"] += 1
        self.state["t_s"] += 1.0
        self.state["uptime_s"] += 1.0
        self.bulletin.post(lambda: self.state, events)
        self._server.publish()

    async def start(self) -> None:
        await self._server.start()
        self.say()

    async def stop(self) -> None:
        await self._server.stop()


def event(number: int, kind: str = "start", source: str = "a1", t_s: float = 2997.0) -> Event:
    """An event with its number in the note."""
    return Event(t_s, source, kind, Reason(ReasonCode.RUNNING), str(number))


def play(folder: Path, body: Callable[[Station], Awaitable[None]]) -> None:
    """Run a test body with a station, for 60 s at most."""

    async def work() -> None:
        station = Station(folder / "s.sock")
        await station.start()
        try:
            await asyncio.wait_for(body(station), 60.0)
        finally:
            await station.stop()

    asyncio.run(work())


class Mosquitto:
    """A real broker on a port of its own: TLS, a password, nobody without."""

    def __init__(self, folder: Path, *, rules: str = "") -> None:
        folder.mkdir()
        self.files = certificates(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        users = folder / "users"
        words = ["mosquitto_passwd", "-b", "-c", str(users), USER, PASSWORD]
        subprocess.run(words, check=True, capture_output=True)
        users.chmod(0o600)
        self._conf = folder / "mosquitto.conf"
        lines = [
            "user root", f"listener {self.port} 127.0.0.1", "allow_anonymous false",
            f"password_file {users}", f"certfile {self.files.cert}", f"keyfile {self.files.key}",
        ]  # fmt: skip
        if rules:
            (folder / "acl").write_text(rules)
            lines.append(f"acl_file {folder / 'acl'}")
        self._conf.write_text("\n".join(lines) + "\n")
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        assert program is not None
        with self._log.open("wb") as log:
            words = [program, "-c", str(self._conf)]
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        end_s = time.monotonic() + 10.0
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert self._process.poll() is None, self._log.read_text()
                assert time.monotonic() < end_s
                time.sleep(0.02)

    def kill(self) -> None:
        """No good-bye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def spec(self, folder: Path, **more: Any) -> MqttSpec:
        """Settings for it, with a file of credentials."""
        secret = folder / "mqtt.secret"
        secret.write_text(f'user = "{USER}"\npassword = "{PASSWORD}"\n')
        secret.chmod(0o600)
        wanted = {"prefix": PREFIX, "every_s": 0.5, **more}
        return MqttSpec(f"mqtts://127.0.0.1:{self.port}", str(self.files.ca), str(secret), **wanted)


class Ear:
    """Hears everything at the broker, retained and not, and can speak."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self.client: aiomqtt.Client

    def at(self, topic: str) -> list[str]:
        """Payloads at a topic below the prefix, in their order."""
        return [text for name, text, _ in self.heard if name == f"{PREFIX}/{topic}"]

    async def ready(self, *, again: bool = False) -> None:
        """Wait until a bridge that has just begun is there, with its station."""
        if again:
            self.heard = [one for one in self.heard if one[1] != "online"]
        await until(lambda: {("bridge", "online"), ("station", "online")} <= self._live())

    def _live(self) -> set[tuple[str, str]]:
        """What was said just now, not before there was an ear."""
        names = ((name.removeprefix(f"{PREFIX}/"), text, old) for name, text, old in self.heard)
        return {(name, text) for name, text, old in names if not old}

    def events(self) -> list[Json]:
        """As a receiver has them that minds keys: one may be sent twice, after a break."""
        told = [json.loads(text) for text in self.at("event")]
        return list({one["key"]: one for one in told}.values())

    async def answer(self, id_: str) -> Json:
        """The answer to a command, awaited."""

        def found() -> list[Json]:
            answers = [json.loads(text) for text in self.at("answer")]
            return [answer for answer in answers if answer.get("id") == id_]

        answers: list[Json] = await until(found)
        return answers[-1]

    async def send(self, payload: str, *, retain: bool = False) -> None:
        await self.client.publish(f"{PREFIX}/command", payload, qos=1, retain=retain)


@asynccontextmanager
async def ear(broker: Mosquitto) -> AsyncIterator[Ear]:
    found = Ear()
    tls = aiomqtt.TLSParameters(ca_certs=str(broker.files.ca))
    async with aiomqtt.Client(
        "127.0.0.1", broker.port, username=USER, password=PASSWORD, tls_params=tls
    ) as client:
        found.client = client
        await client.subscribe("#", qos=1)

        async def hear() -> None:
            async for one in client.messages:
                text = one.payload.decode() if isinstance(one.payload, bytes) else ""
                found.heard.append((str(one.topic), text, bool(one.retain)))

        hearing = asyncio.ensure_future(hear())
        try:
            yield found
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


def tokens(folder: Path) -> AccountFile:
    """A file with the tests' tokens; a token's text is its name."""
    file = AccountFile(folder / FILE)
    rows = {name: Token(name, role, digest(name)) for name, role in TOKENS.items()}
    file.write(Accounts({}, rows))
    return file


def order(id_: str, counter: int, **changes: Any) -> str:
    """A signed command, good for a minute unless the test says otherwise."""
    now_s = time.time()
    fields: Json = {
        "id": id_, "from": "scada", "counter": counter, "issued": now_s, "expires": now_s + 60.0,
        "action": "lock", "target": "a1", "note": "", **changes,
    }  # fmt: skip
    return signed(digest(str(fields["from"])), f"{PREFIX}/command", json.dumps(fields))


class Running:
    """A bridge at work in this event loop."""

    def __init__(self, spec: MqttSpec, folder: Path, station: Path) -> None:
        self.log = StringIO()
        self.beside = Outbox(folder / "mqtt.sqlite", spec.keep)  # to look into the same file
        say = Say("mqtt", self.log)
        self.kept = KeptOutbox(Outbox(folder / "mqtt.sqlite", spec.keep, SCHEMA))
        self.desk = Desk(
            self.kept,
            tokens(folder),
            socket=station,
            commands=spec.commands,
            say=say,
            clock=lambda: (time.time(), True),
        )
        self._bridge = Bridge(spec, access(spec), self.kept, self.desk, socket=station, say=say)
        self._task = asyncio.ensure_future(self._bridge.run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.kept.close()
        self.beside.close()


@asynccontextmanager
async def bridge(spec: MqttSpec, folder: Path, station: Path) -> AsyncIterator[Running]:
    found = Running(spec, folder, station)
    try:
        yield found
    finally:
        await found.stop()
