"""What was seen: readings, signal values, feedback and commands, frozen into a Snapshot.

Times are seconds of the monotonic clock (`time.monotonic`); no wall clock is in here, so a
stepped clock cannot touch a decision. Named tuples, because a scan makes many of them and
they cost a fifth of a frozen dataclass.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Quality(StrEnum):
    """Whether a value may be used. Only GOOD may; the others say why not."""

    GOOD = "good"
    NEVER = "never"  # nothing has been heard since start
    SILENT = "silent"  # asked, and no reply came
    ERROR = "error"  # a reply came and was refused (exception, CRC, wrong length)
    NOT_AVAILABLE = "not-available"  # the device itself says that it has no value
    FROZEN = "frozen"  # bit-identical for longer than is possible under load
    IMPLAUSIBLE = "implausible"  # outside what the profile says can be


class Reading(NamedTuple):
    """The latest sample of one meter.

    `t_s` is when the reply of this sample came (for a bad quality: when it was found bad);
    `seq` counts good samples, so a new sample is a new `seq`. `power_kw` is import positive at
    the meter's point and is None unless quality is GOOD. `values` holds every channel by its
    name with unit, `voltage_l1_v` or `import_kwh`. `cause` says in plain words what is wrong.
    """

    meter: str
    t_s: float
    seq: int
    quality: Quality
    power_kw: float | None = None
    frequency_hz: float | None = None
    values: Mapping[str, float] = {}
    cause: str = ""


class SignalValue(NamedTuple):
    """What an outside signal (setpoint, contact, schedule) allows, until when.

    `limit_kw` None means that the source sets no limit now; 0.0 means zero watts. A value that
    is not GOOD, or is past `valid_until_s`, counts as zero surplus. `note` is for people.
    """

    t_s: float
    quality: Quality
    limit_kw: float | None = None
    valid_until_s: float = 0.0
    note: str = ""


class Feedback(NamedTuple):
    """What is known of one rack's switch; None is unknown and is never taken as agreement.

    `readback` is the output as the device reports it, `aux_closed` the auxiliary contact.
    `t_s` is when the older of the two was seen.
    """

    t_s: float
    readback: bool | None = None
    aux_closed: bool | None = None


class Observation(NamedTuple):
    """One channel of a board or an input: a number, a contact (True = active), or unknown."""

    t_s: float
    quality: Quality
    value: float | bool | None = None
    cause: str = ""


class Action(StrEnum):
    """What a person may ask of the station. None of these energises past a limit."""

    OFF = "off"  # keep the rack off until AUTO
    AUTO = "auto"  # let the rack follow the surplus
    LOCK = "lock"  # lock-out with name and note: a person works on it
    UNLOCK = "unlock"
    RESET = "reset"  # clear a latch of a rack or an interlock
    ACK = "ack"  # an alarm was seen


class Command(NamedTuple):
    """A person's or a program's wish, carried out by the next scan and journalled."""

    id: str
    actor: str
    role: str
    action: Action
    target: str
    note: str = ""


class Snapshot(NamedTuple):
    """Everything one scan may know, at one instant."""

    t_s: float
    readings: Mapping[str, Reading]
    signals: Mapping[str, SignalValue]
    feedback: Mapping[str, Feedback]  # by rack name
    observations: Mapping[str, Observation]  # by "source.channel": "hat.in3", "air.smoke"
    commands: tuple[Command, ...] = ()
    deadman_held: bool = False  # the dead-man output has stood still too long: no rack has power
