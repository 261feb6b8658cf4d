"""What stands behind the question mark of a request, read with care. Raises RefusedError."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request

from headworks.faces.web.refused import RefusedError
from headworks.record.history import LONGEST_S
from headworks.record.reading import Span

LATEST_S = 4e9  # the year 2096
MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
_MONTH = re.compile(MONTH, re.ASCII)


def figure(request: Request, name: str, least: float, most: float) -> float | None:
    """A number within bounds, or None where it is not given."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise RefusedError(400, "number-between", name=name, least=f"{least:g}", most=f"{most:g}")
    return value


def whole(request: Request, name: str, least: int, most: int, otherwise: int) -> int:
    """A whole number within bounds."""
    value = figure(request, name, least, most)
    return otherwise if value is None else int(value)


def span(
    request: Request, otherwise_s: float | None, clock: Callable[[], float] = time.time
) -> Span:
    """`last` in seconds back from now, or `from` and `to` as Unix seconds.

    Where neither is given: the last `otherwise_s`, or without bounds.
    """
    last = figure(request, "last", 1.0, LONGEST_S)
    from_s, to_s = (figure(request, name, 0.0, LATEST_S) for name in ("from", "to"))
    if last is None and from_s is None and to_s is None:
        last = otherwise_s
    if last is not None:
        now = clock()
        return Span(now - last, now)
    if from_s is not None and to_s is not None and not from_s < to_s:
        raise RefusedError(400, "from-before-to")
    return Span(from_s, to_s)


def month(request: Request) -> str:
    """A month such as 2026-11, of this century."""
    text = request.query_params.get("month", "")
    if _MONTH.fullmatch(text) is None:
        raise RefusedError(400, "no-month")
    return text


def month_span(text: str, zone: ZoneInfo) -> Span:
    """The month as Unix seconds in this zone."""
    year, number = (int(part) for part in text.split("-"))
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    begin, end = (datetime(y, m, 1, tzinfo=zone) for y, m in ((year, number), after))
    return Span(begin.timestamp(), end.timestamp())
