"""Asks a running simulator one thing over its command socket and waits for the answer."""

import json
import socket
from pathlib import Path
from typing import Any

_ANSWER_S = 5.0


class SimError(Exception):
    """The simulator is not running, or refuses; the text says what to do."""


def ask(path: Path, op: str, **more: Any) -> dict[str, Any]:
    """The reply to one request. Raises SimError."""
    try:
        line = _exchange(path, json.dumps({"op": op, **more}).encode() + b"\n")
    except OSError as error:
        raise SimError(
            f"no simulator at {path}: {error.strerror or error}; "
            "start `headworks sim serve --site SITE`"
        ) from error
    try:
        reply: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError as error:
        raise SimError(f"{path}: the answer is not JSON; is this a simulator?") from error
    if not reply.get("ok"):
        raise SimError(str(reply.get("error")))
    return reply


def _exchange(path: Path, line: bytes) -> bytes:
    """One line there, one line back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plug:
        plug.settimeout(_ANSWER_S)
        plug.connect(str(path))
        plug.sendall(line)
        return plug.makefile("rb").readline()
