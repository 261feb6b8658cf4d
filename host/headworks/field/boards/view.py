"""How a board does, for the socket and for people. Named tuples; decides nothing."""

from enum import StrEnum
from typing import NamedTuple

STALE_S = 3.0  # without a sign of life; later it is lost


class BoardState(StrEnum):
    """Where a board stands. Only RUNS gives values, and STALE keeps them with their age."""

    RUNS = "runs"
    STALE = "stale"  # it runs, but its last sign of life is old; only a view says so
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
    went off by itself; `to_reset`: those of them that a person must reset.
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
    made: tuple[str, str] = ("", "")  # first digits of its manifest's SHA-256, CRC of its settings
    heard_s: float | None = None
    latches: tuple[tuple[str, str], ...] = ()
    console: tuple[str, ...] = ()  # its last lines of text
    counters: Counters = Counters()
    to_reset: tuple[str, ...] = ()

    def state_at(self, t_s: float) -> BoardState:
        """The state as people shall see it: a board that runs may have gone quiet."""
        quiet = self.heard_s is not None and t_s - self.heard_s >= STALE_S
        return BoardState.STALE if quiet and self.state is BoardState.RUNS else self.state
