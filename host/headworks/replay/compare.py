"""Several sites or settings on the same rows, side by side: the file is read once.

A case is one site file, or one with another number of racks. What each did is in its totals
and its series.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from headworks.model.site import RackSpec, Site
from headworks.replay.backtest import Backtest
from headworks.replay.faults import Injected
from headworks.replay.plant import PlantOptions
from headworks.replay.report_series import Series
from headworks.replay.rivals import RIVALS
from headworks.replay.rivals_play import RivalRun, rated
from headworks.replay.rows import Block
from headworks.replay.tally import Played
from headworks.replay.totals import Totals


class Run(Protocol):
    """What plays rows: our own scan, or a model of another controller's rule."""

    def play(self, block: Block) -> Played: ...
    def finish(self) -> Totals: ...


@dataclass
class Case:
    """One site under test. `label` is what people call it in the report."""

    label: str
    site: Site
    run: Run
    series: Series


def case(
    label: str, site: Site, plant: PlantOptions, faults: Iterable[Injected] = (), bins: int = 3000
) -> Case:
    """A case at its beginning. Raises FaultError for a fault that the site cannot have."""
    return Case(label, site, Backtest(site, plant, faults), Series(bins))


def rivals(site: Site, plant: PlantOptions, bins: int = 3000) -> list[Case]:
    """Models of other controllers' rules on the racks of a site."""
    return [
        Case(kind.label, site, RivalRun(site, kind(rated(site)), plant), Series(bins))
        for kind in RIVALS
    ]


def _nothing(_block: Block, _played: list[Played]) -> None:
    """Nobody watches."""


def play(
    blocks: Iterable[Block],
    cases: Sequence[Case],
    watch: Callable[[Block, list[Played]], None] = _nothing,
) -> None:
    """Play every block through every case. Raises DataError and RowsError."""
    for block in blocks:
        played = [one.run.play(block) for one in cases]
        for one, found in zip(cases, played, strict=True):
            one.series.add(found)
        watch(block, played)


def with_racks(site: Site, count: int, rated_kw: float | None = None) -> Site:
    """The site with `count` racks: its own first, then copies of them in turn.

    `rated_kw` None keeps each rack's own. Interlocks that act on all racks act on the new ones.
    """
    racks = tuple(_rack(site, n, rated_kw) for n in range(count))
    names = tuple(rack.name for rack in racks)
    had = {rack.name for rack in site.racks}
    interlocks = tuple(
        replace(lock, racks=tuple(n for n in names if set(lock.racks) >= had or n in lock.racks))
        for lock in site.interlocks
    )
    return replace(site, racks=racks, interlocks=interlocks)


def _rack(site: Site, n: int, rated_kw: float | None) -> RackSpec:
    turn, place = divmod(n, len(site.racks))
    model = site.racks[place]
    name = model.name if turn == 0 else f"{model.name}-{turn + 1}"
    return replace(model, name=name, rated_kw=rated_kw or model.rated_kw)
