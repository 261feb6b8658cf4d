"""Counts wrong PINs on disk, so that pulling the plug gives nobody new guesses.

A guess counts before it is looked at. After a restart the whole wait begins anew, since nobody
knows how long it was off; time is an argument.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from headworks.durably import write_durably
from headworks.faces.people.lockout import FIRST_WAIT_S, FREE, LONGEST_WAIT_S

FILE = "pin-guesses.json"
NOBODY = ""  # whoever has no PIN
_FREE = FREE["pair"]  # wrong ones before anybody has to wait
_MANY = 100  # what a file that cannot be read counts as


class GuessesError(Exception):
    """The count cannot be kept, so nobody may guess; the text says why."""


class Guesses:
    """Wrong PINs of everybody together, since there is one cable. The right one of a person takes
    away that person's alone: who has a PIN gets no new guesses at somebody else's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._until_s = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Seconds until a PIN may be given; 0 when it may now."""
        wrong = sum(self._read().values())
        if wrong != self._seen:  # at the first look, or another process of ours has counted
            self._seen, self._until_s = wrong, now_s + _wait_s(wrong)
        return max(0.0, self._until_s - now_s)

    def begin(self, name: str, now_s: float) -> None:
        """One more guess at the PIN of this person, or NOBODY. Raises GuessesError; then there
        was none."""
        wrong = self._read()
        wrong[name] = wrong.get(name, 0) + 1
        self._write(wrong)
        self._until_s = now_s + _wait_s(self._seen)

    def passed(self, name: str, known: Iterable[str]) -> None:
        """The last one was right; `known` are all who have a PIN.

        Raises GuessesError; the guesses before it still count.
        """
        others = {*known} - {name, NOBODY}
        self._write({key: count for key, count in self._read().items() if key in others})
        self._until_s = float("-inf")

    def _read(self) -> dict[str, int]:
        try:
            wrong = json.loads(self._path.read_text(encoding="utf-8"))["wrong"]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {NOBODY: _MANY}
        good = isinstance(wrong, dict) and all(type(n) is int and n >= 0 for n in wrong.values())
        return wrong if good else {NOBODY: _MANY}

    def _write(self, wrong: Mapping[str, int]) -> None:
        try:
            write_durably(self._path, json.dumps({"wrong": wrong}) + "\n")
        except OSError as error:
            raise GuessesError(
                f"wrong PINs cannot be counted, so none is taken: {self._path}: {error.strerror}"
            ) from error
        self._seen = sum(wrong.values())


def _wait_s(wrong: int) -> float:
    over = min(wrong - _FREE, 10)
    return min(FIRST_WAIT_S * 2.0**over, LONGEST_WAIT_S) if over >= 0 else 0.0
