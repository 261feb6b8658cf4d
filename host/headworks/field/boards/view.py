"""How a board does, for the socket and for people. Named tuples; no behaviour."""

from enum import StrEnum
from typing import NamedTuple


class BoardState(StrEnum):
    """Where a board stands. Only RUNS gives values."""

    RUNS = "runs"
    NO_PORT = "no-port"  # its port is not there or cannot be opened
    NO_ANSWER = "no-answer"  # the port is open, and nobody has said hello yet
    LOST = "lost"  # it has been silent for too long
    PROTOCOL = "protocol"  # it speaks another major version
    OTHER_BOARD = "other-board"  # not the board that the site file means
    OTHER_CONFIG = "other-config"  # its configuration is not the one of the site file
    SAFE_MODE = "safe-mode"  # its firmware does not start
    QUARANTINED = "quarantined"  # it restarts again and again
    LENT = "lent"  # its port is given away, for flashing


class Counters(NamedTuple):
    """What a link has seen since the start of the station, and the board's own figures."""

    crc_errors: int = 0
    lost_frames: int = 0
    retries: int = 0
    reconnects: int = 0
    restarts: int = 0
    refused_values: int = 0
    heap_least_bytes: int | None = None
    gc_longest_ms: int | None = None
    loop_longest_ms: int | None = None
    board_refused_frames: int | None = None
    board_dropped_frames: int | None = None


class BoardView(NamedTuple):
    """One board. `cause` says in plain words why it does not run, and what to do.

    `heard_s` is when its last sign of life came, None before any. `latches`: output → why it
    went off by itself.
    """

    name: str
    model: str
    state: BoardState
    cause: str
    port: str
    zone: tuple[str, ...] = ()
    address: int = 0
    firmware: str = ""
    uid: str = ""
    reset_reason: str = ""
    heard_s: float | None = None
    latches: tuple[tuple[str, str], ...] = ()
    console: tuple[str, ...] = ()  # its last lines of text
    counters: Counters = Counters()
