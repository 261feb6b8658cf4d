"""What follows from a site alone, worked out once: positions for names, feeders with their racks.

Decides nothing and sees no sample. `compile_site` keeps the last few results, because a scan
must not pay for this again.
"""

from dataclasses import dataclass
from typing import NamedTuple

from headworks.control.sources import Source, sources_of
from headworks.model.site import (
    ContactSignal,
    Control,
    ExportSignal,
    FeederSpec,
    FrequencySignal,
    InterlockSpec,
    RackSpec,
    ScheduleSignal,
    SetpointSignal,
    Site,
    SwitchSpec,
)

FEEDBACK_POLLS = 4  # a switch's feedback older than this many polls is unknown
FEEDBACK_LEAST_S = 3.0  # but never less than the usual age of a sample
KEPT = 8
OUTSIDE = (SetpointSignal, ContactSignal, ScheduleSignal)  # signals that come as values


@dataclass(frozen=True, slots=True)
class Point:
    """A meter that racks show up in: its position, and the racks behind it."""

    meter: int
    racks: tuple[int, ...]
    lag_s: float  # the meter shows a change in full after this


@dataclass(frozen=True, slots=True)
class Feeder:
    """A feeder with its metering point (None = unmetered), children and racks."""

    spec: FeederSpec
    point: int | None
    children: tuple[int, ...]
    own: tuple[int, ...]  # racks directly at it
    racks: tuple[int, ...]  # racks at it and at all feeders below


class Watch(NamedTuple):
    """What can tell about a rack: its own meter, its auxiliary contact, its switch."""

    name: str
    meter: int | None
    has_aux: bool
    has_readback: bool
    max_age_s: float  # of the feedback
    travel_s: float  # a command or a report may be under way so long


