"""The channels of one board as observations: numbers, contacts, outputs, or unknown. Pure.

A contact that became active stays so until a scan has seen it, however short it was.
"""

import math
from collections.abc import Mapping
from typing import Any

from headworks.hardware.sensor import Channel, ChannelKind
from headworks.model.live import Observation, Quality
from headworks.model.text import clean

_FAULTS = {
    "ABSENT": Quality.NOT_AVAILABLE,
    "POR85": Quality.NOT_AVAILABLE,
    "RANGE": Quality.IMPLAUSIBLE,
    "STUCK": Quality.FROZEN,
    "STALE": Quality.SILENT,
}


class Readings:
    """`seen` holds every channel at all times; `changed` that a contact, output or quality did."""

    def __init__(self, board: str, channels: Mapping[str, Channel]) -> None:
        self._board = board
        self._channels = channels
        self._events: dict[str, int] = {}  # channel -> number of the event that keeps it active
        self.seen: dict[str, Observation] = {}
        self.changed = False
        self.refused = 0
        self.unknown(float("-inf"), Quality.NEVER, "nothing has been heard yet")

    def unknown(self, t_s: float, quality: Quality, cause: str) -> None:
        """Nothing is known of any channel any more."""
        self.seen = {
            f"{self._board}.{name}": Observation(t_s, quality, None, cause)
            for name in self._channels
        }
        self._events.clear()
        self.changed = True

    def take(self, t_s: float, values: Any, faults: Any) -> None:
        """A `t` frame's samples, taken at `t_s`."""
        for name, value in _items(values):
            channel = self._channels.get(name)
            if channel is None or channel.kind is ChannelKind.OUTPUT:
                self.refused += 1
            else:
                self._put(channel, t_s, *_judged(channel, value))
        for name, code in _items(faults):
            channel = self._channels.get(name)
            if channel is None:
                self.refused += 1
            else:
                text = clean(str(code))[:16]
                self._put(channel, t_s, _FAULTS.get(text, Quality.ERROR), None, text)

    def output(self, name: str, t_s: float, on: bool) -> None:
        """An output's state, as the board tells it."""
        channel = self._channels.get(name)
        if channel is not None and channel.kind is ChannelKind.OUTPUT:
            self._put(channel, t_s, Quality.GOOD, on)

    def event(self, name: str, number: int, t_s: float) -> bool:
        """A contact became active; whether that is a contact of this board."""
        channel = self._channels.get(name)
        if channel is None or channel.kind is not ChannelKind.CONTACT:
            self.refused += 1
            return False
        self._events[name] = number
        # A newer sample may have come first; a short alarm is seen all the same.
        newest_s = max(t_s, self.seen[f"{self._board}.{name}"].t_s)
        self._put(channel, newest_s, Quality.GOOD, True)
        return True

    def scanned(self, observations: Mapping[str, Observation]) -> list[int]:
        """The events that this scan has seen as active; they keep their contacts no longer."""
        told = []
        for name, number in list(self._events.items()):
            observation = observations.get(f"{self._board}.{name}")
            if observation is not None and observation.value is True:
                told.append(number)
                del self._events[name]
        return told

    def _put(
        self,
        channel: Channel,
        t_s: float,
        quality: Quality,
        value: float | bool | None,
        cause: str = "",
    ) -> None:
        key = f"{self._board}.{channel.name}"
        before = self.seen[key]
        if t_s < before.t_s:
            return  # an older sample has overtaken nothing
        if channel.name in self._events and quality is Quality.GOOD:
            value = True
        self.seen[key] = Observation(t_s, quality, value, cause)
        is_number = channel.kind is ChannelKind.NUMBER
        if quality is not before.quality or (not is_number and value != before.value):
            self.changed = True


def _items(found: Any) -> list[tuple[str, Any]]:
    return list(found.items()) if isinstance(found, dict) else []


def _judged(channel: Channel, value: Any) -> tuple[Quality, float | bool | None, str]:
    """Quality, value and cause of what a frame says of a channel."""
    if channel.kind is ChannelKind.CONTACT:
        is_bit = value in (0, 1) and isinstance(value, int)
        return (Quality.GOOD, bool(value), "") if is_bit else _nonsense(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        return _nonsense(value)
    if not channel.low <= value <= channel.high:
        return Quality.IMPLAUSIBLE, None, f"{value:g} is outside what {channel.name} can be"
    return Quality.GOOD, float(value), ""


def _nonsense(value: Any) -> tuple[Quality, None, str]:
    return Quality.IMPLAUSIBLE, None, f"no value: {str(value)[:20]!r}"
