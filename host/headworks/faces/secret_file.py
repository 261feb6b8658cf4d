"""Secrets in a file of their own: TOML that others may not read. No content is ever told."""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli

MOST_BYTES = 65_536


class SecretError(Exception):
    """The file cannot be used; the text names it, the cause and what to do."""


def read_secrets(path: Path, keys: Iterable[str]) -> Mapping[str, Any]:
    """The keys of the file, all of them known. Raises SecretError."""
    known = tuple(keys)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SecretError(f"{path}: no plain file; name the file of secrets itself")
            if found.st_mode & 0o007:
                raise SecretError(f"{path}: everybody may use it; run: chmod o= {path}")
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror}; write it, readable for this user") from error
    try:
        data = tomli.loads(content[:MOST_BYTES].decode())
    except ValueError:
        raise SecretError(f'{path}: not TOML; write lines such as {known[0]} = "…"') from None
    unknown = [key for key in data if key not in known]
    if unknown:
        raise SecretError(f"{path}: holds another key than {', '.join(known)}; remove it")
    return data


def text_of(data: Mapping[str, Any], key: str, path: Path) -> str:
    """A text of it; "" where it is not there. Raises SecretError."""
    value = data.get(key, "")
    if not isinstance(value, str) or not (value.isprintable() or not value):
        raise SecretError(f'{path}: {key} is no text; write {key} = "…"')
    return value
