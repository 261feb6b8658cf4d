"""The argument parser of `headworks`: a wrong call is one line with what to do.

Parses nothing itself; `argparse` does.
"""

import argparse
import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NoReturn

WRONG_CALL = 2
# what people write -> what does it; the first words are those of the program
_BOARD = "headworks board console NAME --command"
MEANT = {
    "headworks": {
        **dict.fromkeys(("alarm", "alarms", "trip", "latches"), "headworks trips"),
    },
    "headworks board": {
        **{
            word: f"{_BOARD} {word}"
            for word in (
                "info",
                "sensors",
                "outputs",
                "log",
                "counters",
                "identify",
                "maint",
                "restart",
            )
        },
        "reset": "headworks reset NAME",
        "test": "headworks board selftest NAME",
    },
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line and exits with 2, instead of printing the whole usage."""

    def error(self, message: str) -> NoReturn:
        """End the program. The text names the mistake, its likely cure and where to read on."""
        told = _told(message, MEANT.get(self.prog, {}))
        self.exit(WRONG_CALL, f"{self.prog}: error: {told} see: {self.prog} --help\n")


def explained(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    """A subcommand whose one line of help is also its description."""
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def above_zero(text: str) -> float:
    """A finite number above zero. Raises ArgumentTypeError."""
    value = _number(text)
    if value is None or value <= 0.0:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number above 0")
    return value


def zero_or_more(text: str) -> float:
    """A finite number, not below zero. Raises ArgumentTypeError."""
    value = _number(text)
    if value is None or value < 0.0:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number, 0 or more")
    return value


def time_of_day(text: str) -> str:
    """HH:MM as it stands. Raises ArgumentTypeError."""
    if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", text):
        raise argparse.ArgumentTypeError(f"{text!r}: write a time of day such as 06:30")
    return text


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _told(message: str, meant: Mapping[str, str]) -> str:
    """The mistake; with the nearest word that may stand there, where a word is not one of them."""
    wrong = re.search(r"^(.*invalid choice: '([^']*)') \(choose from (.*)\)$", message)
    if wrong is not None and wrong.group(2) in meant:
        return f"{wrong.group(1)}; that is: {meant[wrong.group(2)]};"
    if wrong is not None:
        near = get_close_matches(wrong.group(2), re.findall(r"[\w-]+", wrong.group(3)), 1)
        if near:
            return f"{wrong.group(1)}; did you mean {near[0]}?"
    return f"{message};"
