"""How feeders, meters and racks hang together, by position. Decides nothing."""

from dataclasses import dataclass

from headworks.model.site import ExportSignal, FeederSpec, Site


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


def racks_below(site: Site) -> list[tuple[int, ...]]:
    """For each feeder, the racks at it and at all feeders below it."""
    parents = {spec.name: spec.parent for spec in site.feeders}
    found: dict[str, list[int]] = {name: [] for name in parents}
    for i, rack in enumerate(site.racks):
        name = rack.feeder
        while name is not None and i not in found[name]:
            found[name].append(i)
            name = parents[name]
    return [tuple(found[spec.name]) for spec in site.feeders]


def metering_points(
    site: Site, meters: dict[str, int], below: list[tuple[int, ...]]
) -> tuple[Point, ...]:
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


def feeder_at(
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


def inner_first_of(feeders: tuple[Feeder, ...]) -> tuple[int, ...]:
    """Children before parents, so that sums can be made in one pass."""
    order: list[int] = []
    waiting = list(range(len(feeders)))
    while waiting:
        ready = [f for f in waiting if all(child in order for child in feeders[f].children)]
        # A ring of feeders cannot pass the site file's check; it must not hang here either.
        order += ready or waiting
        waiting = [f for f in waiting if f not in order]
    return tuple(order)


def witness_of(
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


def meters_by_scope(
    feeders: tuple[Feeder, ...],
    points: tuple[Point, ...],
    exports: tuple[tuple[ExportSignal, int], ...],
) -> tuple[tuple[int, ...], ...]:
    own = [() if f.point is None else (points[f.point].meter,) for f in feeders]
    return (tuple(meter for _, meter in exports), *own)


def scopes_of(i: int, feeders: tuple[Feeder, ...]) -> tuple[int, ...]:
    return (0, *(f + 1 for f, feeder in enumerate(feeders) if i in feeder.racks))


def start_meters(
    i: int, feeders: tuple[Feeder, ...], points: tuple[Point, ...], common: list[int]
) -> tuple[int, ...]:
    own = [points[f.point].meter for f in feeders if f.point is not None and i in f.racks]
    return tuple(dict.fromkeys([*common, *own]))


def gap_of(site: Site, meters: tuple[int, ...]) -> float:
    """What was not looked at for longer than this may have been otherwise in between."""
    return max(2.0 * site.scan_s, min((site.meters[k].max_age_s for k in meters), default=0.0))
