"""Walks the parsed file with the schema: which keys are there, what each holds.

Finds unknown sections and keys, missing keys and values of the wrong kind. What one entry
means to another is checked elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headworks.site.locate import KeyPath, Places
from headworks.site.problems import Findings, Spot
from headworks.site.rows import SECTIONS
from headworks.site.schema import FormError, Key, Section
from headworks.site.signal_rows import LATER_KINDS, SIGNAL_KINDS, SIGNALS
from headworks.site.values import figure, nearest, shown, suggest

# what people write from habit -> the key of this file
_HABITS = {
    "ip": "connect",
    "host": "connect",
    "address": "connect",
    "port": "connect",
    "url": "connect",
    "device": "connect",
    "slave": "unit",
    "slave_id": "unit",
    "unit_id": "unit",
    "type": "kind",
    "tz": "timezone",
    "baudrate": "baud",
    "relay": "switch",
    "outlet": "switch",
    "power_kw": "rated_kw",
    "except": "except_dates",
    "start": "from",
    "end": "to",
    "do": "trip",
    "action": "trip",
    "source": "when",
}


@dataclass
class Entry:
    """One section of the file: its good values by key, and where everything stands."""

    section: Section
    path: KeyPath
    places: Places
    raw: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    children: list["Entry"] = field(default_factory=list)

    def has(self, key: str) -> bool:
        """Whether the key is written, rightly or wrongly."""
        return key in self.raw

    def get(self, key: str, default: Any = None) -> Any:
        """The value; `default` where the key is not written; None where it is wrong."""
        return self.values.get(key) if self.has(key) else default

    def at(self, key: str = "") -> Spot:
        """Where the value of a key stands; without a key, where the entry begins."""
        return self.places.value((*self.path, key)) if key else self.places.key(self.path)

    def key_at(self, key: str) -> Spot:
        """Where a key itself stands."""
        return self.places.key((*self.path, key))

    @property
    def title(self) -> str:
        """The entry in a sentence: [[meter]] "incomer"."""
        name = self.values.get("name", "")
        return f'{self.section.heading} "{name}"' if name else self.section.heading


@dataclass
class Entries:
    """All entries of a file by section, in the order of the file."""

    by_section: dict[str, list[Entry]]

    def of(self, section: str) -> list[Entry]:
        """The entries of a section that may be there many times."""
        return self.by_section.get(section, [])

    def one(self, section: str) -> Entry | None:
        """The entry of a section that may be there once."""
        return next(iter(self.of(section)), None)

    def all(self) -> Iterator[Entry]:
        """Every entry."""
        for entries in self.by_section.values():
            yield from entries


def read_entries(data: Mapping[str, Any], places: Places, findings: Findings) -> Entries:
    """All entries. What is wrong with them alone goes to `findings`."""
    by_section: dict[str, list[Entry]] = {}
    for name, content in data.items():
        section = SECTIONS.get(name)
        if section is None:
            findings.error(places.key((name,)), _unknown_section(name, content))
        else:
            by_section[name] = _section(section, (name,), content, places, findings)
    return Entries(by_section)


def _unknown_section(name: str, content: Any) -> str:
    if not isinstance(content, dict | list):
        owners = [s.heading for s in SECTIONS.values() if s.key(name)]
        where = f"move it below {owners[0]}" if owners else "remove it"
        return f"{shown(name)} stands outside of every section; {where}"
    near = nearest(name, list(SECTIONS))
    if near:
        return f"unknown section {shown(name)}; write {SECTIONS[near].heading}"
    return f"unknown section {shown(name)}; remove it, or write one of {', '.join(SECTIONS)}"


def _section(
    section: Section, path: KeyPath, content: Any, places: Places, findings: Findings
) -> list[Entry]:
    if section.many:
        tables = content if isinstance(content, list) else None
    else:
        tables = [content] if isinstance(content, dict) else None
    if tables is None or not all(isinstance(table, dict) for table in tables):
        wrong = "may be there many times" if section.many else "is there only once"
        findings.error(
            places.key(path),
            f"{path[-1]} {wrong}; write it as {section.heading} with its keys below",
        )
        return []
    paths = [(*path, index) if section.many else path for index in range(len(tables))]
    return [
        _entry(section, at, table, places, findings)
        for at, table in zip(paths, tables, strict=True)
    ]


def _entry(
    section: Section, path: KeyPath, raw: dict[str, Any], places: Places, findings: Findings
) -> Entry:
    entry = Entry(section, path, places, raw)
    if section.name == "signal" and not _choose_kind(entry, findings):
        return entry
    for name, value in raw.items():
        _value(entry, name, value, findings)
    for key in entry.section.keys:
        if key.needed and not entry.has(key.name):
            findings.error(entry.at(), _missing(entry, key))
    return entry


def _choose_kind(entry: Entry, findings: Findings) -> bool:
    """Give a signal the keys of its kind; False where the kind is not known."""
    kind = entry.raw.get("kind")
    if isinstance(kind, str) and kind in SIGNALS:
        entry.section = SIGNALS[kind]
        return True
    if kind is None:
        findings.error(
            entry.at(), f'[[signal]] has no kind; write kind = "export" or {_or(SIGNAL_KINDS[1:])}'
        )
    elif kind in LATER_KINDS:
        findings.error(
            entry.at("kind"),
            f"kind = {shown(kind)} is not in this version; write one of {_or(SIGNAL_KINDS)}",
        )
    else:
        fix = suggest(str(kind), list(SIGNAL_KINDS))
        findings.error(entry.at("kind"), f"unknown kind of signal {shown(kind)}; {fix}")
    return False


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _missing(entry: Entry, key: Key) -> str:
    return f"{entry.title} has no {key.name}; write {key.name} = {key.example}"


def _value(entry: Entry, name: str, value: Any, findings: Findings) -> None:
    section = entry.section
    child = section.child
    if child and name == child.name.rpartition(".")[2]:
        path = (*entry.path, name)
        entry.children = _section(child, path, value, entry.places, findings)
        return
    key = section.key(name)
    if key is None:
        findings.error(entry.key_at(name), unknown_key(entry, name))
        return
    try:
        entry.values[name] = key.kind(key, value)
    except FormError as wrong:
        findings.error(entry.at(name), str(wrong))
    else:
        if key.zero_means and value == 0:
            findings.warning(entry.at(name), f"{name} = 0 {key.zero_means}")


def unknown_key(entry: Entry, name: str) -> str:
    """What to say of a key that this entry does not read."""
    section = entry.section
    known = [key.name for key in section.keys]
    kinds = [kind for kind, other in SIGNALS.items() if other.key(name) or _is_child(other, name)]
    if section.name == "signal" and kinds:
        kind = entry.raw.get("kind")
        return f"{kind} signals do not read {name}; remove it, only {_or(tuple(kinds))} signals do"
    owners = [other.heading for other in SECTIONS.values() if other.key(name)]
    if owners and not nearest(name, known):
        return f"{section.heading} does not read {name}; move it to {' or '.join(owners)}"
    habit = _HABITS.get(name.lower(), "")
    near = habit if habit in known else nearest(name, known)
    if near:
        return f"unknown key {shown(name)} in {section.heading}; write {near}"
    return f"unknown key {shown(name)} in {section.heading}; remove it, or {suggest(name, known)}"


def _is_child(section: Section, name: str) -> bool:
    return section.child is not None and section.child.name == f"{section.name}.{name}"


def describe(number: float, unit: str) -> str:
    """A figure with its unit."""
    return f"{figure(number)} {unit}"
