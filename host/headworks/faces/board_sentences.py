"""The sentences of what happens to sensor boards, as those of `sentences`. Data only."""

from collections.abc import Mapping

from headworks.model.plan import ReasonCode

BOARDS: Mapping[str, tuple[str, ...]] = {
    ReasonCode.BOARD_UNKNOWN: (
        "nothing is known from board {subject}: {cause}.",
        "nothing is known from this board.",
    ),
    ReasonCode.BOARD_RESTARTED: (
        "board {subject} restarted by itself; it says: {why}.",
        "the board restarted by itself.",
    ),
    ReasonCode.BOARD_QUARANTINED: (
        "board {subject} is not listened to any more: it restarted {restarts} times by itself, "
        "last because of {why}. Find the cause, then reset it.",
        "the board restarts again and again and is not listened to any more.",
    ),
    ReasonCode.BOARD_CRASHED: (
        "board {subject} crashed: {error}.",
        "the board crashed.",
    ),
    ReasonCode.BOARD_MOVED: (
        "board {subject} is back at {port}.",
        "the board is at another port.",
    ),
    ReasonCode.BOARD_LATCH: (
        "board {subject} opened {output} by itself because of {why}.",
        "the board opened an output by itself.",
    ),
}
