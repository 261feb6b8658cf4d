"""What follows from a site alone, worked out once: positions for names, feeders with their racks.

Decides nothing and sees no sample. `compile_site` keeps the last few results, because a scan
must not pay for this again.
"""

from dataclasses import dataclass
from typing import NamedTuple

from headworks.control.layout import (
    Feeder,
    Point,
    feeder_at,
    gap_of,
    inner_first_of,
    metering_points,
    meters_by_scope,
    racks_below,
    scopes_of,
    start_meters,
    witness_of,
)
from headworks.control.sources import Source, sources_of
from headworks.model.site import (
    ContactSignal,
    Control,
    ExportSignal,
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
    """An interlock with positions for names. `meter` is None where it watches an observation.

    `own_relay`: it watches a permissive relay, which this station itself opens and closes.
    """

    spec: InterlockSpec
    racks: frozenset[int]
    meter: str | None
    channel: str
    own_relay: bool = False


class Permissive(NamedTuple):
    """A sensor board whose relay stands in series with the contactors of its zone."""

    board: str
    racks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A site ready for scans. Scope 0 stands for all racks, scope f + 1 for feeder f."""

    control: Control
    scan_s: float
    racks: tuple[RackSpec, ...]
    meters: tuple[tuple[str, float], ...]  # name, max_age_s
    watches: tuple[Watch, ...]  # by rack
    points: tuple[Point, ...]
    witness: tuple[int | None, ...]  # the metering point that shows a rack's step best
    feeders: tuple[Feeder, ...]
    inner_first: tuple[int, ...]  # feeders, the innermost first
    roots: tuple[int, ...]  # feeders without a parent
    loose: tuple[int, ...]  # racks without a feeder
    shed_rank: tuple[int, ...]  # by rack: without notice first, then the lowest priority
    scope_racks: tuple[tuple[int, ...], ...]
    scope_meters: tuple[tuple[int, ...], ...]  # meters that measure a scope's limit
    rack_scopes: tuple[tuple[int, ...], ...]
    rack_meters: tuple[tuple[int, ...], ...]  # meters that a rack's start depends on
    rack_gap_s: tuple[float, ...]  # a longer time without a scan breaks its surplus
    exports: tuple[tuple[ExportSignal, int], ...]  # signal, metering point
    signals: tuple[SetpointSignal | ContactSignal | ScheduleSignal, ...]
    frequencies: tuple[tuple[FrequencySignal, int], ...]  # signal, meter
    guards: tuple[Guard, ...]
    buttons: tuple[int, ...]  # guards that only a contact at the racks resets
    permissives: tuple[Permissive, ...]
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
    below = racks_below(site)
    points = metering_points(site, meters, below)
    point_of = {point.meter: k for k, point in enumerate(points)}
    feeders = tuple(feeder_at(site, f, below, meters, point_of) for f in range(len(site.feeders)))
    exports, frequencies = _exports(site, meters), _frequencies(site, meters)
    common = [m for _, m in exports] + [m for _, m in frequencies]
    inner_first, everywhere = inner_first_of(feeders), tuple(range(len(site.racks)))
    rack_meters = tuple(start_meters(i, feeders, points, common) for i in everywhere)
    return Compiled(
        control=site.control,
        scan_s=site.scan_s,
        racks=site.racks,
        meters=tuple((spec.name, spec.max_age_s) for spec in site.meters),
        watches=tuple(_watch(site, rack, meters) for rack in site.racks),
        points=points,
        witness=tuple(witness_of(i, feeders, inner_first, exports, point_of) for i in everywhere),
        feeders=feeders,
        inner_first=inner_first,
        roots=tuple(f for f, spec in enumerate(site.feeders) if spec.parent is None),
        loose=tuple(i for i, spec in enumerate(site.racks) if spec.feeder is None),
        shed_rank=_shed_ranks(site),
        scope_racks=(everywhere, *(feeder.racks for feeder in feeders)),
        scope_meters=meters_by_scope(feeders, points, exports),
        rack_scopes=tuple(scopes_of(i, feeders) for i in everywhere),
        rack_meters=rack_meters,
        rack_gap_s=tuple(gap_of(site, on) for on in rack_meters),
        exports=tuple((spec, point_of[m]) for spec, m in exports),
        signals=tuple(s for s in site.signals if isinstance(s, OUTSIDE)),
        frequencies=frequencies,
        guards=tuple(_guard(site, spec, meters) for spec in site.interlocks),
        buttons=tuple(k for k, spec in enumerate(site.interlocks) if spec.local_reset),
        permissives=_permissives(site),
        sources=tuple(sources_of(site)),
        patience_s=_patience_s(site),
        upstream=site.upstream_trip is not None,
        rated_kw=sum(spec.rated_kw for spec in site.racks),
        least_kw=min((spec.rated_kw for spec in site.racks), default=0.0),
    )


def _shed_ranks(site: Site) -> tuple[int, ...]:
    keys = [(rack.notice_s > 0.0, rack.priority) for rack in site.racks]
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return tuple(ranks[key] for key in keys)


def _exports(site: Site, meters: dict[str, int]) -> tuple[tuple[ExportSignal, int], ...]:
    return tuple((s, meters[s.meter]) for s in site.signals if isinstance(s, ExportSignal))


def _frequencies(site: Site, meters: dict[str, int]) -> tuple[tuple[FrequencySignal, int], ...]:
    found = [s for s in site.signals if isinstance(s, FrequencySignal)]
    return tuple((s, meters[s.meter]) for s in found)


def _patience_s(site: Site) -> float:
    ages = [_feedback_age(site, rack) for rack in site.racks]
    return max([source.patience_s for source in sources_of(site)] + ages, default=0.0)


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
    relays = {f"{board.name}.{board.permissive}" for board in site.boards if board.permissive}
    meter = source if source in meters else None
    return Guard(spec, _positions(site, spec.racks), meter, channel, spec.when in relays)


def _permissives(site: Site) -> tuple[Permissive, ...]:
    found = [board for board in site.boards if board.permissive]
    return tuple(Permissive(board.name, _positions(site, board.zone)) for board in found)


def _positions(site: Site, racks: tuple[str, ...]) -> frozenset[int]:
    return frozenset(i for i, rack in enumerate(site.racks) if rack.name in racks)
