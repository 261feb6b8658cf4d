"""UF2 files and their volumes, ESP32 images, labels: what is checked before anything is written."""

import errno
import os
import struct
import sys
import types

import pytest

from headworks.flash import esp32, label, uf2
from headworks.flash.errors import FlashError

RP2040, RP2350 = 0xE48BFF56, 0xE48BFF59


def blocks(family: int, count: int = 4, first: int = 0) -> bytes:
    """A UF2 file of so many blocks."""
    made = [
        struct.pack(
            "<8I476sI", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000 + 256 * n, 256, n, count,
            family, b"\0" * 476, 0x0AB16F30,
        )
        for n in range(first, count)
    ]  # fmt: skip
    return b"".join(made)


def file_of(folder, name: str, data: bytes):
    path = folder / name
    path.write_bytes(data)
    return path


def volume(folder, board: str):
    """What a Pico shows while BOOTSEL is held."""
    place = folder / board
    place.mkdir()
    (place / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v1.0\nModel: X\nBoard-ID: {board}\n")
    return place


def test_a_whole_image_is_taken_for_its_chip(tmp_path):
    """The family says which."""
    image = uf2.choose(file_of(tmp_path, "pico.uf2", blocks(RP2040)), ("rp2040", "rp2350"))
    assert uf2.chips()[image.family].model == "rp2040"
    assert image.blocks == 4


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no UF2 file"),
        (blocks(RP2040)[:700], "cut off"),
        (blocks(RP2040)[:1024], "its end is missing"),
        (blocks(RP2040, first=1), "block 0 is missing"),
        (b"\0" * 512 + blocks(RP2040), "block 0 is damaged"),
        (blocks(RP2040) + blocks(RP2350), "several chips"),
        (blocks(0x12345678), "is for family 0x12345678"),
    ],
)
def test_a_spoiled_image_is_refused_with_its_cause(tmp_path, data, says):
    """Every block is looked at before anything is copied."""
    with pytest.raises(FlashError, match=says):
        uf2.choose(file_of(tmp_path, "x.uf2", data), ("rp2040",))


def test_the_block_that_picotool_puts_beside_an_image_is_no_other_chip(tmp_path):
    """Images of the Pico 2 may begin with one of a family of its own."""
    data = blocks(0xE48BFF57, count=1) + blocks(RP2350)
    assert uf2.choose(file_of(tmp_path, "x.uf2", data), ("rp2350",)).family == RP2350


def test_from_a_folder_the_right_one_is_picked(tmp_path):
    """By what is in the files, whatever they are called."""
    file_of(tmp_path, "a.uf2", blocks(RP2350))
    right = file_of(tmp_path, "b.uf2", blocks(RP2040))
    assert uf2.choose(tmp_path, ("rp2040",)).path == right
    right.unlink()
    with pytest.raises(FlashError, match=r"no image for rp2040: a\.uf2 is for Raspberry Pi RP2350"):
        uf2.choose(tmp_path, ("rp2040",))


def test_an_image_is_copied_to_the_waiting_board_only_if_it_fits(tmp_path):
    """A wrong family would fail silently; it is refused before the copy."""
    pico, pico2 = volume(tmp_path, "RPI-RP2"), volume(tmp_path, "RP2350")
    image = uf2.choose(file_of(tmp_path, "x.uf2", blocks(RP2040)), ("rp2040",))
    with pytest.raises(FlashError, match=r"the board at .* is a rp2350; it would not start"):
        uf2.copy(image, pico2)
    uf2.copy(image, pico)
    assert (pico / "x.uf2").read_bytes() == blocks(RP2040)


