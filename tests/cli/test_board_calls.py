"""Calls of `headworks board` that are refused before a board, a port or a file is touched."""

import asyncio

import pytest
from serial.tools import list_ports

from cli.test_board_list import PORTS
from cli.wires import station
from flash.test_images import RP2040, blocks, esp32_image, volume
from headworks.cli import board_image
from headworks.cli.board_each import each
from headworks.cli.board_loan import target_of
from headworks.cli.main import main
from headworks.faces.client import RefusedError, StationError
from headworks.flash import work
from headworks.flash.errors import DoesNotStartError, FlashError
from headworks_fw import config

SITE = """
[[board]]
name = "air"
model = "pico-air"
connect = "serial:/dev/headworks-test"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in, and no station."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWORKS_RUNTIME", str(tmp_path))
    return tmp_path


@pytest.fixture
def said(capsys, monkeypatch):
    """What a call says; the test fails where it would touch a board."""

    def touched(*_: object, **__: object):
        raise AssertionError("a board was touched")

    for name in ("Talk", "Prompt"):
        monkeypatch.setattr(work, name, touched)

    def call(*words: str) -> tuple[int, str]:
        code = main(["board", *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return call


C3 = ("flash", "--name", "x", "--model", "esp32c3-air", "--port", "/dev/null", "--image")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "x.bin: No such file"),
        (blocks(RP2040), "no image for an ESP32"),
        (esp32_image(9), "is for esp32s3"),
        (esp32_image()[:0x9000], "damaged or cut off"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_an_image_is_looked_at_before_a_word_of_erasing(folder, said, data, says, more):
    """Neither said nor done, whatever is wrong with the file."""
    if data is not None:
        (folder / "x.bin").write_bytes(data)
    code, told = said(*C3, "x.bin", *more)
    assert code == 1
    assert says in told
    assert "eras" not in told
    assert told.count("\n") == 1


def test_the_right_image_is_told_with_its_place(folder, said):
    """What would be erased, and where."""
    (folder / "x.bin").write_bytes(esp32_image())
    code, told = said(*C3, "x.bin", "--dry-run")
    assert code == 0
    assert "would erase the esp32c3 at /dev/null and write x.bin" in told


def test_an_image_for_a_board_that_is_not_there_erases_nothing(folder, said):
    """The port is looked for before the word too."""
    (folder / "x.bin").write_bytes(esp32_image())
    code, told = said(*C3[:-2], "/nope", "--image", "x.bin")
    assert code == 1
    assert "/nope is not there" in told
    assert "eras" not in told


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("air", True),
        ("a_b-9", True),
        ("x" * 16, True),
        ("Air", False),
        ("x" * 17, False),
        ("luft ", False),
        ("zuluft\u00e4", False),
        ("\u0661", False),
        ("a.b", False),
        ("air\n", False),
    ],
)
def test_a_name_that_no_firmware_takes_is_refused_at_once(said, name, good):
    """The same names as the firmware's own check, before the board is touched."""
    code, told = said("flash", "--name", name, "--model", "pico-air", "--port", "/nope")
    assert code == 1
    assert ("is no name of a board" in told) is not good
    whole = {"model": "pico-air", "name": name, "address": 0, "wdt_ms": 8000}
    try:
        config.check({**whole, "link": {"kind": "usb"}})
        assert good
    except config.ConfigError:
        assert not good


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--all", "--port", "/dev/null"), "--port is for one"),
        (("--all", "--name", "air"), "--name is for one"),
        (("--all", "--image", "x"), "--image is for one"),
        (("--uf2", "x", "--image", "y"), "give one of them"),
        (("--volume", "/mnt"), "--volume says where --uf2 FILE goes"),
        (("--name", ""), "say which board"),
        (("--name", "x", "--model", "../x"), "no sensor model"),
        (("--name", "x", "--model", "pico-air", "--port", ""), "--port is not there"),
        (("--name", "x", "--model", "pico-air", "--port", "/dev/no such port"), "/dev/no such"),
        (("--name", "x", "--model", "pico-rs485", "--address", "300"), "wants --address 1 to 247"),
        (
            ("--name", "x", "--model", "pico-air", "--address", "9" * 400),
            "wants an --address from 0 to 247",
        ),
    ],
)
def test_words_that_contradict_each_other_flash_nothing(said, words, says):
    """One port is not all boards, and an image is for one chip."""
    code, told = said("flash", *words)
    assert code in (1, 2)
    assert says in told
    assert "Traceback" not in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("more", [("--dry-run",), ("--yes",)])
