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
from headworks.site.values import nearest, shown, suggest

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
    misspelt: set[str] = field(default_factory=set)  # keys that an unknown key seems to mean

    def has(self, key: str) -> bool:
        """Whether the key is written, rightly or wrongly."""
        return key in self.raw or key in self.misspelt

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
            # read it as what it seems to mean, so that nothing else is called missing
            section = SECTIONS.get(nearest(name, list(SECTIONS)))
            if section is None or section.name in data or not isinstance(content, dict | list):
                continue
        by_section[section.name] = _section(section, (name,), content, places, findings)
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
    tables = content if isinstance(content, list) else [content]
    if isinstance(content, list) != section.many or not all(isinstance(t, dict) for t in tables):
        wrong = "may be there many times" if section.many else "is there only once"
        fix = f"write it as {section.heading} with its keys below"
        findings.error(places.key(path), f"{path[-1]} {wrong}; {fix}")
    listed = isinstance(content, list)
    return [
        _entry(section, (*path, index) if listed else path, table, places, findings)
        for index, table in enumerate(tables)
        if isinstance(table, dict)
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
        findings.error(entry.at(), f"[[signal]] has no kind; write kind = {_one_of(SIGNAL_KINDS)}")
    elif kind in LATER_KINDS:
        findings.error(
            entry.at("kind"),
            f"kind = {shown(kind)} is not in this version; write {_one_of(SIGNAL_KINDS)}",
        )
    else:
        fix = suggest(str(kind), list(SIGNAL_KINDS))
        findings.error(entry.at("kind"), f"unknown kind of signal {shown(kind)}; {fix}")
    return False


def _one_of(words: tuple[str, ...]) -> str:
    quoted = [shown(word) for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


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
        findings.error(entry.key_at(name), _unknown_key(entry, name))
        return
    try:
        entry.values[name] = key.kind(key, value)
    except FormError as wrong:
        findings.error(entry.at(name), str(wrong))
    else:
        if key.zero_means and value == 0:
            findings.warning(entry.at(name), f"{name} = 0 {key.zero_means}")


def _unknown_key(entry: Entry, name: str) -> str:
    """What to say of a key that this entry does not read."""
    section = entry.section
    child = section.child.name.rpartition(".")[2:] if section.child else ()
    known = [*(key.name for key in section.keys), *child]
    kinds = [kind for kind, other in SIGNALS.items() if other.key(name) or _is_child(other, name)]
    if section.name == "signal" and kinds:
        kind = entry.raw.get("kind")
        return f"{kind} signals do not read {name}; remove it, only {', '.join(kinds)} signals do"
    habit = _HABITS.get(name.lower(), "")
    near = habit if habit in known else nearest(name, known)
    owners = [other.heading for other in SECTIONS.values() if other.key(name)]
    if owners and not near:
        return f"{section.heading} does not read {name}; move it to {' or '.join(owners)}"
    if near:
        entry.misspelt.add(near)
        return f"unknown key {shown(name)} in {section.heading}; write {near}"
    return f"unknown key {shown(name)} in {section.heading}; remove it, or {suggest(name, known)}"


def _is_child(section: Section, name: str) -> bool:
    return section.child is not None and section.child.name == f"{section.name}.{name}"