def test_a_board_that_goes_with_the_last_block_has_taken_it(tmp_path, monkeypatch):
    """What is still listed there proves nothing; a full or read-only volume is an error."""
    pico = volume(tmp_path, "RPI-RP2")
    image = uf2.choose(file_of(tmp_path, "x.uf2", blocks(RP2040)), ("rp2040",))

    def fails(code):
        def fsync(_):
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(uf2.os, "fsync", fsync)

    fails(errno.EIO)
    uf2.copy(image, pico)
    fails(errno.ENOSPC)
    with pytest.raises(FlashError, match="No space left on device; try again"):
        uf2.copy(image, pico)


def test_a_volume_that_nobody_mounts_is_named(tmp_path):
    """By its label, so that a person at a machine without a desktop knows what to mount."""
    assert uf2.unmounted(tmp_path) == ""
    (tmp_path / "RP2350").touch()
    assert uf2.unmounted(tmp_path) == str(tmp_path / "RP2350")


def test_waiting_boards_are_found_where_they_are_mounted(tmp_path):
    """One or two folders deep, as desktops and servers mount them."""
    (tmp_path / "user").mkdir()
    one, two = volume(tmp_path, "RPI-RP2"), volume(tmp_path / "user", "RP2350")
    assert uf2.volumes([str(tmp_path)]) == [one, two]
    with pytest.raises(FlashError, match="no board waits there"):
        uf2.chip_of(tmp_path)


def test_esptool_is_asked_to_erase_and_to_write(tmp_path, monkeypatch):
    """In this order, for the right chip; its own failures become one line."""
    image, calls = file_of(tmp_path, "c3.bin", b"\xe9\x00"), []
    tool = types.SimpleNamespace(main=calls.append)
    monkeypatch.setitem(sys.modules, "esptool", tool)
    esp32.write_image("/dev/ttyX", "esp32c3", image)
    assert [words[-1] for words in calls] == ["erase-flash", str(image)]
    assert all(words[:4] == ["--chip", "esp32c3", "--port", "/dev/ttyX"] for words in calls)

    def fails(words):
        print("A fatal error occurred: Failed to connect")
        raise SystemExit(2)

    tool.main = fails
    with pytest.raises(FlashError, match=r"erase-flash failed: 2 A fatal error.*hold BOOT"):
        esp32.write_image("/dev/ttyX", "esp32c3", image)


def test_the_real_esptool_takes_these_words(tmp_path):
    """It gets as far as the port that is not there."""
    image = file_of(tmp_path, "c3.bin", b"\xe9\x00")
    with pytest.raises(FlashError, match=r"erase-flash failed: .*no-such-port"):
        esp32.write_image(str(tmp_path / "no-such-port"), "esp32c3", image)


def test_what_is_no_esp32_image_is_refused(tmp_path):
    """A UF2 file, or nothing."""
    with pytest.raises(FlashError, match="no image for an ESP32"):
        esp32.check_image(file_of(tmp_path, "x.uf2", blocks(RP2040)))
    with pytest.raises(FlashError, match="takes no image by esptool"):
        esp32.write_image("/dev/ttyX", "rp2040", file_of(tmp_path, "x.bin", b"\xe9"))


LABEL = label.Label("jamshoro-2", "air", "pico-air", "e6614103e7174c2f", "0.2.0", "d3341c65")


def test_a_label_is_text_and_a_code_that_says_the_same(tmp_path):
    """Three files, the same each time; the pictures are what they claim to be."""
    paths = label.write(LABEL, tmp_path / "labels")
    assert [path.name for path in paths] == ["board-air.txt", "board-air.svg", "board-air.png"]
    text = paths[0].read_text()
    for word in ("jamshoro-2", "air", "pico-air", "e6614103e7174c2f", "0.2.0", "d3341c65"):
        assert word in text
    assert paths[1].read_text().lstrip().startswith("<?xml")
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    before = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in label.write(LABEL, tmp_path / "labels")] == before


def test_a_label_that_cannot_be_written_is_one_line(tmp_path):
    """A folder that is a file."""
    with pytest.raises(FlashError, match="choose another --out"):
        label.write(LABEL, file_of(tmp_path, "x", b""))
