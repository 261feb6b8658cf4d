"""Every board variant as a process: what boards/sensor says is what the firmware can run."""

import pytest

from firmware.process import Board, flash
from firmware.pythons import MICROPYTHON, ROOT
from headworks.hardware.sensor import config_bytes, load_sensor
from headworks_fw import wire

MODELS = sorted(file.stem for file in (ROOT / "boards/sensor").glob("*.toml"))
LEAST_HEAP = 10000  # bytes that must be left, with the console in use


@pytest.mark.needs("linux")
@pytest.mark.needs("program:micropython")
@pytest.mark.parametrize("model", MODELS)
def test_a_variant_runs_within_its_heap(model, tmp_path):
    """It starts, reports every channel or its fault, answers the console, and keeps memory free."""
    profile = load_sensor(model)
    address = 3 if profile.link == "rs485" else 0
    flash(tmp_path, MICROPYTHON, config_bytes(profile, "board", address).decode())
    board = Board(MICROPYTHON, tmp_path)
    board.start()
    try:
        if address:
            board.until(lambda: _asked(board, address) and board.frames("st"), "st")
            return
        board.frame("hello", st="run")
        assert board.do(1, "con", l="help") == ("ok", {"i": 1})
        assert board.do(2, "con", l="selftest") == ("ok", {"i": 2})
        board.until(lambda: set(profile.channels) <= _told(board), "every channel")
        board.until(lambda: len(board.frames("st")) >= 3, "st")
        assert board.frames("st")[-1]["hp"] > LEAST_HEAP
    finally:
        board.stop()


def _asked(board, address: int) -> bool:
    board.pour(wire.encode("poll", {}, address))
    board.look(0.02)
    return True


def _told(board) -> set[str]:
    told = {name for frame in board.frames("t") for name in (*frame["v"], *frame["f"])}
    return told | {name for frame in board.frames("st") for name in frame["o"]}
