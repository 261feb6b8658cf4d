"""Checks the ledger's sums and that each interval goes on where the last one ended."""

from collections.abc import Iterator
from typing import Any

from headworks.record.journal import INTERVAL

Json = dict[str, Any]
_EXACT_KWH = 2e-4  # counters are floats of up to ten digits
_JUMPS = {"rolled", "reset", "leap"}


class LedgerCheck:
    """Takes journal entries in order; `broken` is the first interval that does not add up."""

    def __init__(self) -> None:
        self.count = self.gaps = 0
        self.broken = ""
        self._before: Json | None = None

    def take(self, body: Json) -> None:
        """One entry of any kind."""
        if body["kind"] != INTERVAL or self.broken:
            return
        self.count += 1
        try:
            wrong = next(self._wrong(body), "")
        except (KeyError, TypeError, AttributeError):
            wrong = "it has not all the figures of an interval"
        if wrong:
            self.broken = f"ledger, interval in journal entry {body['seq']}: {wrong}"
        self._before = body

    def _wrong(self, body: Json) -> Iterator[str]:
        values = body["values"]
        racks = sum(row["kwh"] for row in values["racks"].values())
        if abs(racks - values["racks_kwh"]) > _EXACT_KWH:
            yield f"its racks add up to {racks:.3f} kWh and not to {values['racks_kwh']:.3f}"
        for name, row in _counters(values):
            if _JUMPS.isdisjoint(row["flags"]):
                step = row["last"] - row["first"]
                if abs(step - row["kwh"]) > _EXACT_KWH:
                    yield f"{name} has {row['kwh']} kWh, but its counter made {step:.6f}"
        if values["baseline_kwh"] is not None:
            units = values["baseline_kwh"] + values["incremental_kwh"]
            if abs(units - values["import"]["kwh"]) > _EXACT_KWH:
                yield "its units do not add up to its import"
        if values["covered_kwh"] < 0.0 or (values["covered_share"] or 0.0) > 1.0:
            yield "more of it is covered than was drawn"
        yield from self._continues(body)

    def _continues(self, body: Json) -> Iterator[str]:
        """Each counter begins where it ended, unless there is a gap, which is counted."""
        before, values = self._before, body["values"]
        if before is None:
            return
        ended = before["values"]
        if before["boot"] != body["boot"] or ended["to_t_s"] != values["from_t_s"]:
            self.gaps += 1
            return
        lasts = dict(_counters(ended))
        for name, row in _counters(values):
            if name in lasts and lasts[name]["last"] != row["first"]:
                yield f"{name} begins at {row['first']} and had ended at {lasts[name]['last']}"


def _counters(values: Json) -> Iterator[tuple[str, Json]]:
    """Every figure of an interval that comes from a counter."""
    rows = [("import", values["import"]), ("export", values["export"])]
    rows += [(f"rack {name}", row) for name, row in values["racks"].items()]
    for name, ways in values["feeders"].items():
        rows += [(f"feeder {name} {way}", row) for way, row in ways.items()]
    return ((name, row) for name, row in rows if row["how"] == "counter")
