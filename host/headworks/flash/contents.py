"""What is on a board: read by one script at its prompt. Parses; sends nothing itself.

The board may be any board, or none: nothing of its answer is believed before its type is seen.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from headworks.flash.errors import FlashError

MARK = "BOARD "
_TRIES = 3  # failed starts of a slot before the loader takes the other one
_MOST = 1 << 40  # of any whole number in an answer: more than any flash has bytes
_LONGEST = 256  # letters of any text in an answer
# Runs on the board; prints as it goes, as there may be no room for all at once. Paths are
# relative: the prompt stands in the root of the file system.
SCRIPT = """
import os, sys, json, hashlib, binascii, gc
def _sum(p):
    h = hashlib.sha256(); b = bytearray(256)
    with open(p, 'rb') as f:
        while True:
            n = f.readinto(b)
            if not n: break
            h.update(memoryview(b)[:n])
    return binascii.hexlify(h.digest()).decode()
def _walk(d):
    for e in os.ilistdir(d):
        p = d + '/' + e[0]
        if e[1] & 0x4000: _walk(p)
        else: print('FILE', _sum(p), p)
    gc.collect()
def _read(p):
    try:
        with open(p) as f: return f.read(64).strip()
    except Exception: return ''
def _show(d):
    print('LIST', d, end=' ')
    try:
        with open(d + '/manifest.json') as f:
            while True:
                t = f.read(128)
                if not t: break
                print(t, end='')
    except Exception: pass
    print()
def _name(d):
    try:
        with open(d + '/config.json') as f: return str(json.load(f)['name'])[:64]
    except Exception: return ''
for _d in ('a', 'b'):
    try: _walk(_d)
    except OSError: pass
    _show(_d)
try: print('FILE', _sum('main.py'), 'main.py')
except OSError: pass
_s = os.statvfs('.')
try: _u = binascii.hexlify(__import__('machine').unique_id()).decode()
except Exception: _u = ''
print('BOARD ' + json.dumps({'mpy': getattr(sys.implementation, '_mpy', 0),
  'version': list(sys.implementation.version[:3]), 'platform': sys.platform,
  'machine': getattr(sys.implementation, '_machine', ''), 'uid': _u, 'slot': _read('slot'),
  'tries': _read('tries'), 'good': _read('good'), 'free': _s[0] * _s[3],
  'names': [_name('a'), _name('b')]}))
gc.collect()
"""


class Contents(NamedTuple):
    """A board's MicroPython and its files. `files`: path → sha256. `version`: of MicroPython.

    `slot` is the pointer, `good` the slot that was last confirmed healthy. `names` are those in
    the configurations of the slots a and b; empty where one has none that can be read.
    """

    mpy: int
    version: tuple[int, ...]
    platform: str
    machine: str
    uid: str
    slot: str
    tries: str
    files: Mapping[str, str]
    free_bytes: int
    manifests: Mapping[str, str]
    good: str = ""
    names: tuple[str, str] = ("", "")

    @property
    def called(self) -> tuple[str, ...]:
        """The name of the board in the active slot; where none is whole, those there are."""
        named = dict(zip("ab", self.names, strict=True))
        found = [named[self.active]] if self.active else self.names
        return tuple(name for name in found if name)

    def complete(self, slot: str) -> Mapping[str, str] | None:
        """The manifest's files of a slot that holds all of them whole, else None."""
        listed = _object(self.manifests.get(slot, "")).get("files")
        if not isinstance(listed, dict) or not listed:
            return None
        whole = all(
            isinstance(digest, str) and self.files.get(f"{slot}/{path}") == digest
            for path, digest in listed.items()
        )
        return listed if whole else None

    def firmware(self, slot: str) -> str:
        """The version that a slot's manifest names; empty where there is none."""
        version = _object(self.manifests.get(slot, "")).get("fw")
        return version if isinstance(version, str) else ""

    @property
    def active(self) -> str:
        """The slot that shall run: the pointer's, if it is whole; empty where none is."""
        return self._first_whole(self._slots)

    @property
    def keep(self) -> str:
        """The slot not to touch: where the pointer's fails, the one that the board falls back to.

        Empty where none is whole.
        """
        pointed, other = self._slots
        fails = self.tries.isdecimal() and int(self.tries) >= _TRIES
        return self._first_whole((other, pointed) if fails or self.good == other else self._slots)

    @property
    def _slots(self) -> tuple[str, str]:
        """The pointer's and the other one."""
        return ("b", "a") if self.slot == "b" else ("a", "b")

    def _first_whole(self, slots: tuple[str, str]) -> str:
        return next((slot for slot in slots if self.complete(slot)), "")


def parse(output: str, port: str) -> Contents:
    """What the script has printed at this port. Raises FlashError."""
    lines = [line.rstrip("\r") for line in output.split("\n")]
    words = [line.split(" ", 2) for line in lines]
    files = {word[2]: word[1] for word in words if word[0] == "FILE" and len(word) == 3}
    lists = {word[1]: word[2] for word in words if word[0] == "LIST" and len(word) == 3}
    line = next((line for line in lines if line.startswith(MARK)), "")
    found = _object(line.removeprefix(MARK))
    try:
        return Contents(
            _whole(found, "mpy"),
            _version(found),
            _text(found, "platform"),
            _text(found, "machine"),
            _text(found, "uid"),
            _text(found, "slot"),
            _text(found, "tries"),
            files,
            _whole(found, "free"),
            lists,
            _text(found, "good"),
            _names(found),
        )
    except ValueError as error:
        raise FlashError(
            f"{port}: what the board there tells of itself makes no sense ({error}); unplug it, "
            "plug it in, and run the same command again"
        ) from error


def _object(text: str) -> Mapping[str, Any]:
    """A JSON object; empty where the text is none. RecursionError: nested without end."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _whole(found: Mapping[str, Any], key: str) -> int:
    return _number(found.get(key), key)


def _version(found: Mapping[str, Any]) -> tuple[int, ...]:
    parts = found.get("version")
    if not isinstance(parts, list) or len(parts) != 3:
        raise ValueError("version is no three numbers")
    return tuple(_number(part, "version") for part in parts)


def _names(found: Mapping[str, Any]) -> tuple[str, str]:
    names = found.get("names", ["", ""])
    if not isinstance(names, list) or len(names) != 2:
        raise ValueError("names are no two texts")
    named = {str(at): name for at, name in enumerate(names)}
    return _text(named, "0"), _text(named, "1")


def _number(value: object, key: str) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError(f"{key} is no whole number")
    return value


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError(f"{key} is no short text")
    return value
