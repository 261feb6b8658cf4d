"""Image files that people name: read whole, and only what is a file."""

import stat
from pathlib import Path

from headworks.flash.errors import FlashError


def read_file(path: Path, most_bytes: int) -> bytes:
    """The bytes of a file. Raises FlashError, for a pipe or a device too: those never end."""
    try:
        there = path.stat()
        if not stat.S_ISREG(there.st_mode):
            raise FlashError(f"{path}: no file; name the image itself")
        if there.st_size > most_bytes:
            raise FlashError(
                f"{path}: larger than {most_bytes >> 20} MB; this is no image for a board"
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FlashError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
