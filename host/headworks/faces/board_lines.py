"""How the sensor boards do, as plain lines. A client of the socket's JSON; decides nothing."""

from collections.abc import Iterator

from headworks.faces.lines import State, plain
from headworks.faces.words import duration

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