@dataclass(frozen=True, slots=True)
class Guard:
    """An interlock with positions for names. `meter` is None where it watches an observation."""

    spec: InterlockSpec
    racks: frozenset[int]
    meter: str | None
    channel: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A site ready for scans. Scope 0 stands for all racks, scope f + 1 for feeder f."""

    control: Control
    scan_s: float
    racks: tuple[RackSpec, ...]
    rack_index: dict[str, int]
    meters: tuple[tuple[str, float], ...]  # name, max_age_s
    watches: tuple[Watch, ...]  # by rack
    points: tuple[Point, ...]
    witness: tuple[int | None, ...]  # the metering point that shows a rack's step best
    feeders: tuple[Feeder, ...]
    inner_first: tuple[int, ...]  # feeders, the innermost first
    scope_racks: tuple[tuple[int, ...], ...]
    scope_meters: tuple[tuple[int, ...], ...]  # meters that measure a scope's limit
    rack_scopes: tuple[tuple[int, ...], ...]
    rack_meters: tuple[tuple[int, ...], ...]  # meters that a rack's start depends on
    exports: tuple[tuple[ExportSignal, int], ...]  # signal, metering point
    signals: tuple[SetpointSignal | ContactSignal | ScheduleSignal, ...]
    frequencies: tuple[tuple[FrequencySignal, int], ...]  # signal, meter
    guards: tuple[Guard, ...]
    interlock_index: dict[str, int]
    sources: tuple[Source, ...]
    patience_s: float  # of the most patient source, feedback among them
    upstream: bool  # a welded contactor opens the breaker above all racks
    rated_kw: float
    least_kw: float  # the smallest rack


_kept: dict[int, tuple[Site, Compiled]] = {}


def compile_site(site: Site) -> Compiled:
    """The compiled form of a site, made once for each Site object."""
    entry = _kept.get(id(site))
    if entry is None or entry[0] is not site:
        if len(_kept) >= KEPT:
            _kept.clear()
        # The site is kept beside its result, so that its id is not given to another object.
        entry = _kept[id(site)] = (site, _compile(site))
    return entry[1]


def _compile(site: Site) -> Compiled:
    meters = {spec.name: k for k, spec in enumerate(site.meters)}
    below = _racks_below(site)
    points = _points(site, meters, below)
    point_of = {point.meter: k for k, point in enumerate(points)}
    feeders = tuple(_feeder(site, f, below, meters, point_of) for f in range(len(site.feeders)))
    hertz = [s for s in site.signals if isinstance(s, FrequencySignal)]
    exports = tuple((s, meters[s.meter]) for s in site.signals if isinstance(s, ExportSignal))
    frequencies = tuple((s, meters[s.meter]) for s in hertz)
    common = [m for _, m in exports] + [m for _, m in frequencies]
    inner_first = _inner_first(feeders)
    everywhere = tuple(range(len(site.racks)))
    watches = tuple(_watch(site, rack, meters) for rack in site.racks)
    sources = tuple(sources_of(site))
    return Compiled(
        control=site.control,
        scan_s=site.scan_s,
        racks=site.racks,
        rack_index={spec.name: i for i, spec in enumerate(site.racks)},
        meters=tuple((spec.name, spec.max_age_s) for spec in site.meters),
        watches=watches,
        points=points,
        witness=tuple(_witness(i, feeders, inner_first, exports, point_of) for i in everywhere),
        feeders=feeders,
        inner_first=inner_first,
        scope_racks=(everywhere, *(feeder.racks for feeder in feeders)),
        scope_meters=_scope_meters(feeders, points, exports),
        rack_scopes=tuple(_rack_scopes(i, feeders) for i in everywhere),
        rack_meters=tuple(_start_meters(i, feeders, points, common) for i in everywhere),
        exports=tuple((spec, point_of[m]) for spec, m in exports),
        signals=tuple(s for s in site.signals if isinstance(s, OUTSIDE)),
        frequencies=frequencies,
        guards=tuple(_guard(site, spec, meters) for spec in site.interlocks),
        interlock_index={spec.name: k for k, spec in enumerate(site.interlocks)},
        sources=sources,
        patience_s=_patience_s(sources, watches),
        upstream=site.upstream_trip is not None,
        rated_kw=sum(spec.rated_kw for spec in site.racks),
        least_kw=min((spec.rated_kw for spec in site.racks), default=0.0),
    )


def _patience_s(sources: tuple[Source, ...], watches: tuple[Watch, ...]) -> float:
    return max((*(s.patience_s for s in sources), *(w.max_age_s for w in watches)), default=0.0)


def _racks_below(site: Site) -> list[tuple[int, ...]]:
    """For each feeder, the racks at it and at all feeders below it."""
    parents = {spec.name: spec.parent for spec in site.feeders}
    found: dict[str, list[int]] = {name: [] for name in parents}
    for i, rack in enumerate(site.racks):
        name = rack.feeder
        while name is not None and i not in found[name]:
            found[name].append(i)
            name = parents[name]
    return [tuple(found[spec.name]) for spec in site.feeders]


def _points(site: Site, meters: dict[str, int], below: list[tuple[int, ...]]) -> tuple[Point, ...]:
    """One for each meter of a feeder or export signal; a meter of no feeder sees all racks."""
    seen: dict[int, set[int]] = {}
    for spec, racks in zip(site.feeders, below, strict=True):
        if spec.meter is not None:
            seen.setdefault(meters[spec.meter], set()).update(racks)
    for signal in site.signals:
        if isinstance(signal, ExportSignal):
            seen.setdefault(meters[signal.meter], set(range(len(site.racks))))
    return tuple(
        Point(meter, tuple(sorted(racks)), site.meters[meter].lag_s)
        for meter, racks in seen.items()
    )


def _feeder(
    site: Site,
    f: int,
    below: list[tuple[int, ...]],
    meters: dict[str, int],
    point_of: dict[int, int],
) -> Feeder:
    spec = site.feeders[f]
    return Feeder(
        spec=spec,
        point=None if spec.meter is None else point_of[meters[spec.meter]],
        children=tuple(k for k, other in enumerate(site.feeders) if other.parent == spec.name),
        own=tuple(i for i, rack in enumerate(site.racks) if rack.feeder == spec.name),
        racks=below[f],
    )


def _inner_first(feeders: tuple[Feeder, ...]) -> tuple[int, ...]:
    """Children before parents, so that sums can be made in one pass."""
    order: list[int] = []
    waiting = list(range(len(feeders)))
    while waiting:
        ready = [f for f in waiting if all(child in order for child in feeders[f].children)]
        # A ring of feeders cannot pass the site file's check; it must not hang here either.
        order += ready or waiting
        waiting = [f for f in waiting if f not in order]
    return tuple(order)


def _witness(
    i: int,
    feeders: tuple[Feeder, ...],
    inner_first: tuple[int, ...],
    exports: tuple[tuple[ExportSignal, int], ...],
    point_of: dict[int, int],
) -> int | None:
    for f in inner_first:
        if i in feeders[f].racks and feeders[f].point is not None:
            return feeders[f].point
    return point_of[exports[0][1]] if exports else None


def _scope_meters(
    feeders: tuple[Feeder, ...],
    points: tuple[Point, ...],
    exports: tuple[tuple[ExportSignal, int], ...],
) -> tuple[tuple[int, ...], ...]:
    own = [() if f.point is None else (points[f.point].meter,) for f in feeders]
    return (tuple(meter for _, meter in exports), *own)


def _rack_scopes(i: int, feeders: tuple[Feeder, ...]) -> tuple[int, ...]:
    return (0, *(f + 1 for f, feeder in enumerate(feeders) if i in feeder.racks))


def _start_meters(
    i: int, feeders: tuple[Feeder, ...], points: tuple[Point, ...], common: list[int]
) -> tuple[int, ...]:
    own = [points[f.point].meter for f in feeders if f.point is not None and i in f.racks]
    return tuple(dict.fromkeys([*common, *own]))


def _watch(site: Site, rack: RackSpec, meters: dict[str, int]) -> Watch:
    return Watch(
        rack.name,
        None if rack.meter is None else meters[rack.meter],
        rack.feedback is not None,
        _has_readback(site, rack),
        _feedback_age(site, rack),
        max((spec.timeout_s for spec in _seen_through(site, rack) if spec.connect), default=0.0),
    )


def _has_readback(site: Site, rack: RackSpec) -> bool:
    """Whether the rack's switch is a device on a connection, which can be read back."""
    name = rack.switch.partition(".")[0]
    return any(spec.name == name and spec.connect for spec in site.switches)


def _feedback_age(site: Site, rack: RackSpec) -> float:
    polls = [spec.poll_s + spec.timeout_s for spec in _seen_through(site, rack)]
    return max([FEEDBACK_LEAST_S, *(FEEDBACK_POLLS * poll for poll in polls)])


def _seen_through(site: Site, rack: RackSpec) -> list[SwitchSpec]:
    """The devices that command a rack and report of it."""
    names = {text.partition(".")[0] for text in (rack.switch, rack.feedback) if text}
    return [spec for spec in site.switches if spec.name in names]


def _guard(site: Site, spec: InterlockSpec, meters: dict[str, int]) -> Guard:
    source, _, channel = spec.when.partition(".")
    racks = frozenset(i for i, rack in enumerate(site.racks) if rack.name in spec.racks)
    return Guard(spec, racks, source if source in meters else None, channel)
