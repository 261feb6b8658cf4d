"""The form of a recording: a magic line, then one zlib stream of checked lines of JSON.

Each line is a CRC-32 in eight hexadecimal digits, a blank and JSON. The stream is flushed as it
grows, so a file that was cut anywhere gives all its lines up to there.
"""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from headworks.record.plain import to_plain

MAGIC = b"HEADWORKS-RECORDING 1\n"
END = {"end": True}  # the last line of a file that was closed in order
_encoded = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=to_plain).encode
_PIECE = 1 << 16
_MOST = 1 << 26  # bytes of one line; what is longer was not written by a recorder


class RecordingError(Exception):
    """A recording cannot be read; the text names the file, the row and what to do."""


def line(value: Any) -> bytes:
    """One line of a recording."""
    text = _encoded(value).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def lines(path: Path) -> Iterator[Any]:
    """Every whole line's value. A torn end ends it; damage raises RecordingError."""
    row = 0
    try:
        with path.open("rb") as file:
            begin = file.read(len(MAGIC))
            if begin != MAGIC:
                if MAGIC.startswith(begin):
                    return  # killed before its first flush
                raise RecordingError(f"{path} is no recording of Headworks; choose a .rec file")
            for text in _texts(file):
                row += 1
                yield _value(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise RecordingError(
            f"{path}, row {row}: damaged ({error}); the rows before are good, take the rest from "
            "a backup"
        ) from error
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error


def _texts(file: BinaryIO) -> Iterator[bytes]:
    unpacker, rest = zlib.decompressobj(), b""
    while piece := file.read(_PIECE):
        while piece:
            rest += unpacker.decompress(piece, _PIECE * 16)
            piece = unpacker.unconsumed_tail
            *whole, rest = rest.split(b"\n")
            yield from whole
            if len(rest) > _MOST:
                raise ValueError("a line without an end")


def _value(text: bytes) -> Any:
    check, blank, body = text.partition(b" ")
    if not blank or len(check) != 8 or int(check, 16) != zlib.crc32(body):
        raise ValueError("its check does not fit")
    return json.loads(body)
