"""The nouns of a meter model: its registers, and the samples that prove them. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Words = Mapping[int, Mapping[int, int]]  # function code -> wire address -> word


class Confidence(StrEnum):
    """How well a register's facts are founded."""

    SEVERAL = "2+"  # two or more independent sources agree
    ONE = "1"  # one source
    CONFLICT = "X"  # sources conflict; the profile follows the one that it names
    INFERRED = "inferred"  # follows from the pattern only


@dataclass(frozen=True, slots=True)
class Register:
    """One value of a meter. `address` is the 0-based wire address (SunSpec: offset in the model).

    `factor` turns one count into the channel's unit (1 W in `power_kw`: 0.001). `sentinels` are
    unsigned bit patterns that mean "no value". `low` and `high` bound what is plausible, in the
    channel's unit.
    """

    channel: str
    address: int
    function: int
    type: str
    lsw_first: bool
    unit: str
    factor: float
    required: bool
    low: float
    high: float
    source: tuple[str, ...]
    confidence: Confidence
    sentinels: tuple[int, ...] = ()
    scale_factor: str | None = None  # channel of the SunSpec scale factor

    @property
    def is_scale_factor(self) -> bool:
        """Whether it scales others and is no channel of its own."""
        return self.type == "sunssf"


@dataclass(frozen=True, slots=True)
class Identity:
    """A register by which the model is known, with the texts or numbers it may hold."""

    function: int
    address: int
    count: int
    expect: tuple[str, ...]  # hexadecimal words, "*" for any
    source: str


@dataclass(frozen=True, slots=True)
class SunSpec:
    """Where the SunS marker may be, and which models hold the registers."""

    bases: tuple[int, ...]
    models: tuple[int, ...]
    length: int  # registers of the model's body, after id and length


@dataclass(frozen=True, slots=True)
class Sample:
    """Words as a device sends them, and the reading that they must give."""

    origin: str  # "constructed", or where it was recorded
    words: Words
    gives: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class MeterProfile:
    """One model of meter."""

    model: str
    name: str
    draft: bool
    protocols: tuple[str, ...]
    max_block: int  # most registers in one read
    registers: tuple[Register, ...]
    samples: tuple[Sample, ...]
    sources: Mapping[str, str]
    gaps: tuple[tuple[int, int], ...] = ()  # first and last address that no read may touch
    identity: tuple[Identity, ...] = ()
    sunspec: SunSpec | None = None
    notes: tuple[str, ...] = ()
    base: str = ""  # the model whose registers it shares
    _channels: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        names = tuple(r.channel for r in self.registers if not r.is_scale_factor)
        object.__setattr__(self, "_channels", names)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels with unit: power_kw, voltage_l1_v, import_kwh …"""
        return self._channels