@pytest.mark.parametrize(
    ("state", "model", "why"),
    [
        ("no-port", "pico-thermal", "it cannot be reached: /dev/x: gone"),
        ("other-board", "pico-thermal", "/dev/x: gone"),
        ("runs", "pico-rs485", "it hangs on RS-485, which does not reach its prompt"),
    ],
)
def test_a_board_that_cannot_be_updated_is_named_and_keeps_no_other(
    folder, capsys, state, model, why, more
):
    """Neither an update nor its dry run pretends that it could be reached; the other has a turn."""
    boards = [
        {"name": "thermal", "model": model, "state": state, "cause": "/dev/x: gone"},
        {"name": "air", "model": "pico-air", "state": "lost", "cause": ""},
    ]
    for board in boards:
        board.update(firmware="0.0.1", zone=["a1"], port=str(folder / board["name"]), address=0)
        board.update(latches={}, to_reset=[])
    with station(folder / "s.sock", [], boards=boards):
        code = main(["board", "update", "--all", *more, "--socket", str(folder / "s.sock")])
    assert code == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"thermal: failed: {why}")
    assert ("air: it does not run" in told.out) is (more == ("--dry-run",))
    assert ("air: failed: not lent" in told.err) is (more == ("--yes",))


@pytest.mark.parametrize(
    ("error", "done"),
    [
        (FlashError("b: pulled out"), ["a", "b", "c"]),
        (RefusedError({"error": "b: pulled out"}), ["a", "b", "c"]),
        (DoesNotStartError("b: pulled out"), ["a", "b"]),
        (StationError("b: pulled out"), ["a", "b"]),
    ],
)
def test_a_board_that_fails_keeps_no_other_from_its_turn(capsys, error, done):
    """Two things end the round: a firmware that does not start, and a station that is gone."""
    turns: list[str] = []

    async def job(name: str) -> None:
        turns.append(name)
        if name == "b":
            raise error

    assert asyncio.run(each(["a", "b", "c"], job, before={"z": "z: no port"})) == 1
    assert turns == done
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == [
        "b: failed: pulled out", "headworks board: failed: z (no port); b (pulled out)"
    ]  # fmt: skip
    assert told[2:] == ["headworks board: not touched after that: c"] * (len(done) == 2)
    with pytest.raises(type(error)):
        asyncio.run(each(["b"], job))


def test_an_update_refuses_another_board_of_the_station_at_its_prompt():
    """It says no uid there and does not introduce itself; its name is in its configuration."""
    boards = [
        {"name": name, "model": f"pico-{name}", "address": 0, "uid": ""}
        for name in ("air", "safety")
    ]
    target = target_of(boards[0], boards, "/dev/null")
    assert target.others == {"safety"}
    with pytest.raises(
        FlashError, match=r"the board there is safety, not air; .* stop the station"
    ):
        work._check_name(target, target.find(), "safety")
    work._check_name(target, target.find(), "air")


def test_a_board_of_the_running_station_is_updated_and_not_flashed(folder, capsys):
    """Its port is taken, and the command that works is named, before a board is touched."""
    (folder / "port").touch()
    boards = [{"name": "air", "port": str(folder / "port")}]
    words = ("--name", "air", "--model", "pico-air", "--port", str(folder / "port"))
    with station(folder / "station.sock", [], boards=boards):
        code = main(["board", "flash", *words])
    assert code == 1
    assert capsys.readouterr().err == (
        "headworks board: air: the running station uses its port; what works beside it is: "
        "headworks board update air\n"
    )


def test_a_new_board_that_appears_elsewhere_is_named_with_its_number(folder, capsys, monkeypatch):
    """An empty board has no number that a site file could have had; what to write is on screen."""
    monkeypatch.setattr(list_ports, "comports", lambda: PORTS)
    monkeypatch.setattr(board_image, "_APPEARS_S", 0.0)
    (folder / "x.uf2").write_bytes(blocks(RP2040))
    where = ("--port", "/dev/nope", "--volume", str(volume(folder, "RPI-RP2")))
    code = main(["board", "flash", "--name", "x", "--model", "pico-air", "--uf2", "x.uf2", *where])
    assert code == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "there is: /dev/ttyACM0 (usb:E661410). If that is it, add --port" in said
