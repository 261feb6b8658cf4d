"""Counts starts that did not end well, so that a crash loop ends with the outputs off.

A file in the state folder; replaced in one step, so that a power cut leaves the old or the new
one. systemd's own start limit stands beside it and needs no disk. Starts of an earlier boot do
not count: a substation that loses power often is no crash loop.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

LIMIT = 5  # starts without an orderly end [ours]
WITHIN_S = 600.0


class Starts:
    """The starts of one station."""

    def __init__(self, path: Path, boot: str) -> None:
        self._path, self._boot = path, boot

    def wait_s(self, t_s: float) -> float:
        """How long a further start has to wait; 0.0 = none."""
        recent = self._recent(t_s)
        return recent[-LIMIT] + WITHIN_S - t_s if len(recent) >= LIMIT else 0.0

    def begin(self, t_s: float) -> None:
        """A start; it counts until `end`."""
        self._write([*self._recent(t_s), t_s][-LIMIT:])

    def count(self, t_s: float) -> int:
        """How many starts count now."""
        return len(self._recent(t_s))

    def forget(self, t_s: float) -> None:
        """The latest start was refused with a reason; it was no crash."""
        self._write(self._recent(t_s)[:-1])

    def end(self) -> None:
        """An orderly end: nothing counts any more."""
        self._write([])

    def _recent(self, t_s: float) -> list[float]:
        try:
            found = json.loads(self._path.read_text())
            boot, times_s = found["boot"], [float(value) for value in found["starts_s"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return []
        return [at for at in times_s if boot == self._boot and t_s - WITHIN_S < at <= t_s]

    def _write(self, times_s: list[float]) -> None:
        """A disk that refuses is reported by the memory; here it must not stop the start."""
        new = self._path.with_suffix(".new")
        with suppress(OSError):
            with new.open("w") as file:
                json.dump({"boot": self._boot, "starts_s": times_s}, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
