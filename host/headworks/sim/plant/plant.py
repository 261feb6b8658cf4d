"""The whole plant, one step at a time: weather, transformer, racks, counters, books.

`step` is pure: settings, state, inputs and time in, the next state out.
"""

from typing import NamedTuple

from headworks.sim.plant import contactor, grid, ledger, rack
from headworks.sim.plant.contactor import NO_FAULTS, Contactor, Travel
from headworks.sim.plant.ledger import Ledger
from headworks.sim.plant.rack import RackSettings
from headworks.sim.plant.weather import Day, DayClock, Weather, pv_kw


class Point(NamedTuple):
    """What a meter measures: the feeder's base load and generation or not, and which racks."""

    meter: str
    base: bool
    racks: tuple[int, ...]


class PlantSettings(NamedTuple):
    """Everything about the plant that does not change while it runs."""

    racks: tuple[RackSettings, ...]
    points: tuple[Point, ...]
    day: Day
    clock: DayClock
    pv_kw: float
    rating_kw: float
    nominal_hz: float = 50.0
    seed: int = 1
    travel: Travel = Travel()


class Inputs(NamedTuple):
    """What acts on the plant during one step.

    `coils` in the order of the racks. `master_closed`: the dead-man contactor in the racks'
    supply. `trip` opens the breaker above the racks, and it stays open. `faults` by rack, or
    empty for none. `frequency_hz` None is the grid's own. `permitted` by rack: whether the
    permissive relays in its supply are closed; empty where there are none.
    """

    coils: tuple[bool, ...]
    master_closed: bool = True
    trip: bool = False
    pv_share: float = 1.0
    load_step_kw: float = 0.0
    frequency_hz: float | None = None
    faults: tuple[frozenset[str], ...] = ()
    permitted: tuple[bool, ...] = ()


class RackState(NamedTuple):
    """One rack: contacts, since when it has voltage (None: has none), power, energy, counts."""

    contactor: Contactor = Contactor()
    live_since_s: float | None = None
    power_kw: float = 0.0
    energy_kwh: float = 0.0


class Counters(NamedTuple):
    """A meter's cumulative energy counters."""

    import_kwh: float = 0.0
    export_kwh: float = 0.0


class PlantState(NamedTuple):
    """The true state. Powers in kW, import positive; `points_kw` in the order of the points."""

    t_s: float
    weather: Weather
    load_kw: float
    pv_kw: float
    other_kw: float
    loss_kw: float
    racks_kw: float
    grid_kw: float
    without_racks_kw: float  # what the grid would carry with all racks off
    frequency_hz: float
    racks: tuple[RackState, ...]
    points_kw: tuple[float, ...]
    counters: tuple[Counters, ...]
    books: Ledger = Ledger()
    breaker_open: bool = False

    @property
    def surplus_kw(self) -> float:
        """Export there would be with all racks off, 0 or more."""
        return max(0.0, -self.without_racks_kw)


