"""The signs of life: the dead-man output and the watchdog, after healthy scans only."""

from headworks.model.site import Site
from headworks.station.notify import Notify
from headworks.station.ports import SwitchPort

_SHARE = 4  # the watchdog is fed four times in its time [ours; systemd advises twice]

_TOGGLES, _SCANS = 4, 2  # after so many without a toggle the dead-man contactor is open [ours]


class Heart:
    """Beats when told. Whoever tells must have completed a healthy scan."""

    def __init__(self, site: Site, switches: SwitchPort, notify: Notify) -> None:
        self._switches, self._notify = switches, notify
        self._deadman_s = site.deadman_s if site.deadman is not None else None
        self._stands_s = max(_TOGGLES * site.deadman_s, _SCANS * site.scan_s)
        self._feed_s = notify.watchdog_s / _SHARE if notify.watchdog_s else None
        self._toggled_s = self._fed_s = float("-inf")

    def stands(self, t_s: float) -> bool:
        """Whether the dead-man output has stood still so long that its contactor is open."""
        if self._deadman_s is None:
            return False
        if self._toggled_s == float("-inf"):
            return False  # not begun yet: all racks are off anyway
        return t_s - self._toggled_s > self._stands_s

    def beat(self, t_s: float, *, renew: bool = True) -> None:
        """Feed, and toggle where `renew`, each no more often than it is wanted."""
        if renew and self._deadman_s is not None and t_s - self._toggled_s >= self._deadman_s:
            self._toggled_s = t_s
            self._switches.toggle_deadman()
        if self._feed_s is not None and t_s - self._fed_s >= self._feed_s:
            self._fed_s = t_s
            self._notify.send("WATCHDOG=1")
