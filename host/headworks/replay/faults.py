"""Faults of the simulator's catalogue in a backtest: what a meter says, what a rack does.

Only those that can show once a row are here; the others are about bytes on wires. Names and
targets are the simulator's.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from headworks.model.live import Quality, Reading
from headworks.model.site import Site
from headworks.replay import fault_aims
from headworks.replay.data_clouds import Cloud
from headworks.replay.fault_aims import AUX_STUCK, CHANNELS, CLOCK_JUMP, CLOUD
from headworks.replay.inputs import Inputs, Values, reading
from headworks.sim.faults.active import ActiveFaults, FaultError, targets
from headworks.sim.faults.kinds import KINDS
from headworks.sim.plant.contactor import FAILS_TO_CLOSE, WELD

SPIKE_EVERY = 5


class Injected(NamedTuple):
    """A fault from `from_s` until before `until_s`, on the rows' own time in s.

    `target` is one name, or "all", or empty where there is but one. `value` None is the
    fault's default. `clock-jump` moves the wall clock by `value` seconds (default an hour).
    """

    name: str
    target: str = ""
    from_s: float = 0.0
    until_s: float = float("inf")
    value: float | None = None


class Acting(NamedTuple):
    """A fault with its target found and its value filled in."""

    name: str
    target: str
    value: float
    from_s: float
    until_s: float


_NO_ANSWER = {"meter-silent": Quality.SILENT, "refuse": Quality.SILENT, "bad-crc": Quality.ERROR}
_NO_VALUE = ("nan", "infinite", "sentinel", "export-lost")
_BOARD = ("board-unplugged", "board-mute", "board-hang", "board-boot-loop", "wrong-config")
_METER = (*_NO_ANSWER, *_NO_VALUE, "half-open", "frozen", "stale", "sign-flip", "spike")
_RACK = (WELD, FAILS_TO_CLOSE, AUX_STUCK)
_OTHER = ("frequency-lost", "contact-open", "under-frequency", "load-step")
SUPPORTED = (*_METER, *_RACK, *_OTHER, *_BOARD, *CHANNELS, CLOCK_JUMP)
"""What a site can have; `cloud` is a matter of the rows, see `split_faults`."""


def resolve(site: Site, inputs: Inputs, wanted: Iterable[Injected]) -> tuple[Acting, ...]:
    """Every fault on every target that it names. Raises FaultError with what can be named."""
    boards = fault_aims.aims(site, inputs.channels, inputs.contacts)
    found = []
    for one in wanted:
        if one.name == CLOCK_JUMP:
            value = 3600.0 if one.value is None else one.value
            found.append(Acting(CLOCK_JUMP, "", value, one.from_s, one.until_s))
            continue
        if one.name not in KINDS:
            raise fault_aims.unknown(one.name, (*SUPPORTED, CLOUD))
        if one.name not in SUPPORTED:  # `cloud` has been split off
            raise fault_aims.refused(one.name, (*SUPPORTED, CLOUD))
        known = ActiveFaults(targets(site, (), boards))
        acting = [
            Acting(one.name, active.target, active.value, one.from_s, one.until_s)
            for active in known.put(one.name, one.target, one.from_s, one.value, None)
        ]
        _effective(site, inputs, acting)
        found += acting
    return tuple(found)


def split_faults(wanted: Iterable[Injected]) -> tuple[list[Injected], tuple[Cloud, ...]]:
    """Faults of the site, and clouds, which are a matter of the rows. Raises FaultError."""
    faults, clouds = [], []
    for one in wanted:
        if one.name != CLOUD:
            faults.append(one)
            continue
        kind = KINDS[CLOUD]
        share = kind.value if one.value is None else one.value
        if share is None or not 0.0 <= share <= 1.0:
            raise FaultError(f"{CLOUD}={share}: write the share that it takes, 0 to 1")
        clouds.append(Cloud(one.from_s, one.until_s, share))
    return faults, tuple(clouds)


def _effective(site: Site, inputs: Inputs, acting: Sequence[Acting]) -> None:
    """Raises FaultError for what would change nothing, so that nobody takes it for harmless."""
    for fault in acting:
        if fault.name in CHANNELS and not _hit(inputs, fault):
            raise FaultError(f"{fault.name}: no interlock of this site watches what it changes")
        if fault.name == AUX_STUCK and not any(
            rack.feedback for rack in site.racks if rack.name == fault.target
        ):
            raise FaultError(f"{AUX_STUCK}: rack {fault.target} has no `feedback` contact")


def _hit(inputs: Inputs, fault: Acting) -> list[str]:
    return fault_aims.hit(fault.name, fault.target, inputs.channels)


class Troubled:
    """What the scan sees while faults act. Holds what stale and frozen meters still say."""

    def __init__(self, site: Site, inputs: Inputs, faults: tuple[Acting, ...]) -> None:
        self._site, self._inputs, self.faults = site, inputs, faults
        self._past: deque[tuple[float, dict[str, Reading]]] = deque()
        self._held: dict[tuple[str, str], Reading] = {}
        ages = [fault.value for fault in faults if fault.name == "stale"]
        self._keep_s = max(ages, default=0.0)

    def acting(self, t_s: float) -> list[Acting]:
        """The faults that act at this instant."""
        return [fault for fault in self.faults if fault.from_s <= t_s < fault.until_s]

    def edge_after(self, t_s: float) -> float:
        """When the next fault begins, less what must be known of the time before it; in s."""
        begins = [f.from_s - self._keep_s for f in self.faults if f.until_s > t_s]
        return min(begins, default=float("inf"))

    def values(self, values: Values, acting: Sequence[Acting]) -> Values:
        """What the plant's own numbers become, before any meter looks at them."""
        for fault in acting:
            if fault.name == "load-step":
                moved = [
                    None if kw is None else kw + fault.value * point.base
                    for kw, point in zip(values.power_kw, self._inputs.points, strict=True)
                ]
                values = values._replace(power_kw=moved)
            elif fault.name == "under-frequency":
                values = values._replace(hertz=fault.value)
            elif fault.name == "contact-open":
                limits = [
                    0.0 if signal.name == fault.target else limit
                    for signal, limit in zip(self._inputs.signals, values.limits, strict=True)
                ]
                values = values._replace(limits=limits)
            elif fault.name in _BOARD or fault.name in CHANNELS:
                values = values._replace(seen=self._channels(fault, values.seen))
        return values

    def _channels(self, fault: Acting, seen: Sequence[float | None]) -> list[float | None]:
        """What the boards' channels say; a board that is not there says nothing."""
        value: float | None = None
        if fault.name in CHANNELS:
            hit, told = _hit(self._inputs, fault), CHANNELS[fault.name][1]
            value = fault.value if isinstance(told, str) else told
        else:
            hit = [n for n in self._inputs.channels if n.partition(".")[0] == fault.target]
        return [
            value if name in hit else one
            for name, one in zip(self._inputs.channels, seen, strict=True)
        ]

    def readings(self, values: Values, acting: Sequence[Acting]) -> dict[str, Reading]:
        """What the meters say. To be called for every row, as the past counts."""
        true = self._inputs.readings(values)
        if self._keep_s:
            self._past.append((values.t_s, true))
            while len(self._past) > 1 and self._past[1][0] <= values.t_s - self._keep_s:
                self._past.popleft()
        said = dict(true)
        for fault in acting:
            if fault.target in said:
                said[fault.target] = self._said(fault, said[fault.target], values)
        held = {(fault.name, fault.target) for fault in acting}
        self._held = {key: one for key, one in self._held.items() if key in held}
        return said

    def _said(self, fault: Acting, now: Reading, values: Values) -> Reading:
        name, t_s = fault.name, values.t_s
        if name in _NO_ANSWER:
            return Reading(now.meter, t_s, 1, _NO_ANSWER[name], cause=f"fault {name}")
        if name in _NO_VALUE:
            return reading(now.meter, t_s, None, None)
        if name == "half-open":
            return self._held.setdefault((name, fault.target), now)
        if name == "frozen":
            return self._frozen(fault, now, t_s)
        if name == "stale":
            old = self._past[0][1][now.meter]
            return old._replace(t_s=t_s)
        return _changed(fault, now, int(t_s - fault.from_s))

    def _frozen(self, fault: Acting, now: Reading, t_s: float) -> Reading:
        """The same words again; after `frozen_s` the driver finds that out."""
        held = self._held.setdefault((fault.name, fault.target), now)
        spec = next(one for one in self._site.meters if one.name == fault.target)
        if t_s - held.t_s >= spec.frozen_s:
            return Reading(held.meter, t_s, 1, Quality.FROZEN, cause="fault frozen")
        return held._replace(t_s=t_s)

    def on_racks(self, acting: Sequence[Acting], kind: str) -> set[int]:
        """The racks that a fault of this name acts on."""
        names = {fault.target for fault in acting if fault.name == kind}
        return {i for i, rack in enumerate(self._site.racks) if rack.name in names}

    def jump_s(self, acting: Sequence[Acting]) -> float:
        """How far the wall clock is off, in s."""
        return sum(fault.value for fault in acting if fault.name == CLOCK_JUMP)


def _changed(fault: Acting, now: Reading, second: int) -> Reading:
    """A reading whose numbers are wrong."""
    change: Callable[[float], float] = {
        "sign-flip": lambda kw: -kw,
        "spike": lambda kw: kw if second % SPIKE_EVERY else kw * fault.value,
    }.get(fault.name, lambda kw: kw)
    hertz = None if fault.name == "frequency-lost" else now.frequency_hz
    if now.power_kw is None:
        return now
    return reading(now.meter, now.t_s, change(now.power_kw), hertz)
