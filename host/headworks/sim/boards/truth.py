"""What is true of one simulated board, whatever it says: how it runs, what its outputs do."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class BoardTruth:
    """`state`: off, run, hung, repl or restarts. `ends` counts why its program ended so far."""

    name: str
    model: str
    state: str = "off"
    starts: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    on: dict[str, bool] = field(default_factory=dict)  # outputs by name, as the relays are
    on_s: dict[str, float] = field(default_factory=dict)  # when each last changed, monotonic
    light: bool = False

    def drive(self, output: str, on: bool) -> None:
        """An output is driven so."""
        if self.on.get(output, False) != on:
            self.on[output] = on
            self.on_s[output] = time.monotonic()

    def dark(self, state: str) -> None:
        """Nothing is driven any more: every output is off."""
        self.state, self.light = state, False
        for output in self.on:
            self.drive(output, False)

    def row(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.name,
            "model": self.model,
            "state": self.state,
            "starts": self.starts,
            "ends": dict(self.ends),
            "on": dict(self.on),
            "on_s": dict(self.on_s),
            "light": self.light,
        }
