"""Frames are cut out of any stream of bytes, and nothing ever crashes or grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from headworks.field.modbus.wire import (
    MAX_ADU,
    FrameError,
    crc_ok,
    reply_sizes,
    request_sizes,
    rtu_frame,
    split_rtu,
    split_tcp,
    tcp_frame,
)

REPLY = bytes((3, 4, 0x12, 0x34, 0x56, 0x78))
FRAME = rtu_frame(1, REPLY)

pdus = st.integers(1, 40).map(lambda n: bytes((3, 2 * n)) + bytes(range(2 * n)))


def test_the_checksum_is_the_one_of_the_standard() -> None:
    """The frame of the standard's own example has its checksum."""
    assert rtu_frame(2, b"\x07") == bytes.fromhex("02074112")
    assert crc_ok(FRAME)
    assert FramerRTU.compute_CRC(FRAME[:-2]).to_bytes(2, "big") == FRAME[-2:]


@given(st.lists(pdus, min_size=1, max_size=4), st.integers(1, 30))
def test_joined_and_chopped_frames_are_all_found(replies: list[bytes], step: int) -> None:
    """However a stream is chopped, the same frames come out of it in order."""
    stream = b"".join(rtu_frame(7, reply) for reply in replies)
    rest, found = b"", []
    for at in range(0, len(stream), step):
        frames, rest, _ = split_rtu(rest + stream[at : at + step], reply_sizes)
        found += [frame.pdu for frame in frames]
    assert found == replies
    assert rest == b""


@given(st.binary(max_size=600), st.booleans())
def test_garbage_never_crashes_and_never_grows(garbage: bytes, final: bool) -> None:
    """Any bytes leave less than one frame behind, and nothing when the line was quiet."""
    for sizes in (reply_sizes, request_sizes):
        frames, rest, noise = split_rtu(garbage, sizes, final)
        assert len(rest) < MAX_ADU
        assert not (final and rest)
        assert noise + len(rest) + sum(len(f.pdu) + 3 for f in frames) == len(garbage)


@given(st.binary(max_size=60))
def test_a_frame_after_garbage_is_found_once_the_line_is_quiet(garbage: bytes) -> None:
    """Noise before a good frame costs the noise, not the frame."""
    frames, rest, _ = split_rtu(garbage + FRAME, reply_sizes, final=True)
    assert REPLY in [frame.pdu for frame in frames]
    assert rest == b""


@given(st.integers(0, len(FRAME) * 8 - 1))
def test_one_flipped_bit_is_always_noticed(bit: int) -> None:
    """A frame with one wrong bit never comes out."""
    spoilt = bytearray(FRAME)
    spoilt[bit // 8] ^= 1 << bit % 8
    frames, _, _ = split_rtu(bytes(spoilt), reply_sizes, final=True)
    assert frames == []


@given(st.lists(pdus, min_size=1, max_size=3), st.integers(1, 20))
def test_tcp_frames_are_found_however_chopped(replies: list[bytes], step: int) -> None:
    """Joined and partial TCP frames come out whole, with their transaction ids."""
    stream = b"".join(tcp_frame(n + 1, 9, reply) for n, reply in enumerate(replies))
    rest, found = b"", []
    for at in range(0, len(stream), step):
        frames, rest = split_tcp(rest + stream[at : at + step])
        found += frames
    assert [(f.tid, f.unit, f.pdu) for f in found] == [(n + 1, 9, r) for n, r in enumerate(replies)]


@pytest.mark.parametrize(
    "head", [b"\0\1\0\1\0\6\1\3", b"\0\1\0\0\0\0\1\3", b"\0\1\0\0\xff\xff\1\3"]
)
def test_a_stream_that_is_not_modbus_is_refused(head: bytes) -> None:
    """A wrong protocol id or an impossible length means that the stream is out of step."""
    with pytest.raises(FrameError):
        split_tcp(head)
