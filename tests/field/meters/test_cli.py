"""`headworks meter list, read, identify` as a person and as a tool would call them."""

import asyncio
import json
from collections.abc import Callable

import pytest

from field.meters.simulated import SimulatedMeters
from field.modbus.peers import peer, run
from headworks.cli.main import main
from headworks.hardware.files import models
from headworks.hardware.meter import load_meter


def call(device: SimulatedMeters, words: Callable[[str], list[str]], way: str = "tcp") -> int:
    """Run the command in a thread of its own beside a device."""

    async def talk() -> int:
        async with peer(way, device) as (_, connect):
            return await asyncio.to_thread(main, ["meter", *words(connect)])

    return run(talk())


def test_list_shows_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    """Each file in boards/meter is one line; --json gives its channels."""
    assert main(["meter", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(models("meter"))
    assert next(line for line in lines if line.startswith("sel-735")).endswith("(draft)")
    assert main(["meter", "list", "--json"]) == 0
    entries = {entry["model"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert "power_kw" in entries["pm5560"]["channels"]


@pytest.mark.parametrize("way", ["tcp", "rtu+tcp", "serial"])
def test_read_prints_all_channels(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One reading with units, and exit code 0."""
    words = ["read", "--model", "sdm630", "--baud", "38400", "--parity", "E"]
    code = call(SimulatedMeters("sdm630"), lambda at: [*words, "--connect", at], way)
    out = capsys.readouterr().out
    assert code == 0
    assert "good" in out
    assert "frequency              50.020 Hz" in out
    assert "export              98765.398 kWh" in out


def test_read_json_and_raw(capsys: pytest.CaptureFixture[str]) -> None:
    """--json is one object a line; --raw adds each register's words."""
    words = ["read", "--model", "abb-b2x", "--json", "--raw", "--connect"]
    assert call(SimulatedMeters("abb-b2x"), lambda at: [*words, at]) == 0
    first, *raw = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first["quality"] == "good"
    assert first["values"]["import_kwh"] == pytest.approx(12345.6)
    by_name = {entry["channel"]: entry for entry in raw}
    assert by_name["frequency_hz"] == {
        "channel": "frequency_hz",
        "function": 3,
        "address": 0x5B2C,
        "words": "138a",
    }


def test_a_silent_unit_is_exit_1_with_what_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    """No answer is told with the time waited and what to look at."""
    words = ["read", "--model", "sdm630", "--unit", "9", "--timeout", "0.1", "--connect"]
    assert call(SimulatedMeters("sdm630"), lambda at: [*words, at]) == 1
    out = capsys.readouterr().out
    assert "silent: no reply in 0.1 s" in out
    assert "check unit, wiring, baud and parity" in out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--connect", "tcp://127.0.0.1:1", "--model", "sdm630"], 1, "nothing listens there"),
        (["--connect", "serial:/dev/ttyNO", "--model", "sdm630"], 1, "no such port; "),
        (["--connect", "tcp://no.such.host.invalid", "--model", "sdm630"], 1, "host name"),
        (["--connect", "udp://x", "--model", "sdm630"], 2, "write tcp://HOST:PORT"),
        (["--connect", "tcp://127.0.0.1:1", "--model", "sdm"], 2, "no meter model 'sdm'; known:"),
    ],
)
def test_what_goes_wrong_is_said_plainly(
    words: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused, no port, no host, wrong form, wrong model: one line each, no traceback."""
    assert main(["meter", "read", *words]) == code
    said = capsys.readouterr()
    assert text in said.out + said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("model", sorted(set(models("meter")) - {"pm5560"}))
def test_identify_finds_the_model(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Among all profiles the right one comes first, with reasons; a tie is with a like one."""
    words = ["identify", "--json", "--timeout", "0.3", "--connect"]
    code = call(SimulatedMeters(model), lambda at: [*words, at])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    best = [entry["model"] for entry in found if entry["score"] == found[0]["score"]]
    assert model in best
    assert len(best) == 1
    assert any("Hz" in why or "kVA" in why for why in found[0]["why"])


def test_identify_tells_when_nobody_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A unit that never answers is not searched with every profile."""
    words = ["identify", "--unit", "9", "--timeout", "0.1", "--connect"]
    assert call(SimulatedMeters("sdm630"), lambda at: [*words, at]) == 1
    assert "unit 9 does not answer (no reply in 0.1 s); check unit" in capsys.readouterr().err


def test_a_draft_is_told_before_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Reading with a draft profile says on stderr what to compare."""
    words = ["read", "--model", "sel-735", "--connect"]
    assert call(SimulatedMeters("sel-735"), lambda at: [*words, at]) == 0
    assert load_meter("sel-735").notes[0] in capsys.readouterr().err
