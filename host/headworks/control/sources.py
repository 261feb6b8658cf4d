"""Sources that have not spoken yet since the station started: for a while that is no alarm.

It is zero surplus and unsafe all the same; only people are not called. Decides nothing.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from headworks.model.live import Observation, Quality, Reading, SignalValue, Snapshot
from headworks.model.site import ExportSignal, FrequencySignal, SetpointSignal, Site

FIRST_S = 3.0  # no source must have spoken earlier than this after the first scan [ours]
NOBODY: frozenset[str] = frozenset()


class Source(NamedTuple):
    """What an alarm may name, and what it is heard through."""

    name: str  # of a meter, signal or interlock
    kind: str  # the part of the snapshot
    key: str  # and the place there
    patience_s: float


def sources_of(site: Site) -> Iterator[Source]:
    """Every source of a site that can be unknown."""
    ages = {spec.name: max(FIRST_S, spec.max_age_s) for spec in site.meters}
    for name, age_s in ages.items():
        yield Source(name, "readings", name, age_s)
    for signal in site.signals:
        if isinstance(signal, ExportSignal | FrequencySignal):
            yield Source(signal.name, "readings", signal.meter, ages[signal.meter])
        else:
            beat_s = signal.heartbeat_s if isinstance(signal, SetpointSignal) else 0.0
            yield Source(signal.name, "signals", signal.name, max(FIRST_S, beat_s))
    for lock in site.interlocks:
        meter = lock.when.partition(".")[0]
        kind, key = ("readings", meter) if meter in ages else ("observations", lock.when)
        yield Source(lock.name, kind, key, max(FIRST_S, lock.max_age_s))
        if lock.minus:
            yield Source(lock.name, kind, lock.minus, max(FIRST_S, lock.max_age_s))


def silent_yet(sources: tuple[Source, ...], snapshot: Snapshot, age_s: float) -> frozenset[str]:
    """Names of sources that have not spoken and need not have, `age_s` after the first scan."""
    return frozenset(
        source.name
        for source in sources
        if age_s < source.patience_s and _never_heard(source, snapshot)
    )


def _never_heard(source: Source, snapshot: Snapshot) -> bool:
    heard: Mapping[str, Reading | SignalValue | Observation] = getattr(snapshot, source.kind)
    latest = heard.get(source.key)
    if latest is None or latest.quality == Quality.NEVER:
        return True
    return isinstance(latest, Reading) and latest.seq == 0 and latest.quality == Quality.SILENT
