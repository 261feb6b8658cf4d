"""What a check of the machine found: one line for people, one advice where something is to do."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """OK needs nothing, WARNING should be looked at, PROBLEM keeps the station from its work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """The result of one check. `advice` says what to do; empty when all is well."""

    check: str
    status: Status
    text: str
    advice: str = ""


def ok(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Status.OK, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """The station works, and yet."""
    return Finding(check, Status.WARNING, text, advice)


def problem(check: str, text: str, advice: str) -> Finding:
    """The station cannot do its work, or not safely."""
    return Finding(check, Status.PROBLEM, text, advice)
