"""The profiles of a site's meters, switches and boards, each loaded once; wrong ones are named."""

from collections.abc import Callable
from typing import TypeVar

from headworks.hardware.files import HardwareError, models
from headworks.hardware.meter import MeterProfile, load_meter
from headworks.hardware.sensor import SensorProfile, load_sensor
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.site.entries import Entries, Entry
from headworks.site.problems import Findings
from headworks.site.values import shown, suggest

Profile = TypeVar("Profile", MeterProfile, SwitchProfile, SensorProfile)


class Hardware:
    """Profiles by the name that the site file gives the device.

    Where two have one name it is the first's, so that nothing else is wrong but that.
    """

    def __init__(self, entries: Entries, findings: Findings) -> None:
        self.meters: dict[str, MeterProfile] = {}
        self.switches: dict[str, SwitchProfile] = {}
        self.boards: dict[str, SensorProfile] = {}
        for entry in entries.of("meter"):
            meter = _loaded(entry, "meter", load_meter, findings)
            if meter is not None:
                self.meters.setdefault(entry.values.get("name", ""), meter)
                _draft(entry, meter, findings)
        for entry in entries.of("switch"):
            switch = _loaded(entry, "switch", load_switch, findings)
            if switch is not None:
                self.switches.setdefault(entry.values.get("name", ""), switch)
        for entry in entries.of("board"):
            board = _loaded(entry, "sensor", load_sensor, findings)
            if board is not None:
                self.boards.setdefault(entry.values.get("name", ""), board)


def _draft(entry: Entry, meter: MeterProfile, findings: Findings) -> None:
    if meter.draft:
        findings.warning(
            entry.at("model"),
            f"{meter.model} is a draft profile, not proven on a device; "
            "compare every figure with the meter's display",
        )


def _loaded(
    entry: Entry, kind: str, load: Callable[[str], Profile], findings: Findings
) -> Profile | None:
    """The profile of the entry's model; None where there is none, which is named."""
    if not _known(entry, kind, findings):
        return None
    try:
        return load(entry.values["model"])
    except HardwareError as error:
        findings.error(entry.at("model"), f"{error}; mend the file or choose another model")
        return None


def _known(entry: Entry, kind: str, findings: Findings) -> bool:
    """Whether there is a file for the entry's model."""
    model = entry.values.get("model")
    if model is None:
        return False
    known = list(models(kind))
    if model in known:
        return True
    findings.error(
        entry.at("model"), f"unknown {kind} model {shown(model)}; {suggest(model, known)}"
    )
    return False
