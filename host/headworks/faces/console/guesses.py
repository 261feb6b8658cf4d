"""Counts wrong PINs on disk, so that pulling the plug gives nobody new guesses.

A guess counts before it is looked at. After a restart the whole wait begins anew, since nobody
knows how long it was off; time is an argument.
"""

import json
from pathlib import Path

from headworks.faces.durably import write_durably
from headworks.faces.web.lockout import FIRST_WAIT_S, FREE, LONGEST_WAIT_S

FILE = "pin-guesses.json"
_FREE = FREE["pair"]  # wrong ones before anybody has to wait
_MANY = 100  # what a file that cannot be read counts as


class GuessesError(Exception):
    """The count cannot be kept, so nobody may guess; the text says why."""


class Guesses:
    """Wrong PINs since the last right one, of everybody together: there is one cable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._until_s = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Seconds until a PIN may be given; 0 when it may now."""
        wrong = self._read()
        if wrong != self._seen:  # at the first look, or another process of ours has counted
            self._seen, self._until_s = wrong, now_s + _wait_s(wrong)
        return max(0.0, self._until_s - now_s)

    def begin(self, now_s: float) -> None:
        """One more guess. Raises GuessesError; then there was none."""
        wrong = self._read() + 1
        self._write(wrong)
        self._seen, self._until_s = wrong, now_s + _wait_s(wrong)

    def passed(self) -> None:
        """The last one was right. Raises GuessesError; the guesses before it still count."""
        self._write(0)
        self._seen, self._until_s = 0, float("-inf")

    def _read(self) -> int:
        try:
            wrong = json.loads(self._path.read_text(encoding="utf-8"))["wrong"]
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError):
            return _MANY
        return wrong if isinstance(wrong, int) and wrong >= 0 else _MANY

    def _write(self, wrong: int) -> None:
        try:
            write_durably(self._path, json.dumps({"wrong": wrong}) + "\n")
        except OSError as error:
            raise GuessesError(
                f"wrong PINs cannot be counted, so none is taken: {self._path}: {error.strerror}"
            ) from error


def _wait_s(wrong: int) -> float:
    over = min(wrong - _FREE, 10)
    return min(FIRST_WAIT_S * 2.0**over, LONGEST_WAIT_S) if over >= 0 else 0.0
