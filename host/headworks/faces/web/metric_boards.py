"""The sensor boards as metrics. A channel's unit is the ending of its name."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from prometheus_client.metrics_core import Metric

from headworks.faces.client import State
from headworks.faces.web.metric_rows import Row, counter, gauge, scaled

# ending of a channel's name → name, help, factor; the first that fits
_KINDS = (
    ("_humidity_percent", "humidity_ratio", "Relative humidity, 1 is 100 %.", 0.01),
    ("_percent", "channel_ratio", "A share of something, 1 is 100 %.", 0.01),
    ("_c", "temperature_celsius", "A temperature.", 1.0),
    ("_k", "temperature_difference_celsius", "A difference of two temperatures.", 1.0),
    ("_rpm", "fan_revolutions_per_minute", "Speed of a fan.", 1.0),
)
_COUNTS = {
    "crc_errors": "Lines of a board with a wrong checksum.",
    "lost_frames": "Lines of a board that are missing.",
    "retries": "Questions that were asked again.",
    "reconnects": "Openings of a board's port, the first among them.",
    "restarts": "Restarts that nobody asked for.",
}


def board_metrics(state: State) -> Iterator[Metric]:
    """Each board, its link and its channels; a channel that is not good is absent."""
    boards = state["boards"]
    yield gauge(
        "headworks_board_runs", "Whether a board runs and is heard.",
        *(({"board": one["name"]}, one["state"] == "runs") for one in boards),
    )  # fmt: skip
    yield gauge(
        "headworks_board_age_seconds", "How long ago a board was heard.",
        *(({"board": one["name"]}, one["age_s"]) for one in boards),
    )  # fmt: skip
    for key, about in _COUNTS.items():
        yield counter(
            f"headworks_board_{key}_total", about,
            *(({"board": one["name"]}, one["counters"].get(key)) for one in boards),
        )  # fmt: skip
    yield gauge(
        "headworks_board_contact", "A contact of a board, 1 is active.",
        *_channels(state, _is_contact),
    )  # fmt: skip
    for ending, kind, about, by in _KINDS:
        rows = _channels(state, partial(_measures, ending))
        scale = [(labels, scaled(value, by)) for labels, value in rows]
        yield gauge(f"headworks_board_{kind}", about, *scale)


def _is_contact(_: str, value: object) -> bool:
    return isinstance(value, bool)


def _measures(ending: str, name: str, value: object) -> bool:
    return _ending(name) == ending and not isinstance(value, bool)


def _ending(name: str) -> str:
    return next((one for one, *_ in _KINDS if name.endswith(one)), "")


def _channels(state: State, fits: Callable[[str, object], bool]) -> Iterator[Row]:
    for board in state["boards"]:
        for name, one in board["channels"].items():
            value = _good(one)
            if value is not None and fits(name, value):
                yield {"board": board["name"], "channel": name}, value


def _good(channel: Mapping[str, Any]) -> float | bool | None:
    value: float | bool | None = channel["value"] if channel["quality"] == "good" else None
    return value
