"""Reads a meter's TOML file into a MeterProfile; every mistake names file, place and fix.

`like = "pm5xxx"` takes everything from another file and overrides what is said here.
"""

from collections.abc import Mapping
from typing import Any

from headworks.hardware.files import HardwareError, read
from headworks.hardware.meter_types import (
    Confidence,
    Identity,
    MeterProfile,
    Register,
    Sample,
    SunSpec,
    Words,
)
from headworks.hardware.meter_words import TYPES

# unit of a channel (the end of its name) -> units a register may have -> factor
_UNITS: dict[str, dict[str, float]] = {
    "kw": {"W": 0.001, "kW": 1.0, "MW": 1000.0},
    "kwh": {"Wh": 0.001, "kWh": 1.0, "MWh": 1000.0},
    "v": {"V": 1.0, "kV": 1000.0},
    "a": {"A": 1.0, "mA": 0.001},
    "hz": {"Hz": 1.0, "mHz": 0.001},
}
_TOP = (
    "like, name, draft, protocols, max_block, gaps, notes, sources, defaults, ranges, "
    "registers, scale_factors, identity, sunspec, sample"
)
_REGISTER = (
    "address, function, type, word_order, unit, step, required, range, source, confidence, "
    "sentinels, scale_factor"
)
_ORDERS = {"msw-first": False, "lsw-first": True}

Table = Mapping[str, Any]


def load_meter(model: str) -> MeterProfile:
    """The profile of a model. Raises HardwareError naming file, place and fix."""
    try:
        return _profile(model, _merged(model))
    except HardwareError:
        raise
    except KeyError as error:
        raise HardwareError(f"meter {model}: {error.args[0]!r} is missing; add it") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise HardwareError(f"meter {model}: {error}") from error


def _merged(model: str) -> Table:
    table = read("meter", model)
    _known(f"meter {model}", table, _TOP)
    if "like" not in table:
        return table
    other = read("meter", table["like"])
    if "like" in other:
        raise HardwareError(f"meter {model}: {table['like']} is itself like another; name that one")
    return {**other, **table}


def _known(where: str, table: Table, names: str) -> None:
    unknown = sorted(set(table) - set(names.split(", ")))
    if unknown:
        raise HardwareError(f"{where}: unknown key {unknown[0]!r}; known: {names}")


def _profile(model: str, table: Table) -> MeterProfile:
    return MeterProfile(
        model=model,
        name=str(table["name"]),
        draft=bool(table.get("draft", False)),
        protocols=tuple(table["protocols"]),
        max_block=int(table["max_block"]),
        registers=_registers(model, table),
        samples=tuple(_sample(s) for s in table.get("sample", ())),
        sources=dict(table["sources"]),
        gaps=tuple((int(a), int(b)) for a, b in table.get("gaps", ())),
        identity=tuple(_identity(i) for i in table.get("identity", ())),
        sunspec=_sunspec(table.get("sunspec")),
        notes=tuple(table.get("notes", ())),
        base=str(table.get("like", "")),
    )


def _registers(model: str, table: Table) -> tuple[Register, ...]:
    defaults, ranges = table.get("defaults", {}), table["ranges"]
    factors = {
        name: {"type": "sunssf", "unit": "", "required": True, **entry}
        for name, entry in table.get("scale_factors", {}).items()
    }
    entries = {**table["registers"], **factors}
    found = tuple(_register(model, n, {**defaults, **e}, ranges) for n, e in entries.items())
    if "power_kw" not in table["registers"]:
        raise HardwareError(f"meter {model}: no register for power_kw; a meter must have it")
    for register in found:
        if unknown := set(register.source) - set(table["sources"]):
            raise HardwareError(f"meter {model}: {register.channel}: no source {unknown}")
        if register.scale_factor and register.scale_factor not in factors:
            raise HardwareError(f"meter {model}: no scale factor {register.scale_factor!r}")
    return found


def _register(model: str, channel: str, entry: Table, ranges: Table) -> Register:
    where = f"meter {model}: {channel}"
    _known(where, entry, _REGISTER)
    kind = entry["type"]
    if kind not in TYPES:
        raise HardwareError(f"{where}: type {kind!r} is none of {', '.join(TYPES)}")
    suffix = channel.rsplit("_", 1)[-1]
    scales = kind == "sunssf"
    factor = 1.0 if scales else _factor(where, suffix, entry)
    low, high = (-10, 10) if scales else entry.get("range", ranges.get(suffix, (None, None)))
    if low is None or high is None:
        raise HardwareError(f"{where}: no plausible range; give [ranges] {suffix} = [low, high]")
    return Register(
        channel=channel,
        address=int(entry["address"]),
        function=int(entry["function"]),
        type=kind,
        lsw_first=_ORDERS[entry.get("word_order", "msw-first")],
        unit=entry["unit"],
        factor=factor,
        required=bool(entry.get("required", False)),
        low=float(low),
        high=float(high),
        source=tuple(entry["source"]),
        confidence=Confidence(str(entry["confidence"])),
        sentinels=TYPES[kind].empty + tuple(int(s) for s in entry.get("sentinels", ())),
        scale_factor=entry.get("scale_factor"),
    )


def _factor(where: str, suffix: str, entry: Table) -> float:
    units = _UNITS.get(suffix)
    if units is None:
        raise HardwareError(f"{where}: a channel's name ends in its unit: {', '.join(_UNITS)}")
    if entry["unit"] not in units:
        raise HardwareError(f"{where}: unit {entry['unit']!r} is none of {', '.join(units)}")
    return units[entry["unit"]] * float(entry.get("step", 1.0))


def _identity(entry: Table) -> Identity:
    expect = tuple(str(text) for text in entry["expect"])
    count = len(expect[0].split())
    return Identity(int(entry["function"]), int(entry["address"]), count, expect, entry["source"])


def _sunspec(entry: Table | None) -> SunSpec | None:
    if entry is None:
        return None
    return SunSpec(tuple(entry["bases"]), tuple(entry["models"]), int(entry["length"]))


def _sample(entry: Table) -> Sample:
    words: dict[int, dict[int, int]] = {}
    for run in entry["words"]:
        numbers = [int(word, 16) for word in run["hex"].split()]
        block = words.setdefault(int(run["function"]), {})
        block.update({int(run["address"]) + n: word for n, word in enumerate(numbers)})
    gives = {name: float(value) for name, value in entry["gives"].items()}
    frozen: Words = words
    return Sample(str(entry["origin"]), frozen, gives)
