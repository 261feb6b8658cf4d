"""`headworks mqtt` and `headworks notify` as processes: errors in one line, the last will."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from headworks.cli.main import main
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
        (
            '[mqtt]\nbroker = "mqtts://h:8883"\ncredentials = "/nowhere/secret"\n',
            "mqtt", 4, "/nowhere/secret: No such file",
        ),
        ('[mqtt]\nbroker = "mqtts://h:8883"\nca = "/nowhere/ca"\n', "mqtt", 4, "/nowhere/ca: No"),
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
            assert found.at("bridge")[-1] == "offline"
            assert third.stderr is not None
            said = (await third.stderr.read()).decode()
            assert "Traceback" not in said
            assert PASSWORD not in said
        await station.stop()

    try:
        asyncio.run(asyncio.wait_for(body(), 60.0))
    finally:
        broker.kill()
