"""The profiles of a site's meters, switches and boards, each loaded once; wrong ones are named."""

from headworks.hardware.files import HardwareError, models
from headworks.hardware.meter import MeterProfile, load_meter
from headworks.hardware.sensor import SensorProfile, load_sensor
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.site.entries import Entries, Entry
from headworks.site.problems import Findings
from headworks.site.values import shown, suggest


class Hardware:
    """Profiles by the name that the site file gives the device."""

    def __init__(self, entries: Entries, findings: Findings) -> None:
        self.meters: dict[str, MeterProfile] = {}
        self.switches: dict[str, SwitchProfile] = {}
        self.boards: dict[str, SensorProfile] = {}
        for entry in entries.of("meter"):
            self._meter(entry, findings)
        for entry in entries.of("switch"):
            self._switch(entry, findings)
        for entry in entries.of("board"):
            self._board(entry, findings)

    def _meter(self, entry: Entry, findings: Findings) -> None:
        if not _known(entry, "meter", findings):
            return
        try:
            profile = load_meter(entry.values["model"])
        except HardwareError as error:
            findings.error(entry.at("model"), f"{error}; mend the file or choose another model")
            return
        self.meters[entry.values.get("name", "")] = profile
        if profile.draft:
            findings.warning(
                entry.at("model"),
                f"{profile.model} is a draft profile, not proven on a device; "
                "compare every figure with the meter's display",
            )

    def _switch(self, entry: Entry, findings: Findings) -> None:
        if not _known(entry, "switch", findings):
            return
        try:
            self.switches[entry.values.get("name", "")] = load_switch(entry.values["model"])
        except HardwareError as error:
            findings.error(entry.at("model"), f"{error}; mend the file or choose another model")

    def _board(self, entry: Entry, findings: Findings) -> None:
        if not _known(entry, "sensor", findings):
            return
        try:
            self.boards[entry.values.get("name", "")] = load_sensor(entry.values["model"])
        except HardwareError as error:
            findings.error(entry.at("model"), f"{error}; mend the file or choose another model")


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
