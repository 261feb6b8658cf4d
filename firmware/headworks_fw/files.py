"""Small text files that are whole or absent: written beside, then renamed. Never raises OSError."""

import os


def read(path: str) -> str:
    """The file's text without spaces around it; empty where there is none that can be read."""
    try:
        with open(path) as file:
            return file.read().strip()
    except (OSError, UnicodeError):
        return ""


def write(path: str, text: str) -> bool:
    """Whether the file now holds the text."""
    try:
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)
    except OSError:
        return False
    return True


def remove(path: str) -> None:
    """The file is gone, or was not there."""
    try:
        os.remove(path)
    except OSError:
        return
