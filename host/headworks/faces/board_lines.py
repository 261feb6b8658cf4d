"""How the sensor boards do, as plain lines. A client of the socket's JSON; decides nothing."""

import re
from collections.abc import Iterator

from headworks.faces.lines import State, plain
from headworks.faces.words import duration

_LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{4,}(?:e-?\d+)?(?![\w.])")
_BYTES = re.compile(r"(?<![\w.])(\d{4,}) bytes\b")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STILL = ("runs", "stale")  # states in which there are values


def boards_word(state: State) -> str:
    """All boards in one line; empty where a site has none."""
    boards = state.get("boards", ())
    names = ", ".join(f"{plain(b['name'])} {plain(b['state'])}" for b in boards)
    return f"boards: {names}" if names else ""


def board_lines(state: State) -> Iterator[str]:
    """A line for each board: what it sees, or why that is not known."""
    for board in state.get("boards", ()):
        yield f"board {plain(board['name'])} {plain(board['state'])}{_more(board)}"


def _more(board: State) -> str:
    if board["state"] not in _STILL:
        return f": {plain(board['cause'])}"
    ago = f", heard {duration(board['age_s'])} ago" if board["age_s"] is not None else ""
    seen = ", ".join(_channel(name, one) for name, one in board["channels"].items())
    return f"{ago}: {seen}"


def _channel(name: str, one: State) -> str:
    value = one["value"]
    if value is None:
        return f"{plain(name)} ? ({plain(one['cause'] or one['quality'])})"
    if isinstance(value, bool):
        return f"{plain(name)} {'on' if value else 'off'}"
    return f"{plain(name)} {value:.1f}"


def link_lines(board: State) -> Iterator[str]:
    """What the station has counted of a board's link, since its start."""
    counts = board["counters"]
    yield "since the station's start, on the link to this board:"
    yield f"CRC errors {counts['crc_errors']}"
    yield f"gaps {counts['lost_frames']} frames"
    yield f"retries {counts['retries']}"
    yield f"reconnects {max(counts['reconnects'] - 1, 0)}"  # the first opening is none
    yield f"restarts nobody asked for {counts['restarts']}"


def heard_lines(board: State) -> Iterator[str]:
    """What the station has heard of a board beside its frames: boot noise, tracebacks, its log."""
    said = board.get("console") or ()
    if said:
        yield "what the station has heard beside its frames, the latest last:"
        yield from (f"  {plain(line)}" for line in said)


def readable(text: str) -> str:
    """A line of a board for people: numbers without the noise of floats, sizes in kB or MB."""
    text = _LONG_NUMBER.sub(lambda found: _short(float(found.group())), text)
    return _BYTES.sub(lambda found: size(int(found.group(1))), text)


def _short(value: float) -> str:
    return f"{round(value, 2)}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def size(count: int) -> str:
    """Bytes as 512 bytes, 21.1 kB, 1.4 MB or 244 GB."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000.0, unit + 1
    return (
        f"{value:.0f} {_UNITS[unit]}"
        if unit == 0 or value >= 99.95
        else f"{value:.1f} {_UNITS[unit]}"
    )
