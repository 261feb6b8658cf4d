"""What comes from a cable: any bytes become keys that can do no harm, in whatever pieces."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.faces.console.intake import LONGEST, SPOILED, Intake

_HARMLESS = re.compile(
    r"(?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff]|[\t\x08\x7f\x01-\x06\x0b\x0e\x10\x15\x17\r]"
    r"|\x1b[\[O][ABCDHF]|\x1b\[[134]~)*"
)
_PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"rack a1 auto", b"\r", b"\r\n", b"\n", b"\x1b[A", b"\x1b", b"[", b"\x03", b"\x00",
             b"\x1b]0;x\x07", b"\xff", "ش".encode(), b"\x1b[200~", b"\x9b2J", b"q" * 300]
        ),
    ),
    max_size=30,
)  # fmt: skip


@given(_PIECES)
def test_any_bytes_give_keys_that_can_do_no_harm(pieces: list[bytes]) -> None:
    """No control character but those for editing, no sequence but arrows."""
    intake = Intake()
    keys = "".join(intake.take(piece) for piece in pieces)
    assert _HARMLESS.fullmatch(keys)


def test_a_line_without_end_takes_no_room() -> None:
    """Of a megabyte without Enter no more than a line goes on."""
    assert len(Intake().take(b"x" * 1_000_000)) <= LONGEST


@given(_PIECES)
def test_pieces_make_no_difference(pieces: list[bytes]) -> None:
    """However a cable cuts it, the same keys come out."""
    whole, cut = Intake(), Intake()
    data = b"".join(pieces)
    expected = whole.take(data)
    assert "".join(cut.take(data[at : at + 1]) for at in range(len(data))) == expected


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"racks\r", "racks\r"), (b"racks\r\n", "racks\r"), (b"racks\n", "racks\r"),
        (b"ra\tcks\x7f\x08\r", "ra\tcks\x7f\x08\r"), (b"\x1b[A\x1bOB\r", "\x1b[A\x1bOB\r"),
        ("\u0634\r".encode(), "\u0634\r"), (b"a\x11b\x13\r", "ab\r"), (b"x\x00\x03y\r", "x\x03y\r"),
    ],
)  # fmt: skip
def test_what_a_person_types_comes_through(data: bytes, keys: str) -> None:
    """Characters of any language, Enter in its three kinds, editing keys and arrows."""
    assert Intake().take(data) == keys


@pytest.mark.parametrize(
    "damage",
    [
        b"\x00", b"\xff", b"\xc3(", b"\x1b]0;x\x07", b"\x1b[2J", b"\x1b[200~", b"\x1bZ", b"\x12",
        b"\x18\x05", b"\x1a", b"\x9b", b"q" * (LONGEST + 1), "\u202e".encode(), b"\x1b",
        SPOILED.encode(),
    ],
)  # fmt: skip
def test_a_line_with_damage_is_spoiled_as_a_whole(damage: bytes) -> None:
    """What came before and after it on that line is gone; the next line is good again."""
    keys = Intake().take(b"rack a1 auto" + damage + b"\rracks\r")
    assert keys.endswith(f"\x05\x15{SPOILED}\rracks\r")
