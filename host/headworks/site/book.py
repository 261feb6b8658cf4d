"""What every check of a whole site file gets: its entries by name, its hardware, the findings."""

from dataclasses import fields
from typing import Any

from headworks.model import site as model
from headworks.model.outside import MqttSpec, NotifySpec
from headworks.model.tariff import Tariff
from headworks.site.entries import Entries, Entry
from headworks.site.hardware import Hardware
from headworks.site.problems import Findings, Spot
from headworks.site.values import shown, suggest

NAMED = ("meter", "feeder", "signal", "switch", "rack", "board", "interlock")
SPECS: dict[str, type[Any]] = {
    "control": model.Control,
    "meter": model.MeterSpec,
    "feeder": model.FeederSpec,
    "export": model.ExportSignal,
    "setpoint": model.SetpointSignal,
    "contact": model.ContactSignal,
    "schedule": model.ScheduleSignal,
    "frequency": model.FrequencySignal,
    "switch": model.SwitchSpec,
    "rack": model.RackSpec,
    "board": model.BoardSpec,
    "interlock": model.InterlockSpec,
    "gpio": model.GpioSpec,
    "record": model.RecordSpec,
    "tariff": Tariff,
    "mqtt": MqttSpec,
    "notify": NotifySpec,
}


class Book:
    """A site file as the checks see it."""

    def __init__(self, entries: Entries, findings: Findings) -> None:
        self.entries = entries
        self.findings = findings
        self.hardware = Hardware(entries, findings)
        self.made: list[model.InterlockSpec] = []  # of sets and boards, by `included`
        self.replaced: dict[str, str] = {}  # names of those that the file writes itself: the set
        self.named: dict[str, Entry] = {}
        self._by_name: dict[tuple[str, str], Entry] = {}
        for section in NAMED:
            for entry in entries.of(section):
                self.named.setdefault(name_of(entry), entry)
                self._by_name.setdefault((section, name_of(entry)), entry)

    def error(self, spot: Spot, text: str) -> None:
        """Add a mistake."""
        self.findings.error(spot, text)

    def of(self, section: str) -> list[Entry]:
        """The entries of a section."""
        return self.entries.of(section)

    def names(self, section: str) -> list[str]:
        """The names in a section."""
        return [name_of(entry) for entry in self.of(section) if name_of(entry)]

    def find(self, section: str, name: str | None) -> Entry | None:
        """The entry of a section by its name."""
        return self._by_name.get((section, name)) if name else None

    def resolve(self, spot: Spot, section: str, name: str) -> Entry | None:
        """The entry of that name; where there is none, a mistake with the nearest name."""
        found = self.find(section, name)
        nameless = any(not name_of(entry) for entry in self.of(section))
        if found is None and not nameless:  # a name that is wrong itself has been told
            other = self.named.get(name)
            wrong = f"no {section} is named {shown(name)}"
            if other is not None:
                wrong = f"{shown(name)} is a {other.section.name}, not a {section}"
            self.error(spot, f"{wrong}; {self._way_out(section, name)}")
        return found

    def _way_out(self, section: str, name: str) -> str:
        return suggest(name, self.names(section), f"add a [[{section}]] of this name")


def name_of(entry: Entry) -> str:
    """The entry's name; of a signal without one its kind, of an interlock its cause."""
    if entry.has("name"):
        return str(entry.values.get("name", ""))
    fallback = {"signal": "kind", "interlock": "when"}.get(entry.section.name, "")
    return str(entry.values.get(fallback, ""))


def value(entry: Entry, key: str) -> Any:
    """The value written, else the model's default; None where it is written wrongly."""
    return entry.get(key, default(entry, key))


def default(entry: Entry, key: str) -> Any:
    """The model's default of a key; None where it has none."""
    row = entry.section.key(key)
    spec = SPECS.get(entry.values.get("kind", ""), SPECS.get(entry.section.name))
    if row is None or spec is None:
        return None
    found = next((f for f in fields(spec) if f.name == row.target), None)
    return None if found is None or not isinstance(found.default, DEFAULTS) else found.default


DEFAULTS = (bool, int, float, str, tuple)
