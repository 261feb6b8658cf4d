"""Reads from a site's topology what is wired to what: meters to points, outlets to contactors.

The base load and the generation sit at the point of connection: where the export signal's meter
is, else at the first feeder without a parent. Makes no plant run; `plant.plant` does.
"""

from collections.abc import Iterable
from typing import NamedTuple

from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    RackKind,
    RackSpec,
    Site,
)
from headworks.sim.plant.plant import PlantSettings, Point
from headworks.sim.plant.rack import RackSettings
from headworks.sim.plant.weather import Day, DayClock


class Wiring(NamedTuple):
    """What outlets and inputs are joined to, by "switch.channel" name.

    outlets → rack indexes. feedback: input → (rack index, active when closed). contacts:
    input → contact signal's name. permissives: rack index → (board, output) of every relay in
    that rack's supply; empty where the site has none.
    """

    outlets: dict[str, tuple[int, ...]]
    feedback: dict[str, tuple[int, bool]]
    contacts: dict[str, str]
    deadman: str | None
    upstream_trip: str | None
    permissives: tuple[tuple[tuple[str, str], ...], ...] = ()


class Sizes(NamedTuple):
    """How big the plant is, in kW."""

    rating_kw: float
    peak_load_kw: float
    pv_kw: float


def wiring(site: Site) -> Wiring:
    """Outlets and inputs of a site."""
    outlets: dict[str, tuple[int, ...]] = {}
    feedback: dict[str, tuple[int, bool]] = {}
    for index, rack in enumerate(site.racks):
        outlets[rack.switch] = (*outlets.get(rack.switch, ()), index)
        if rack.feedback:
            feedback[rack.feedback] = (index, rack.feedback_closed)
    contacts = {s.input: s.name for s in site.signals if isinstance(s, ContactSignal)}
    return Wiring(outlets, feedback, contacts, site.deadman, site.upstream_trip, _permissives(site))


def _permissives(site: Site) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The permissive relays in each rack's supply, in the order of the racks."""
    relays = [(b.name, b.permissive, b.zone) for b in site.boards if b.permissive]
    if not relays:
        return ()
    return tuple(
        tuple((board, output) for board, output, zone in relays if rack.name in zone)
        for rack in site.racks
    )


def points(site: Site) -> tuple[Point, ...]:
    """What each meter of the site measures, in the site's order."""
    return tuple(_point(site, meter.name) for meter in site.meters)


def _point(site: Site, meter: str) -> Point:
    """One meter's point: point of connection, a feeder, racks, else point of connection."""
    everything = tuple(range(len(site.racks)))
    if meter in connection_meters(site):
        return Point(meter, True, everything)
    for feeder in site.feeders:
        if feeder.meter == meter:
            return Point(meter, False, _beneath(site, feeder.name))
    own = tuple(i for i, rack in enumerate(site.racks) if rack.meter == meter)
    return Point(meter, not own, own or everything)


def connection_meters(site: Site) -> tuple[str, ...]:
    """Meters at the point of connection."""
    at_export = tuple(s.meter for s in site.signals if isinstance(s, ExportSignal))
    if at_export:
        return at_export
    roots = (f.meter for f in site.feeders if f.parent is None and f.meter)
    return tuple(roots)[:1]


def _beneath(site: Site, feeder: str) -> tuple[int, ...]:
    """Racks on a feeder or on any feeder below it."""
    parents = {one.name: one.parent for one in site.feeders}
    return tuple(i for i, r in enumerate(site.racks) if feeder in _upwards(r.feeder, parents))


def _upwards(feeder: str | None, parents: dict[str, str | None]) -> Iterable[str]:
    """A feeder and all its parents."""
    while feeder is not None:
        yield feeder
        feeder = parents.get(feeder)


def sizes(site: Site, peak_load_kw: float | None, pv_kw: float | None) -> Sizes:
    """Sizes for a site: what was asked for, else 45 % and 90 % of its largest feeder; ours."""
    racks_kw = sum(rack.rated_kw for rack in site.racks)
    rating = max((f.rating_kw for f in site.feeders), default=2.0 * racks_kw)
    load = 0.45 * rating if peak_load_kw is None else peak_load_kw
    return Sizes(rating, load, 0.9 * rating if pv_kw is None else pv_kw)


def nominal_hz(site: Site) -> float:
    """50 Hz, or 60 Hz where a frequency signal trips above 55 Hz."""
    trips = (s.trip_hz for s in site.signals if isinstance(s, FrequencySignal))
    return 60.0 if any(trip > 55.0 for trip in trips) else 50.0


def plant_settings(
    site: Site, day: Day, clock: DayClock, size: Sizes, *, seed: int, ramp_s: float
) -> PlantSettings:
    """The plant of a site. `ramp_s` is the time from closing to full power of a miner."""
    racks = tuple(rack_settings(rack, i, ramp_s) for i, rack in enumerate(site.racks))
    return PlantSettings(
        racks, points(site), day, clock, size.pv_kw, size.rating_kw, nominal_hz(site), seed
    )


def rack_settings(rack: RackSpec, index: int, ramp_s: float) -> RackSettings:
    """A miner boots for a fifth of the ramp; a GPU rack idles higher and swings more; ours."""
    gpu = rack.kind is RackKind.GPU
    return RackSettings(
        rack.name,
        rack.rated_kw,
        standby_share=0.3 if gpu else 0.06,
        boot_s=0.2 * ramp_s,
        ramp_s=0.1 * ramp_s if gpu else 0.8 * ramp_s,
        swing=0.03 if gpu else 0.004,
        stream=100 + 4 * index,
    )
