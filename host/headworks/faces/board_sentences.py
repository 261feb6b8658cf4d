"""The sentences of what happens to sensor boards, as those of `sentences`. Data only."""

from collections.abc import Mapping

from headworks.model.plan import ReasonCode

BOARDS: Mapping[str, tuple[str, ...]] = {
    ReasonCode.BOARD_UNKNOWN: (
        "nothing is known from board {subject}: {cause}.",
        "nothing is known from this board.",
    ),
    ReasonCode.CHANNEL_UNKNOWN: (
        "no value from time to time, last: {fault}; this ends once it has kept well for {watch_s}.",
        "no value: {fault}.",
        "gives no value.",
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
    ReasonCode.BOARD_TWO: (
        "two answer in turn as board {subject}: {one}; and {other}. Take the wrong one away.",
        "two boards answer in turn where one is meant.",
    ),
    ReasonCode.BOARD_LATCH: (
        "board {subject} opened {output} by itself because of {why}.",
        "the board opened an output by itself.",
    ),
}

# a board's state, of which nothing is known then -> what it does, after its name
FARES: Mapping[str, str] = {
    "no-port": "is not there",
    "no-answer": "does not answer",
    "lost": "is not heard",
    "protocol": "speaks another protocol",
    "other-board": "is not the one at its port",
    "other-config": "has another configuration than the site file",
    "safe-mode": "cannot start its firmware",
    "quarantined": "restarts again and again and is not listened to",
    "lent": "is being flashed",
}

# what a board says of a sensor without a value -> in plain words, and where to look first
FAULTS: Mapping[str, str] = {
    "ABSENT": "the sensor does not answer (ABSENT); check its plug, cable, address and supply",
    "CRC": "the sensor answers damaged (CRC); check cable, shield and pull-up",
    "RANGE": "no place has this value (RANGE); look for a short circuit or a missing supply",
    "POR85": "the sensor has not measured since its power came (POR85); check its supply",
    "STUCK": "the same value for too long (STUCK); replace the sensor",
    "STALE": "no sample for three periods (STALE); see: headworks board selftest",
}
