"""The codec against garbage: it never raises, never grows, and never takes what was not sent."""

from headworks_fw import wire

COUNT = 100000  # inputs; --long runs a hundred times as many


class Dice:
    """The same numbers everywhere: a linear congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def below(self, most):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % most


PIECES = (
    b"~", b"\n", b"\r", b"*", b"~t ", b"~t@7 ", b"{}", b'{"a":1}', b"*00000000", b"@", b" ", b"{",
    b"\xff", b"\x00", b"\x1b[2J", b"~hello ", b'"', b"\\", b"[[[[[[[[", b"9" * 40, b"~" * 30, b"\x03",
)  # fmt: skip
WHOLE = wire.encode("t", {"q": 7, "m": 123456, "v": {"intake_c": 23.41, "smoke": 0}})


def spoilt(dice):
    """Pieces of frames in any order, or a whole frame with a few bytes changed, lost or doubled."""
    if dice.below(2):
        return b"".join([PIECES[dice.below(len(PIECES))] for _ in range(dice.below(8))])
    data = bytearray(WHOLE)
    for _ in range(1 + dice.below(3)):
        at = dice.below(len(data))
        kind = dice.below(3)
        if kind == 0:
            data[at] ^= 1 << dice.below(8)
        elif kind == 1:
            data = data[:at] + data[at + 1 :]
        else:
            data = data[:at] + data[at : at + 1] + data[at:]
    return bytes(data)


def fuzz(count, seed=1):
    """Feeds so many inputs to one reader; how many frames it took. Raises what it raises."""
    dice, reader, taken = Dice(seed), wire.Reader(), 0
    for _ in range(count):
        for item in reader.feed(spoilt(dice)):
            if isinstance(item, wire.Frame):
                taken += 1
                known = item.fields in ({}, {"a": 1}) or item.fields["q"] == 7
                assert known, item.fields
            elif isinstance(item, wire.Text):
                assert len(item.text) <= wire.LONGEST
                for letter in item.text:
                    assert 32 <= ord(letter) < 127
    return taken


def test_no_input_breaks_the_reader():
    """A hundred thousand inputs; afterwards a whole frame is read as ever."""
    fuzz(COUNT // 2)
    reader = wire.Reader()
    reader.feed(b"~ half a frame")
    items = reader.feed(WHOLE)
    assert [type(item).__name__ for item in items] == ["Bad", "Frame"]


def test_no_line_is_held_longer_than_a_frame():
    """A line without an end costs no more memory than the longest frame."""
    reader = wire.Reader()
    for _ in range(2000):
        assert reader.feed(b"x" * 100) == []
    (item,) = reader.feed(b"\n")
    assert item.cut
    assert len(item.text) <= wire.LONGEST


def test_whatever_is_encoded_is_read_back():
    """Numbers, texts and addresses, split anywhere."""
    dice = Dice(7)
    for _ in range(COUNT // 50):
        fields = {"q": dice.below(65536), "s": "x" * dice.below(60), "v": dice.below(1000) / 8}
        data = wire.encode("t", fields, dice.below(248))
        cut = dice.below(len(data))
        reader = wire.Reader()
        items = reader.feed(data[:cut]) + reader.feed(data[cut:])
        assert [item.fields for item in items] == [fields]
