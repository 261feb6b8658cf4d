"""Builds the boards of a site from their profiles; the one place that knows the families."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from headworks.field.switches.errors import SwitchError
from headworks.field.switches.family import Board
from headworks.hardware.files import HardwareError
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.model.site import ContactSignal, Site, SwitchSpec

if TYPE_CHECKING:
    from headworks.field.modbus.links import Links
    from headworks.field.switches.factory import Pins


class Built(NamedTuple):
    """Every switch of a site by name, not yet started, and how to let its pins go."""

    boards: dict[str, Board]
    close: Callable[[], None]


def build_boards(site: Site, links: "Links | None", on_change: Callable[[], None]) -> Built:
    """The switches of a site. Raises SwitchError."""
    profiles = {spec.name: _profile(spec) for spec in site.switches}
    coils = [spec for spec in site.switches if profiles[spec.name].needs_connect]
    lines = [spec for spec in site.switches if not profiles[spec.name].needs_connect]
    pins = _open_pins(site) if lines else None
    boards = {
        **(_coil_boards(coils, profiles, links, on_change) if coils else {}),
        **(_line_boards(lines, profiles, site, pins, on_change) if pins else {}),
    }
    in_order = {spec.name: boards[spec.name] for spec in site.switches}
    return Built(in_order, pins.close if pins else _nothing)


def _nothing() -> None:
    """A site without GPIO has no pins to let go."""


# Families are imported where they are wanted: a site without GPIO does not load gpiozero.


def _open_pins(site: Site) -> "Pins":
    from headworks.field.switches.factory import open_pins

    return open_pins(site.gpio)


def _coil_boards(
    specs: list[SwitchSpec],
    profiles: Mapping[str, SwitchProfile],
    links: "Links | None",
    on_change: Callable[[], None],
) -> dict[str, Board]:
    from headworks.field.modbus.links import Links
    from headworks.field.switches.coil import CoilBoard

    links = links or Links()
    return {spec.name: CoilBoard(spec, profiles[spec.name], links, on_change) for spec in specs}


def _line_boards(
    specs: list[SwitchSpec],
    profiles: Mapping[str, SwitchProfile],
    site: Site,
    pins: "Pins",
    on_change: Callable[[], None],
) -> dict[str, Board]:
    from headworks.field.switches.gpio import GpioBoard
    from headworks.field.switches.pulse import PulseBoard

    families = {"gpio": GpioBoard, "gpio-pulse": PulseBoard}
    boards: dict[str, Board] = {}
    for spec in specs:
        used = _used_inputs(site, spec.name)
        make = families[profiles[spec.name].family]
        boards[spec.name] = make(
            spec.name, profiles[spec.name], pins, on_change=on_change, hold_s=used
        )
    return boards


def _profile(spec: SwitchSpec) -> SwitchProfile:
    try:
        return load_switch(spec.model)
    except HardwareError as error:
        raise SwitchError(f"switch {spec.name}: {error}") from error


def _used_inputs(site: Site, switch: str) -> dict[str, float | None]:
    """Inputs of one switch that the site names, with the debounce time of a contact signal."""
    named: dict[str, float | None] = {}
    for source in (
        *(rack.feedback for rack in site.racks if rack.feedback),
        *(lock.when for lock in site.interlocks),
    ):
        named[source] = None
    for signal in site.signals:
        if isinstance(signal, ContactSignal):
            named[signal.input] = signal.debounce_s
    found = {}
    for source, hold_s in named.items():
        head, _, name = source.partition(".")
        if head == switch:
            found[name] = hold_s
    return found
