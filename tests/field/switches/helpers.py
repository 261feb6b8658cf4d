"""What the tests of switches share: small sites, recording pins, waiting for a condition."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from gpiozero.pins.mock import MockFactory, MockPin

import waiting
from headworks.model.site import (
    Control,
    GpioSpec,
    RackKind,
    RackSpec,
    Site,
    SwitchSpec,
)

LOG: list[tuple[int, str, bool | None]] = []


class RecordingPin(MockPin):
    """A mock pin that keeps, for all pins in one list, each claim and each level written."""

    def output_with_state(self, state: bool) -> None:
        LOG.append((self._number, "claim", state))
        self._function = "output"
        self._state = state

    def _set_function(self, value: str) -> None:
        LOG.append((self._number, value, None))
        super()._set_function(value)

    def _set_state(self, value: bool) -> None:
        LOG.append((self._number, "write", bool(value)))
        super()._set_state(value)


def rack(name: str, switch: str, **other: object) -> RackSpec:
    """A rack with nothing special."""
    return RackSpec(name, RackKind.ASIC, 36.0, None, switch, **other)


def site(switches: Iterable[SwitchSpec], racks: Iterable[RackSpec], **other: object) -> Site:
    """A site of switches and racks on mock pins."""
    base = Site(
        name="test",
        timezone="UTC",
        scan_s=1.0,
        control=Control(),
        meters=(),
        feeders=(),
        signals=(),
        switches=tuple(switches),
        racks=tuple(racks),
        gpio=GpioSpec(factory="mock"),
    )
    return replace(base, **other)


def recording_factory(monkeypatch) -> MockFactory:
    """Make `factory = "mock"` give one factory of recording pins; the list starts empty."""
    factory = MockFactory(pin_class=RecordingPin)
    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", lambda: factory)
    LOG.clear()
    return factory


until = partial(waiting.until, within_s=5.0)
