"""Where in a TOML text each key and value stands. For text that tomli has accepted only.

tomli gives values without their places. This scanner reads the same text again and notes
places; it judges nothing and decodes nothing but quoted keys (which it leaves to tomli).
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

import tomli

from headworks.site.problems import Spot

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")


class Place(NamedTuple):
    """Where a key and its value begin. Of a table `[name]` both are its bracket."""

    key: Spot
    value: Spot


class Places:
    """The places of a text by key path: ("meter", 0, "name") is the first meter's name."""

    def __init__(self, places: Mapping[KeyPath, Place]) -> None:
        self._places = places

    def paths(self) -> list[KeyPath]:
        """Every path there is, in the order of the text."""
        return list(self._places)

    def key(self, path: KeyPath) -> Spot:
        """Where a key stands; the nearest table above it if the key is not there."""
        return self._nearest(path).key

    def value(self, path: KeyPath) -> Spot:
        """Where a key's value stands; the nearest table above it if it is not there."""
        return self._nearest(path).value

    def _nearest(self, path: KeyPath) -> Place:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, Place(Spot(), Spot()))


def locate(text: str) -> Places:
    """The places of every key, array element and table."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return Places(scanner.places)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[KeyPath, Place] = {}
        self._tables: dict[KeyPath, int] = {}  # how often [[path]] was met
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def document(self) -> None:
        header: KeyPath = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            before = self.at
            if self.text[self.at] == "[":
                header = self._header()
            else:
                self._pair(header)
            self._skip(_BLANK)
            if self.at == before:  # not TOML; a wrong place is better than none at all
                return

    def _header(self) -> KeyPath:
        start = self._spot(self.at)
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path: KeyPath = ()
        parts = self._key()
        for part, _ in parts[:-1]:
            path = self._inside((*path, part))
            self.places.setdefault(path, Place(start, start))
        path = (*path, parts[-1][0])
        if many:
            self.places.setdefault(path, Place(start, start))
            self._tables[path] = self._tables.get(path, 0) + 1
            path = self._inside(path)
        self.places[path] = Place(start, start)
        self.at += 2 if many else 1
        return path

    def _inside(self, path: KeyPath) -> KeyPath:
        """The path of the latest element where `path` is an array of tables."""
        return (*path, self._tables[path] - 1) if path in self._tables else path

    def _pair(self, path: KeyPath) -> None:
        parts = self._key()
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        value = self._spot(self.at)
        for part, position in parts:
            path = (*path, part)
            self.places.setdefault(path, Place(self._spot(position), value))
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        """A dotted key as its parts and where each stands; ends after trailing blanks."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            start = self.at
            parts.append((self._part(), start))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _part(self) -> str:
        quoted = self.text.startswith(("'", '"'), self.at)
        start = self.at
        self._skip(_STRING if quoted else _BARE)
        word = self.text[start : self.at]
        return str(tomli.loads(f"key = {word}")["key"]) if quoted else word

    def _value(self, path: KeyPath) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._table(path)
        else:
            self._skip(_STRING if first in ("'", '"') else _SCALAR)

    def _array(self, path: KeyPath) -> None:
        index = 0
        self.at += 1
        while not self._ended("]"):
            start = self._spot(self.at)
            self.places[(*path, index)] = Place(start, start)
            self._value((*path, index))
            index += 1

    def _table(self, path: KeyPath) -> None:
        self.at += 1
        while not self._ended("}"):
            self._pair(path)

    def _ended(self, bracket: str) -> bool:
        """Step over blanks and one comma; whether the bracket came, which is passed too."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        ended = self.at >= len(self.text) or self.text.startswith(bracket, self.at)
        self.at += ended
        return ended

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _spot(self, position: int) -> Spot:
        line = bisect_right(self._starts, position)
        return Spot(line, position - self._starts[line - 1] + 1)
