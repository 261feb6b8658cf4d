"""UF2 files and their volumes, ESP32 images, labels: what is checked before anything is written."""

import errno
import hashlib
import os
import struct
from pathlib import Path

import esptool
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.flash import esp32, label, uf2
from headworks.flash.errors import FlashError
from headworks.flash.uf2_blocks import family_of

RP2040, RP2350, ABSOLUTE = 0xE48BFF56, 0xE48BFF59, 0xE48BFF57


def esp32_part(chip: int) -> bytes:
    """A program of one empty segment, with its checksum and sha256, as ESP-IDF makes it."""
    head = struct.pack("<BBBBI", 0xE9, 1, 0, 0, 0) + struct.pack("<B3xH9xB", 0xEE, chip, 1)
    body = head + struct.pack("<II", 0x3C000000, 4) + bytes(4)
    body += bytes(15 - len(body) % 16) + b"\xef"
    return body + hashlib.sha256(body).digest()


def esp32_image(chip: int = 5, *, app: bytes | None = None) -> bytes:
    """A loader, the table of partitions and a program, as MicroPython gives them in one file."""
    table = struct.pack("<HBBII16sI", 0x50AA, 1, 2, 0x9000, 0x6000, b"nvs", 0)
    table += struct.pack("<HBBII16sI", 0x50AA, 0, 0, 0x10000, 0x1F0000, b"factory", 0)
    data = esp32_part(chip).ljust(0x8000, b"\xff") + table
    return data.ljust(0x10000, b"\xff") + (esp32_part(chip) if app is None else app)


def blocks(
    family: int, count: int = 4, first: int = 0, at: int = 0x10000000, step: int = 256
) -> bytes:
    """A UF2 file of so many blocks, from this address on."""
    made = [
        struct.pack(
            "<8I476sI", 0x0A324655, 0x9E5D5157, 0x2000, at + step * n, 256, n, count,
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


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (blocks(RP2040, at=0x20000000), "block 0 goes to 0x20000000, .*lost with the power"),
        (blocks(RP2040, at=0x101FFE00), "block 2 goes to 0x10200000, .* to 0x101fffff"),
        (blocks(RP2040, at=0xFFFFFE00, step=0), "block 0 goes to 0xfffffe00"),
        (blocks(RP2040, at=0), "block 0 goes to 0x0, "),
        (blocks(RP2040, step=0), "block 1 goes to 0x10000000, where block 0 went already"),
        (blocks(RP2040, step=128), "block 1 goes to 0x10000080 with 256 bytes, .* whole pages"),
        (blocks(RP2040) + blocks(RP2040), "block 4 goes to .*, where block 0 went already"),
        (blocks(ABSOLUTE, count=1) + blocks(RP2040), "block 1 goes to .* block 0 went already"),
    ],
)
def test_a_block_that_cannot_lie_there_is_refused(tmp_path, data, says):
    """Beyond the flash, across a page, or where another block went: place, cause and a way out."""
    path = file_of(tmp_path, "x.uf2", data)
    with pytest.raises(FlashError, match=f"{path}: {says}.*se the "):
        uf2.choose(path, ("rp2040",))


@given(
    at=st.integers(0, 2**32 - 1),
    places=st.lists(st.integers(-2, 8200), min_size=1, max_size=6),
    family=st.sampled_from([RP2040, RP2350, ABSOLUTE]),
)
def test_what_is_taken_lies_in_the_flash_and_nothing_twice(at, places, family):
    """Whatever the addresses of a file are."""
    made = []
    for n, place in enumerate(places):
        where = (at if place < 0 else 0x10000000 + 256 * place) % 2**32
        made.append(struct.pack(
            "<8I476sI", 0x0A324655, 0x9E5D5157, 0x2000, where, 256, n, len(places), family,
            b"\0" * 476, 0x0AB16F30,
        ))  # fmt: skip
    chips = uf2.chips()
    try:
        found, count = family_of(Path("x"), b"".join(made), chips)
    except FlashError:
        return
    wheres = {struct.unpack_from("<I", block, 12)[0] for block in made}
    chip = chips[found]
    assert count == len(wheres)
    assert all(0x10000000 <= at < 0x10000000 + chip.flash_bytes for at in wheres)


