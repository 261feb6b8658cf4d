"""`headworks console` as a process: at a serial port, in a terminal, in a pipe; and its PINs."""

import asyncio
import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.places import PIN, Person, give_pin
from tools.terminal import Terminal
from web.places import Noting, noting

pytestmark = pytest.mark.needs("linux")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noting]:
    """A noting station, shared by the tests of this file."""
    with noting(tmp_path_factory.mktemp("s")) as found:
        yield found


def command(peer: Noting, *words: str) -> list[str]:
    return [sys.executable, "-m", "headworks", "console", "--socket", str(peer.path), *words]


def user(folder: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headworks", "user", *words, "--state", str(folder)],
        input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_serial_port_is_served_for_ever(tmp_path: Path, peer: Noting) -> None:
    """A cable that is pulled and put back meets a new session with nobody logged in; leaving and
    noise end nothing; no PIN is in the log."""
    give_pin(tmp_path, "ayesha", "technician")
    port, log = tmp_path / "ttyAMA0", tmp_path / "log"

    def cable() -> tuple[Person, int]:
        master, slave = pty.openpty()
        tty.setraw(slave)
        port.unlink(missing_ok=True)
        port.symlink_to(os.ttyname(slave))
        return Person(master), slave

    async def work() -> None:
        person, slave = cable()
        await person.until("Looking is free", "demo>")
        os.close(slave)  # only the console holds it now
        person.type(b"\x00\xff\x1b]0;\x07" * 50 + b"\r")
        await person.until("nothing was done")
        await person.log_in("ayesha")
        await person.line("exit", "Looking is free")
        await person.line("rack a1 off", "takes a PIN")
        await person.log_in("ayesha")
        person.type("rack a1 of")
        port.unlink()
        os.close(person.fd)
        person, slave = cable()
        await person.until("Looking is free", "demo>")
        await person.line("rack a1 off", "takes a PIN")
        os.close(slave)
        os.close(person.fd)

    with log.open("wb") as out:
        words = ["--serial", str(port), "--baud", "115200", "--state", str(tmp_path)]
        process = subprocess.Popen(command(peer, *words), stdout=out, stderr=out)
    try:
        asyncio.run(work())
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20.0)
    text = log.read_text()
    assert "'ayesha' logged in as technician" in text
    assert "the far side has gone" in text
    assert "Traceback" not in text
    assert PIN not in text
    assert peer.commands == []


@pytest.mark.parametrize(
    ("port", "told"),
    [("none", "no such port; is it plugged in?"), ("file", "this is no serial port; name one")],
)
def test_a_port_that_cannot_be_is_told_with_what_to_do(
    tmp_path: Path, peer: Noting, port: str, told: str
) -> None:
    """One line with the port and the cause; it waits for the port."""
    (tmp_path / "file").write_text("")
    words = command(peer, "--serial", str(tmp_path / port), "--state", str(tmp_path))
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.terminate()
    assert f"{tmp_path / port}: {told}" in said
    assert "Errno" not in said


def test_a_terminal_gets_a_console(tmp_path: Path, peer: Noting) -> None:
    """The PIN is made by a command; the journal is told "console"; at the end the terminal is as
    it was."""
    assert user(tmp_path, "pin", "ayesha", "--pin-stdin", typed="123456\n").returncode == 1
    done = user(tmp_path, "pin", "ayesha", "--role", "operator", "--pin-stdin", typed=f"{PIN}\n")
    kept = f"kept in {tmp_path}/pins.json"
    assert done.stdout == f"ayesha may act at the console as operator; {kept}\n"
    assert user(tmp_path, "list").stdout == "ayesha\toperator\tpin\n"
    assert PIN not in (tmp_path / "pins.json").read_text()
    person = Terminal(
        command(peer, "--state", str(tmp_path)), {**os.environ}, tmp_path, term="dumb"
    )
    try:
        person.until("Looking is free", "demo>")
        person.type("pin\r")
        person.until("PIN of ayesha")
        person.type(f"{PIN}\r")
        person.until("(operator)> ")
        person.type("rack a2 off\r")
        seen = person.until("a2 is kept off", "(operator)> ")
        assert "\x1b" not in seen
        person.type("\x04")
        assert person.ended() == 0
    finally:
        person.end()
    assert peer.commands.pop()["from"] == "console"
    assert user(tmp_path, "remove", "ayesha").returncode == 0
    assert user(tmp_path, "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a b"], "has several words"), (["x", "--role", "viewer"], "looking takes no PIN"),
        (["x", "--role", "king"], "no role is called"),
    ],
)  # fmt: skip
def test_a_pin_is_for_a_name_and_a_role_that_can_be(
    tmp_path: Path, words: list[str], told: str
) -> None:
    """One line, and nothing is written."""
    done = user(tmp_path, "pin", *words, "--pin-stdin", typed=f"{PIN}\n")
    assert done.returncode == 1
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_only_looks(tmp_path: Path, peer: Noting) -> None:
    """What acts wants a person at a terminal; every other line is answered."""
    lines = "alarms\nrack a1 off\npin ayesha\n\x1b[2J\nwhy a1\nexit\nracks\n"
    done = subprocess.run(
        command(peer, "--state", str(tmp_path)), input=lines, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == ["no alarms", "a1: Running on surplus, drawing 36 kW."]
    assert "b6" not in done.stdout
    assert done.stderr.count("wants a person at a terminal") == 2
    assert "\x1b" not in done.stderr
    assert peer.commands == []
