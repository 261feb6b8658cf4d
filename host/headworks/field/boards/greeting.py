"""What a board's `hello` says, checked against what the site file means. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from headworks.field.boards.view import BoardState
from headworks.model.site import BoardSpec
from headworks.model.text import clean
from headworks_fw.wire import PROTOCOL

_LONGEST = 40
_WRAPS = range(20, 63)


class Hello(NamedTuple):
    """A board's introduction, every field a safe text."""

    protocol: str
    number: int  # of the question it answers; 0: the board has just started
    firmware: str
    model: str
    name: str
    uid: str
    boot: str
    why: str
    config: str
    wrap_bits: int
    state: str
    build: str = ""  # of its manifest's SHA-256 the first digits; an older firmware tells none

    @property
    def start(self) -> tuple[str, ...]:
        """What one start of one board tells the same each time."""
        return self.boot, self.uid, self.firmware, self.model, self.name


class Expected(NamedTuple):
    """What the site file means by a board."""

    spec: BoardSpec
    config: str  # CRC of its configuration
    flash: str = ""  # the command that puts this firmware on it, where no station runs


def hello(fields: Mapping[str, Any]) -> Hello | None:
    """The introduction in a frame; None where a field that matters makes no sense."""
    bits, number = fields.get("w"), fields.get("n", 0)
    if not isinstance(bits, int) or bits not in _WRAPS or not isinstance(number, int):
        return None
    texts = [fields.get(key) for key in ("p", "fw", "bd", "nm", "uid", "bt", "why", "cfg", "st")]
    if not all(isinstance(text, str) for text in texts):
        return None
    protocol, firmware, model, name, uid, boot, why, config, state = (
        clean(str(text))[:_LONGEST] for text in texts
    )
    sha = fields.get("sha")
    build = clean(sha)[:_LONGEST] if isinstance(sha, str) else ""
    return Hello(
        protocol, number, firmware, model, name, uid, boot, why, config, bits, state, build
    )  # fmt: skip


def minor(said: Hello) -> int:
    """The minor number of its protocol; 0 where it makes no sense."""
    text = said.protocol.partition(".")[2]
    return int(text) if text.isascii() and text.isdecimal() else 0


def judge(said: Hello, expected: Expected) -> tuple[BoardState, str]:
    """Where the board stands after its introduction, and why, with what to do."""
    spec = expected.spec
    update = expected.flash or f"headworks board update {spec.name}"  # beside the station
    other = other_protocol(said, update)
    if other:
        return BoardState.PROTOCOL, other
    wrong = _other(said, spec)
    if wrong:
        return BoardState.OTHER_BOARD, wrong
    if said.state != "run":
        return BoardState.SAFE_MODE, (
            f"its firmware {said.firmware} does not start and only talks; flash it again: {update}"
        )
    if said.config != expected.config:
        return BoardState.OTHER_CONFIG, (
            f"its configuration {said.config} is not the site file's {expected.config}; "
            f"flash it again: {update}"
        )
    return BoardState.RUNS, ""


def other_protocol(said: Hello, flash: str) -> str:
    """Why a board cannot be understood, with the command to flash it; empty where it can."""
    if said.protocol.partition(".")[0] == PROTOCOL.partition(".")[0]:
        return ""
    return (
        f"it speaks protocol {said.protocol}, this program {PROTOCOL}; "
        f"put this program's firmware on it: {flash}"
    )


def _other(said: Hello, spec: BoardSpec) -> str:
    """Why this is not the board that is meant; empty where it is."""
    if spec.uid and said.uid.lower() != spec.uid.lower():
        return f"the board at this port is {said.uid}, the site file means {spec.uid}; swap them"
    if (said.name, said.model) != (spec.name, spec.model):
        return (
            f"the board at this port is {said.name!r}, model {said.model}; the site file means "
            f"{spec.name!r}, model {spec.model}: swap the boards, or stop the "
            f"station and flash this one: headworks board flash --name {spec.name} "
            f"--model {spec.model} --site SITE"
        )
    return ""


def said_by(said: Hello | None) -> tuple[str, str, str, tuple[str, str]]:
    """Firmware, uid, reset reason, and of which files and configuration it is, for a view."""
    if said is None:
        return "", "", "", ("", "")
    return said.firmware, said.uid, said.why, (said.build, said.config)


def lost(
    said: Hello | None, name: str, port: str, after_s: float, *, was_lent: bool, at_prompt: bool
) -> str:
    """Why nothing is known of a board that does not answer, and what to do.

    `after_s`: it has been silent for so long; 0 while it may still have its time.
    """
    if at_prompt:
        return (
            f"MicroPython's prompt answers at {port}, so no firmware runs: "
            f"headworks board update {name}"
        )
    if was_lent:
        return (
            f"nobody has answered at {port} since its port was lent; the board may stand at its "
            f"prompt: headworks board update {name}"
        )
    if not after_s:
        return f"nobody has answered at {port} yet"
    if said is None:
        return f"nobody answers at {port}; is it a flashed board? see: headworks board list"
    return f"silent for more than {after_s:g} s; check its cable and supply"
