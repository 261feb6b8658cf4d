"""The line format between host and board, the same file on both ends. See firmware/LINK.md.

A frame is `\\n~KIND {json}*crc32hex\\n`, or `\\n~KIND@ADDRESS …` on a shared line; at most
LONGEST bytes of printable ASCII. Everything else on the wire is console text. Knows no
message by its meaning and does no input or output.
"""

import binascii
import json

PROTOCOL = "1.1"  # another major number is refused
LONGEST = 256  # bytes of a frame with both line ends; a longer line is never a frame
_MARK = 0x7E  # "~"
_ENDS = b"\r\n"


class WireError(Exception):
    """Something does not fit into a frame; the text says what."""


class Frame:
    """A message: its kind, the address on a shared line (0 = none), and its fields."""

    def __init__(self, kind: str, address: int, fields: "dict[str, object]") -> None:
        self.kind = kind
        self.address = address
        self.fields = fields


class Text:
    """A line of console text, without control characters. `cut`: it was longer."""

    def __init__(self, text: str, cut: bool = False) -> None:
        self.text = text
        self.cut = cut


class Bad:
    """A line that began like a frame and is none. `cause`: crc, form or long."""

    def __init__(self, cause: str) -> None:
        self.cause = cause


def encode(kind: str, fields: "dict[str, object]", address: int = 0) -> bytes:
    """A frame as bytes. Raises WireError where it is too long or not plain ASCII."""
    head = "%s@%d" % (kind, address) if address else kind
    body = (head + " " + json.dumps(fields, separators=(",", ":"))).encode()
    for byte in body:
        if not 32 <= byte < 127:
            raise WireError("a frame holds printable ASCII only")
    if len(body) + 12 > LONGEST:
        raise WireError("%s: %d bytes, %d at most" % (kind, len(body) + 12, LONGEST))
    return b"\n~%s*%08x\n" % (body, binascii.crc32(body))


def decode(line: bytes) -> "Frame | Bad":
    """A line that begins with the mark, without line ends, as Frame or Bad."""
    if len(line) + 2 > LONGEST:
        return Bad("long")
    body = line[1:-9]
    if len(line) < 13 or line[-9:-8] != b"*" or line[-8:] != b"%08x" % binascii.crc32(body):
        return Bad("crc")
    try:
        head, _, payload = body.decode().partition(" ")
        kind, at, address = head.partition("@")
        fields = json.loads(payload)
        number = int(address) if at else 0
    except (ValueError, UnicodeError):
        return Bad("form")
    if not kind or not isinstance(fields, dict):
        return Bad("form")
    return Frame(kind, number, fields)


class Reader:
    """Turns bytes as they come into Frames, Texts and Bads. Holds at most LONGEST bytes."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> "list[Frame | Text | Bad]":
        """What these bytes complete, in order."""
        found: list[Frame | Text | Bad] = []
        for byte in data:
            if byte in _ENDS:
                item = self._end()
                if item is not None:
                    found.append(item)
            elif len(self._line) < LONGEST:
                self._line.append(byte)
            else:
                self._cut = True
        return found

    def is_text(self) -> bool:
        """Whether the line under way, if any, is console text."""
        return not self._line or self._line[0] != _MARK

    def _end(self) -> "Frame | Text | Bad | None":
        line, cut = bytes(self._line), self._cut
        self._line, self._cut = bytearray(), False
        if not line:
            return None
        if line[0] == _MARK:
            return Bad("long") if cut else decode(line)
        return Text(printable(line), cut)


def printable(line: bytes) -> str:
    """Bytes as text, with a question mark for everything that is no printable ASCII."""
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in line)
