"""The questions of `headworks init`, their defaults and their checks. Reads no terminal.

The checks are the rows of the site file's own schema, so that both say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from headworks.hardware.files import HardwareError, models
from headworks.hardware.meter import load_meter
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.site.rows import FEEDER, METER, RACK, SITE
from headworks.site.schema import FormError, Section
from headworks.site.values import figure, suggest

TCP = "tcp://10.0.0.11:502"
SERIAL = "serial:/dev/ttyAMA0"  # the UART of a Raspberry Pi's header
COILS = "tcp://10.0.0.12:502"


def local_zone(link: Path = Path("/etc/localtime")) -> str:
    """This machine's time zone by its link, else UTC."""
    zone = str(link.resolve()).partition("zoneinfo/")[2]
    try:
        return str(_row(SITE, "timezone", zone))
    except FormError:
        return "UTC"


@dataclass
class Answers:
    """What the file needs to be told. The defaults make a file that passes the check."""

    name: str = "my-site"
    timezone: str = "UTC"
    model: str = "pm5560"
    connect: str = TCP
    unit: int = 1
    rating_kw: float = 630.0
    switch: str = "relay-hat-8"
    switch_connect: str = COILS
    racks: int = 6
    rated_kw: float = 36.0

    def board(self) -> SwitchProfile:
        """The profile of the chosen switch."""
        return load_switch(self.switch)


@dataclass(frozen=True)
class Question:
    """One question. `take` keeps a good answer and returns "", else what is wrong."""

    text: str
    default: Callable[[], str]
    take: Callable[[str], str]


def questions(answers: Answers) -> list[Question]:
    """All questions in their order; each looks at the answers before it when it is asked."""
    answers.timezone = local_zone()
    return [
        *_of_place(answers),
        Question(
            "Relay board or PDU (? lists them)",
            lambda: answers.switch,
            lambda line: _take(answers, "switch", _model, line, "switch"),
        ),
        Question(
            "Where is that board (GPIO boards: just Enter)",
            lambda: answers.switch_connect if answers.board().needs_connect else "GPIO",
            lambda line: _board_connect(answers, line),
        ),
        Question(
            "How many racks",
            lambda: str(min(answers.racks, most_racks(answers))),
            lambda line: _take(answers, "racks", _racks, line, answers),
        ),
        Question(
            "Rated power of one rack in kW",
            lambda: figure(min(answers.rated_kw, answers.rating_kw)),
            lambda line: _take(answers, "rated_kw", _rated, line, answers),
        ),
    ]


def _of_place(answers: Answers) -> list[Question]:
    return [
        Question(
            "Name of the site",
            lambda: answers.name,
            lambda line: _take(answers, "name", _text, line, SITE, "name"),
        ),
        Question(
            "Time zone",
            lambda: answers.timezone,
            lambda line: _take(answers, "timezone", _text, line, SITE, "timezone"),
        ),
        Question(
            "Meter model at the point of connection (? lists them)",
            lambda: answers.model,
            lambda line: _take(answers, "model", _model, line, "meter"),
        ),
        Question(
            "Where is that meter (tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:/dev/…)",
            lambda: TCP if "tcp" in load_meter(answers.model).protocols else SERIAL,
            lambda line: _take(answers, "connect", _meter_connect, line, answers),
        ),
        Question(
            "Its Modbus unit",
            lambda: str(answers.unit),
            lambda line: _take(answers, "unit", _unit, line, answers),
        ),
        Question(
            "Rating of the transformer or feeder in kW",
            lambda: figure(answers.rating_kw),
            lambda line: _take(answers, "rating_kw", _rating, line),
        ),
    ]


def most_racks(answers: Answers) -> int:
    """Outlets for racks: one is left for the dead man."""
    return len(answers.board().outlets) - 1


def _take(answers: Answers, field: str, read: Callable[..., Any], line: str, *more: Any) -> str:
    try:
        setattr(answers, field, read(line, *more))
    except (FormError, HardwareError) as error:
        return str(error)
    return ""


def _row(section: Section, key: str, value: Any) -> Any:
    row = section.key(key)
    if row is None:
        raise FormError(f"{key} is not in {section.heading}; report this")
    return row.kind(row, value)


def _text(line: str, section: Section, key: str) -> Any:
    return _row(section, key, line)


def _number(section: Section, key: str, line: str) -> Any:
    try:
        value = tomli.loads(f"value = {line}")["value"]
    except ValueError:
        value = line
    return _row(section, key, value)


def _model(line: str, kind: str) -> str:
    known = list(models(kind))
    if line == "?":
        raise FormError(", ".join(known))
    if line not in known:
        raise FormError(f"there is no {kind} model {line}; {suggest(line, known)}")
    load: Callable[[str], Any] = load_meter if kind == "meter" else load_switch
    load(line)  # a broken file is told now
    return line


def _meter_connect(line: str, answers: Answers) -> Any:
    connect = _row(METER, "connect", line)
    if not connect.startswith("tcp:") and "rtu" not in load_meter(answers.model).protocols:
        raise FormError(f"{answers.model} speaks Modbus TCP only; write tcp://HOST:502")
    return connect


def _unit(line: str, answers: Answers) -> Any:
    unit = _number(METER, "unit", line)
    if not answers.connect.startswith("tcp:") and not 1 <= unit <= 247:
        raise FormError("a serial line has the units 1 to 247; write one of them")
    return unit


def _rating(line: str) -> Any:
    rating = _number(FEEDER, "rating_kw", line)
    if rating == 0:
        raise FormError("0 kW would let no rack run; write what the transformer can carry")
    return rating


def _board_connect(answers: Answers, line: str) -> str:
    if not answers.board().needs_connect:
        return "" if line == "GPIO" else f"{answers.switch} sits on the GPIO header; press Enter"
    wrong = _take(answers, "switch_connect", _text, line, METER, "connect")
    same = answers.switch_connect == answers.connect and answers.unit == 1
    if not wrong and same:
        return "the meter is unit 1 at this address; write where the board is"
    return wrong


def _racks(line: str, answers: Answers) -> int:
    most = most_racks(answers)
    if not (line.isascii() and line.isdigit() and 1 <= int(line[:9]) <= most):
        raise FormError(f"{answers.switch} has room for 1 to {most} racks and the dead man")
    return int(line)


def _rated(line: str, answers: Answers) -> Any:
    rated = _number(RACK, "rated_kw", line)
    if rated > answers.rating_kw:
        raise FormError(f"that is more than the {figure(answers.rating_kw)} kW of the feeder")
    return rated