@pytest.mark.needs("linux")
def test_a_pipe_is_no_image(tmp_path):
    """It would be waited for without end; nor is a folder, nor a name that no file can have."""
    os.mkfifo(tmp_path / "x.uf2")
    with pytest.raises(FlashError, match=r"x\.uf2: no file; name the image itself"):
        uf2.choose(tmp_path / "x.uf2", ("rp2040",))
    with pytest.raises(FlashError, match="no file; name the image itself"):
        esp32.check_image(tmp_path, "esp32c3")
    with pytest.raises(FlashError, match="null"):
        esp32.check_image(Path("a\0b"), "esp32c3")


def test_the_block_that_picotool_puts_beside_an_image_is_no_other_chip(tmp_path):
    """Images of the Pico 2 may begin with one of a family of its own."""
    data = blocks(ABSOLUTE, count=1, at=0x10FFFF00) + blocks(RP2350)
    assert uf2.choose(file_of(tmp_path, "x.uf2", data), ("rp2350",)).family == RP2350


def test_from_a_folder_the_right_one_is_picked(tmp_path):
    """By what is in the files, whatever they are called."""
    file_of(tmp_path, "a.uf2", blocks(RP2350))
    right = file_of(tmp_path, "b.uf2", blocks(RP2040))
    assert uf2.choose(tmp_path, ("rp2040",)).path == right
    file_of(tmp_path, "c.uf2", b"cut off")
    assert uf2.choose(tmp_path, ("rp2040",)).path == right
    (tmp_path / "c.uf2").unlink()
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
    image, calls = file_of(tmp_path, "c3.bin", esp32_image()), []
    monkeypatch.setattr(esptool, "main", calls.append)
    esp32.write_image("/dev/ttyX", "esp32c3", image)
    assert [words[-1] for words in calls] == ["erase-flash", str(image)]
    assert all(words[:4] == ["--chip", "esp32c3", "--port", "/dev/ttyX"] for words in calls)

    def fails(words):
        print("A fatal error occurred: Failed to connect")
        raise SystemExit(2)

    monkeypatch.setattr(esptool, "main", fails)
    with pytest.raises(FlashError, match=r"erase-flash failed: 2 A fatal error.*hold BOOT"):
        esp32.write_image("/dev/ttyX", "esp32c3", image)


def test_the_real_esptool_takes_these_words(tmp_path):
    """It gets as far as the port that is not there."""
    image = file_of(tmp_path, "c3.bin", esp32_image())
    with pytest.raises(FlashError, match=r"erase-flash failed: .*no-such-port"):
        esp32.write_image(str(tmp_path / "no-such-port"), "esp32c3", image)


def test_what_is_no_esp32_image_is_refused(tmp_path):
    """A UF2 file, or nothing."""
    with pytest.raises(FlashError, match="no image for an ESP32"):
        esp32.check_image(file_of(tmp_path, "x.uf2", blocks(RP2040)), "esp32c3")
    with pytest.raises(FlashError, match="takes no --image; use --uf2"):
        esp32.write_image("/dev/ttyX", "rp2040", file_of(tmp_path, "x.bin", b"\xe9"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (esp32_image(9), "is for esp32s3, and the board that is meant has an esp32c3"),
        (esp32_image(0), "is for a chip with the number 0"),
        (esp32_part(5), "no table of partitions at 0x8000"),
        (esp32_image()[:0x8010], "no table of partitions"),
        (esp32_image()[:0x10000], "its part at 0x10000 is damaged or cut off"),
        (esp32_image(app=esp32_part(5)[:-1]), "its part at 0x10000 is damaged or cut off"),
        (esp32_image(app=esp32_part(5)[:-40] + bytes(40)), "its part at 0x10000 is damaged"),
        (esp32_image().ljust((4 << 20) + 1), "larger than 4 MB"),
        (b"\xe9", "is for a chip with the number 0"),
        (b"", "no image for an ESP32"),
    ],
)
def test_an_esp32_image_is_whole_and_for_the_chip(tmp_path, data, says):
    """As a board is erased before it is written, its image is looked at before that."""
    esp32.check_image(file_of(tmp_path, "good.bin", esp32_image()), "esp32c3")
    with pytest.raises(FlashError, match=f"x.bin: .*{says}"):
        esp32.check_image(file_of(tmp_path, "x.bin", data), "esp32c3")


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
