"""The running plant: relays and faults act on it, meters and inputs look at it.

Holds what changes and steps the pure plant. Serves nothing; time is an argument.
"""

from collections import deque
from collections.abc import Callable, Mapping

from headworks.hardware.switch import SwitchProfile
from headworks.model.site import Site
from headworks.sim.boards.config import Config, aims
from headworks.sim.boards.truth import BoardTruth
from headworks.sim.faults.active import Active, ActiveFaults, targets
from headworks.sim.plant import contactor, container, measure, plant
from headworks.sim.plant.plant import Inputs, PlantSettings, PlantState
from headworks.sim.wiring import Wiring, wiring

DEADMAN_S = 2.0  # a retriggerable hardware watchdog's usual order; ours
HISTORY_S = 120.0  # how far back `stale` can go
_KEEP_EACH_S = 0.1
_RACK_FAULTS = (contactor.WELD, contactor.FAILS_TO_CLOSE, contactor.CHATTER, contactor.AUX_STUCK)


class World:
    """One site's plant with its relays. `t_s` is always seconds since the start, rising."""

    def __init__(
        self,
        site: Site,
        settings: PlantSettings,
        profiles: dict[str, SwitchProfile],
        deadman_s: float = DEADMAN_S,
        boards: Mapping[str, Config] | None = None,
    ) -> None:
        self.site = site
        self.settings = settings
        self.deadman_s = deadman_s
        self.wiring: Wiring = wiring(site)
        self.inputs: tuple[str, ...] = tuple(
            f"{name}.{channel}" for name, one in profiles.items() for channel in one.inputs
        )
        free = [i for i in self.inputs if i not in self.wiring.feedback | self.wiring.contacts]
        self.faults = ActiveFaults(targets(site, free, aims(boards or {})))
        self.state: PlantState = plant.initial(settings, 0.0)
        self.air: container.Air = container.initial(self.state.weather.temperature_c)
        self.boards = {spec.name: BoardTruth(spec.name, spec.model) for spec in site.boards}
        self.boards_run = ""  # which Python, for people; empty where there is no board
        self.history: deque[PlantState] = deque([self.state])
        self.told: dict[str, bool] = {}  # what each outlet was last told
        self.told_s: dict[str, float] = {}  # when, seconds since the start
        self.energised: dict[str, bool] = {}  # what each outlet does
        self.toggled_s = float("-inf")
        self.on_inputs: list[Callable[[], None]] = []
        self.on_faults: list[Callable[[], None]] = []
        self.fault_changes = 0  # how often faults came or went
        self._seen: dict[str, bool] = {}

    def tell(self, outlet: str, on: bool, t_s: float) -> None:
        """A relay output is told on or off; a deaf board only says that it was."""
        if self.told.get(outlet, False) != on:
            self.told[outlet] = on
            self.told_s[outlet] = t_s
        board = outlet.partition(".")[0]
        if self.faults.get("relay-board-deaf", board) or self.energised.get(outlet, False) == on:
            return
        self.energised[outlet] = on
        if outlet == self.wiring.deadman:
            self.toggled_s = t_s

    def input_active(self, name: str) -> bool:
        """Whether an input is active: a feedback, a dry contact, or one that a fault drives."""
        if name in self.wiring.feedback:
            index, when_closed = self.wiring.feedback[name]
            return self.state.racks[index].contactor.aux_closed == when_closed
        if name in self.wiring.contacts:
            return self.faults.get("contact-open", self.wiring.contacts[name]) is None
        return self.faults.get("input-active", name) is not None

    def master_closed(self, t_s: float) -> bool:
        """Whether the dead-man contactor feeds the racks; a site without one always does."""
        if self.wiring.deadman is None or self.faults.get("deadman-stuck"):
            return True
        return t_s - self.toggled_s < self.deadman_s

    def permitted(self, rack: int) -> bool:
        """Whether every permissive relay in the supply of a rack (by its place) is closed."""
        relays = self.wiring.permissives[rack] if self.wiring.permissives else ()
        return all(self.boards[board].on.get(output, False) for board, output in relays)

    def tick(self, t_s: float) -> None:
        """Move the plant on to `t_s` and tell those who watch inputs and faults."""
        ended = self.faults.expire(t_s)
        dt_s = t_s - self.state.t_s
        self.state = plant.step(self.settings, self.state, self._inputs(t_s), t_s)
        self.air = self._air(dt_s)
        self._remember()
        if ended:
            self.after_faults(ended)
        now = {name: self.input_active(name) for name in self.inputs}
        if now != self._seen:
            self._seen = now
            for call in self.on_inputs:
                call()

    def after_faults(self, changed: list[Active]) -> None:
        """To be called after faults came or went."""
        self.fault_changes += 1
        for fault in changed:
            if fault.kind.name == contactor.AUX_STUCK and not self.faults.get(*_key(fault)):
                self._free_aux(fault.target)
            if fault.kind.name == "relay-board-deaf" and not self.faults.get(*_key(fault)):
                self._obey(fault.target)
        for call in self.on_faults:
            call()

    def reset_breaker(self) -> None:
        """Close the breaker that an upstream trip opened, as a person on site would."""
        self.state = self.state._replace(breaker_open=False)

    def channels(self, meter: int, age_s: float = 0.0) -> dict[str, float]:
        """What a meter (by its place in the site) sees, now or `age_s` ago."""
        state = self.state
        if age_s > 0.0:
            wanted = state.t_s - age_s
            state = next(
                (old for old in reversed(self.history) if old.t_s <= wanted), self.history[0]
            )
        return measure.channels(self.settings, state, meter)

    def _inputs(self, t_s: float) -> Inputs:
        """What acts on the plant now."""
        get = self.faults.get
        low, cloud, load = get("under-frequency"), get("cloud"), get("load-step")
        trip = self.wiring.upstream_trip
        return Inputs(
            tuple(self.energised.get(rack.switch, False) for rack in self.site.racks),
            self.master_closed(t_s),
            trip is not None and self.energised.get(trip, False),
            1.0 if cloud is None else max(0.0, 1.0 - cloud.value),
            0.0 if load is None else load.value,
            None if low is None else low.value,
            self._rack_faults(),
            tuple(map(self.permitted, range(len(self.site.racks)))),
        )

    def _air(self, dt_s: float) -> container.Air:
        """The air in the container after `dt_s`."""
        hot, humid = self.faults.get("hot-intake"), self.faults.get("humid")
        forced = container.Forced(hot and hot.value, humid and humid.value)
        load = self.state.racks_kw, sum(rack.rated_kw for rack in self.site.racks)
        day_s = dt_s * self.settings.clock.speed
        outside_c = self.state.weather.temperature_c
        return container.step(self.air, outside_c, load, (dt_s, day_s), forced)

    def _rack_faults(self) -> tuple[frozenset[str], ...]:
        """Faults of each rack's contactor; empty when nothing acts at all."""
        if not self.faults.all():
            return ()
        return tuple(
            frozenset(name for name in _RACK_FAULTS if self.faults.get(name, rack.name))
            for rack in self.site.racks
        )

    def _remember(self) -> None:
        """Keep a state now and then, without its racks, which no meter needs."""
        if self.state.t_s - self.history[-1].t_s >= _KEEP_EACH_S:
            self.history.append(self.state._replace(racks=()))
        while self.history[0].t_s < self.state.t_s - HISTORY_S:
            self.history.popleft()

    def _free_aux(self, name: str) -> None:
        """A freed auxiliary contact follows the main contacts again."""
        racks = tuple(
            state._replace(contactor=contactor.release_aux(state.contactor))
            if spec.name == name
            else state
            for spec, state in zip(self.site.racks, self.state.racks, strict=True)
        )
        self.state = self.state._replace(racks=racks)

    def _obey(self, board: str) -> None:
        """A board that hears again does what it was last told."""
        for outlet, on in self.told.items():
            if outlet.partition(".")[0] == board:
                self.energised[outlet] = on


def _key(fault: Active) -> tuple[str, str]:
    return fault.kind.name, fault.target