def initial(plant: PlantSettings, t_s: float) -> PlantState:
    """The plant at rest: all racks off, weather of `t_s`, counters that have seen years."""
    off = tuple(RackState() for _ in plant.racks)
    blank = PlantState(
        t_s, Weather(0.0, 0.0, 0.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, plant.nominal_hz, off,
        tuple(0.0 for _ in plant.points),
        tuple(Counters(1000.0 + 731.7 * i, 400.0 + 93.1 * i) for i, _ in enumerate(plant.points)),
    )  # fmt: skip
    return step(plant, blank, Inputs(tuple(False for _ in plant.racks)), t_s)


def step(plant: PlantSettings, state: PlantState, inputs: Inputs, t_s: float) -> PlantState:
    """The plant at `t_s`; energy is counted from `state.t_s` to `t_s` at the new powers."""
    dt_s = max(0.0, t_s - state.t_s)
    weather = plant.day.at(plant.clock.day_s(t_s))
    breaker_open = state.breaker_open or inputs.trip
    supply = inputs.master_closed and not breaker_open
    racks = _racks(plant, state, inputs, _Around(t_s, dt_s, supply, weather.temperature_c))
    racks_kw = sum(one.power_kw for one in racks)
    load_kw = weather.load_kw + inputs.load_step_kw
    sun_kw = pv_kw(plant.pv_kw, weather.irradiance_w_m2, weather.temperature_c) * inputs.pv_share
    idle_kw = load_kw - sun_kw - weather.other_kw
    without_kw = idle_kw + grid.loss_kw(plant.rating_kw, idle_kw)
    loss_kw = grid.loss_kw(plant.rating_kw, idle_kw + racks_kw)
    grid_kw = idle_kw + racks_kw + loss_kw
    points_kw = tuple(_point_kw(p, idle_kw + loss_kw, racks) for p in plant.points)
    own_hz = grid.frequency_hz(plant.seed, plant.nominal_hz, t_s)
    return PlantState(
        t_s, weather, load_kw, sun_kw, weather.other_kw, loss_kw, racks_kw, grid_kw, without_kw,
        _frequency(own_hz, plant.nominal_hz, inputs.frequency_hz), racks, points_kw,
        tuple(_count(c, kw, dt_s) for c, kw in zip(state.counters, points_kw, strict=True)),
        ledger.add(state.books, without_racks_kw=without_kw, racks_kw=racks_kw,
                   grid_kw=grid_kw, dt_s=dt_s),
        breaker_open,
    )  # fmt: skip


def _frequency(own_hz: float, nominal_hz: float, forced_hz: float | None) -> float:
    """The grid's own wander about the forced frequency, if one is forced."""
    return own_hz if forced_hz is None else forced_hz + 0.2 * (own_hz - nominal_hz)


class _Around(NamedTuple):
    """What all racks share in one step."""

    t_s: float
    dt_s: float
    supply: bool
    air_c: float


def _racks(
    plant: PlantSettings, state: PlantState, inputs: Inputs, around: _Around
) -> tuple[RackState, ...]:
    """All racks after one step."""
    faults = inputs.faults or (NO_FAULTS,) * len(plant.racks)
    moved = [
        contactor.step(now.contactor, coil, around.t_s, plant.travel, bad)
        for now, coil, bad in zip(state.racks, inputs.coils, faults, strict=True)
    ]
    permitted = inputs.permitted or (True,) * len(plant.racks)
    dead = around._replace(supply=False)
    rows = zip(plant.racks, state.racks, moved, permitted, strict=True)
    return tuple(
        _rack(one, now, contacts, around if may else dead, plant.seed)
        for one, now, contacts, may in rows
    )


def _rack(
    settings: RackSettings, now: RackState, contacts: Contactor, around: _Around, seed: int
) -> RackState:
    """One rack behind its moved contacts: it draws what its time under voltage says."""
    if not (contacts.closed and around.supply):
        if contacts is now.contactor and now.live_since_s is None:
            return now
        return RackState(contacts, None, 0.0, now.energy_kwh)
    since = around.t_s if now.live_since_s is None else now.live_since_s
    kw = rack.power_kw(settings, around.t_s - since, around.t_s, around.air_c, seed)
    return RackState(contacts, since, kw, now.energy_kwh + kw * around.dt_s / 3600.0)


def _point_kw(point: Point, base_kw: float, racks: tuple[RackState, ...]) -> float:
    """What a meter's point carries, import positive."""
    own = sum(racks[i].power_kw for i in point.racks)
    return own + base_kw if point.base else own


def _count(now: Counters, kw: float, dt_s: float) -> Counters:
    """Counters after `dt_s` at a power: they only ever rise."""
    kwh = kw * dt_s / 3600.0
    if kwh >= 0.0:
        return Counters(now.import_kwh + kwh, now.export_kwh)
    return Counters(now.import_kwh, now.export_kwh - kwh)
