"""What a board of coils reported last, and when. It grows old by itself; asks nothing."""

import logging
import time
from collections.abc import Callable, Sequence

from headworks.hardware.switch import SwitchProfile
from headworks.model.live import Observation, Quality
from headworks.model.site import SwitchSpec

log = logging.getLogger("headworks.switches")

NEVER_S = float("-inf")


class CoilImage:
    """Outlets and inputs as reported. Unknown again after 2 polls and one timeout.

    `on_change` is called when anything reported differs from the report before.
    """

    def __init__(
        self, spec: SwitchSpec, profile: SwitchProfile, on_change: Callable[[], None]
    ) -> None:
        self.cause = "nothing heard yet"
        self._name = spec.name
        self._fresh_s = 2 * spec.poll_s + spec.timeout_s
        self._profile = profile
        self._on_change = on_change
        self._coils: dict[str, bool] = {}
        self._coils_s = NEVER_S
        self._active: dict[str, bool] = {}
        self._active_s = NEVER_S
        self._shown: dict[str, Observation] | None = None

    def coil(self, outlet: str) -> tuple[float, bool | None]:
        """When and how one outlet was reported; None when that is too long ago."""
        if time.monotonic() - self._coils_s > self._fresh_s:
            return self._coils_s, None
        return self._coils_s, self._coils.get(outlet)

    def inputs(self) -> dict[str, Observation]:
        """Every input; NEVER or SILENT, and without a value, where it is not known now."""
        if time.monotonic() - self._active_s <= self._fresh_s:
            if self._shown is None:
                self._shown = {
                    name: Observation(self._active_s, Quality.GOOD, active)
                    for name, active in self._active.items()
                }
            return self._shown
        quality = Quality.NEVER if self._active_s == NEVER_S else Quality.SILENT
        silent = Observation(self._active_s, quality, None, self.cause)
        return dict.fromkeys(self._profile.inputs, silent)

    def all_off(self) -> bool:
        """Whether the board has reported every outlet off since `forget`."""
        return bool(self._coils) and not any(self._coils.values())

    def forget(self) -> None:
        """What was reported so far counts no more."""
        self._coils, self._coils_s = {}, NEVER_S

    def take_coils(self, bits: Sequence[int], t_s: float) -> None:
        """The coils, from the lowest outlet's address on."""
        first = min(self._profile.outlets.values())
        seen = {name: bool(bits[at - first]) for name, at in self._profile.outlets.items()}
        changed = seen != self._coils
        self._coils, self._coils_s = seen, t_s
        self._well()
        if changed:
            self._on_change()

    def take_inputs(self, bits: Sequence[int], t_s: float) -> None:
        """The inputs, from the lowest input's address on."""
        first = min(self._profile.inputs.values())
        closed = {name: bool(bits[at - first]) for name, at in self._profile.inputs.items()}
        changed = closed != self._active
        self._active, self._active_s, self._shown = closed, t_s, None
        if changed:
            self._on_change()

    def lost(self, cause: str) -> None:
        """The board did not answer, or refused; what it reported before grows old."""
        if cause != self.cause:
            log.error("switch %s: %s", self._name, cause)
        self.cause = cause

    def _well(self) -> None:
        if self.cause:
            log.info("switch %s: answers", self._name)
        self.cause = ""
