"""`headworks mqtt` and `headworks notify` as processes: errors in one line, the last will."""

import asyncio
import os
import signal
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from headworks import paths
from headworks.cli.main import main
from headworks.cli.outside import begun
from headworks.faces.kept import KeptOutbox
from headworks.faces.outbox import Message, Outbox
from headworks.faces.say import Say
from outside.places import PASSWORD, USER, Mosquitto, Station, ear, until

BASE = (Path(__file__).parents[1] / "sitefile/good/design.toml").read_text(encoding="utf-8")


def words(folder: Path, section: str, name: str = "mqtt") -> list[str]:
    site = folder / "site.toml"
    site.write_text(f"{BASE}\n{section}", encoding="utf-8")
    more = ["--site", str(site), "--state", str(folder / "state"), "--socket", str(folder / "s")]
    return [name, *more]


@pytest.mark.parametrize(
    ("section", "name", "code", "text"),
    [
        ("", "mqtt", 4, "no section [mqtt]; write it with broker"),
        ('[mqtt]\nbroker = "h"\n', "mqtt", 1, ':49:10: error: broker = "h" is no broker'),
        ('[mqtt]\nbroker = "mqtts://a..b:8883"\n', "mqtt", 1, "is no broker; write"),
        (
            '[mqtt]\nbroker = "mqtts://h:8883"\ncredentials = "/nowhere/secret"\n',
            "mqtt", 4, "/nowhere/secret: No such file",
        ),
        ('[mqtt]\nbroker = "mqtts://h:8883"\nca = "/nowhere/ca"\n', "mqtt", 4, "/nowhere/ca: No"),
        ('[notify]\nurl = "https://xn--a/"\n', "notify", 4, "holds no usable url; write"),
        ("", "notify", 4, "no section [notify]; write it with url"),
        ('[notify]\nsecrets = "/nowhere/secret"\n', "notify", 4, "/nowhere/secret: No such file"),
    ],
)  # fmt: skip
def test_what_keeps_it_from_starting_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    section: str,
    name: str,
    code: int,
    text: str,
) -> None:
    """The exit code tells the kind, the line the cause and what to do."""
    assert main(words(tmp_path, section, name)) == code
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1


def test_an_outbox_that_cannot_be_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder in its place is named with what to do, before anybody is connected to."""
    (tmp_path / "state" / "mqtt.sqlite").mkdir(parents=True)
    assert main(words(tmp_path, '[mqtt]\nbroker = "mqtts://127.0.0.1:1"\n')) == 4
    said = capsys.readouterr().err
    assert "mqtt.sqlite: unable to open database file; look after it" in said
    assert said.count("\n") == 1


def test_an_outbox_that_is_begun_anew_is_told(tmp_path: Path) -> None:
    """Whoever reads the log knows that something which waited is not sent, and where it lies."""
    (tmp_path / "notify.sqlite").write_bytes(b"no database" * 999)
    log = StringIO()

    async def body() -> None:
        for _ in range(2):
            kept = KeptOutbox(Outbox(tmp_path / "notify.sqlite", 9))
            await begun(kept, Say("notify", log))
            await kept.close()

    asyncio.run(body())
    assert log.getvalue().count("notify.sqlite.unreadable-1 and is not sent") == 1


def test_without_a_site_named_it_is_the_services_else_the_one_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with `check` and `doctor`, whoever tries a site file stands in its folder."""
    service = tmp_path / "etc.toml"
    monkeypatch.setattr(paths, "SERVICE_SITE", service)
    monkeypatch.chdir(tmp_path)
    words(tmp_path, "")
    assert main(["notify", "--test"]) == 4
    assert "no section [notify]" in capsys.readouterr().err
    service.write_text("[site]\nnmae = 1\n")
    assert main(["notify", "--test"]) == 1
    assert "etc.toml:2" in capsys.readouterr().err


@pytest.mark.needs("program:mosquitto")
def test_a_process_that_is_killed_leaves_its_last_will(tmp_path: Path) -> None:
    """Everybody hears `offline`; a second one at the same state does not start; SIGTERM ends it."""
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    secret = tmp_path / "mqtt.secret"
    secret.write_text(f'user = "{USER}"\npassword = "{PASSWORD}"\n')
    secret.chmod(0o600)
    section = (
        f'[mqtt]\nbroker = "mqtts://127.0.0.1:{broker.port}"\nca = "{broker.files.ca}"\n'
        f'credentials = "{secret}"\nprefix = "headworks/test"\n'
    )
    command = [sys.executable, "-m", "headworks", *words(tmp_path, section)]

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)

    async def body() -> None:
        station = Station(tmp_path / "s")
        await station.start()
        async with ear(broker) as found:
            first = await start()
            await found.ready()
            second = await start()
            assert await second.wait() == 4
            assert second.stderr is not None
            assert b"another one runs" in await second.stderr.read()
            os.kill(first.pid, signal.SIGKILL)
            await until(lambda: found.at("bridge") == ["online", "offline"])
            third = await start()
            await found.ready(again=True)
            third.terminate()
            assert await asyncio.wait_for(third.wait(), 10.0) == 0
            await until(lambda: found.at("bridge")[-1] == "offline")
            assert third.stderr is not None
            said = (await third.stderr.read()).decode()
            assert "Traceback" not in said
            assert PASSWORD not in said
        await station.stop()

    try:
        asyncio.run(asyncio.wait_for(body(), 60.0))
    finally:
        broker.kill()


@pytest.mark.parametrize("name", ["mqtt", "notify"])
def test_it_ends_at_once_while_nobody_answers_a_handshake(tmp_path: Path, name: str) -> None:
    """SIGTERM waits for no peer that says nothing, and not for its time-outs."""

    async def body() -> float:
        came = asyncio.Event()
        hold = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            came.set()
            await hold.wait()
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            address = f'broker = "mqtts://127.0.0.1:{port}"'
            if name == "notify":
                address = f'url = "https://127.0.0.1:{port}/"\ntimeout_s = 60'
                queue = Outbox(tmp_path / "state" / "notify.sqlite", 10)
                queue.put([Message("k", "", "{}")])
                queue.close()
            command = words(tmp_path, f"[{name}]\n{address}\n", name)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "headworks", *command
            )
            await asyncio.wait_for(came.wait(), 30.0)
            began_s = time.monotonic()
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 30.0) == 0
            took_s = time.monotonic() - began_s
            hold.set()
            return took_s

    (tmp_path / "state").mkdir()
    assert asyncio.run(body()) < 4.0  # the handshake would take 5 s, the webhook 60 s
