"""A statement as CSV for spreadsheets and scripts: one table of intervals, in English.

Every line that is not of the table begins with #. The signed figures stand at the end, packed,
in lines short enough for any spreadsheet. Energies in kWh, times with their distance to UTC.
"""

import base64
import binascii
import csv
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from headworks.statement.content import parse
from headworks.statement.model import ENERGIES, Interval, Statement, StatementError
from headworks.statement.months import local
from headworks.statement.signature import Signed, document, signed_of

_SIGNED = "# signed"
_CHUNK = 1000  # characters; spreadsheets cut cells of more than 32,767
_MOST = 64_000_000  # bytes of unpacked figures
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula
FIRST_LINE = "# Headworks statement: indicative, not the revenue meter"


def render(statement: Statement, signed: Signed) -> bytes:
    """The file, without its seal."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(FIRST_LINE + "\r\n")
    for line in (*_head(statement), *_table(statement), *_events(statement), *_packed(signed)):
        writer.writerow([_safe(cell) for cell in line])
    return out.getvalue().encode("utf-8", "replace")


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def _head(s: Statement) -> Iterator[list[str]]:
    zone = ZoneInfo(s.timezone)
    yield ["# site", s.site]
    yield ["# month", s.month]
    yield ["# timezone", s.timezone]
    yield ["# state", "final" if s.complete else "preliminary: the month is still running"]
    for name, at_s in (("from", s.from_s), ("through", s.through_s), ("made", s.made_s)):
        yield [f"# {name}", _time(at_s, zone)]
    for name, value in s.totals.items():
        shown = _kwh(value) if name.endswith("_wh") else str(value)
        yield [f"# total {name.replace('_wh', '_kwh')}", shown]
    if s.cost is not None:
        for line in s.cost.lines:
            yield [
                "# cost",
                line.period,
                line.kind,
                _kwh(line.energy_wh),
                line.per_kwh,
                line.amount,
            ]
        yield ["# cost total", s.cost.currency, s.cost.total]


def _table(s: Statement) -> Iterator[list[str]]:
    energies = [name.replace("_wh", "_kwh") for name in ENERGIES]
    racks = [f"rack_{name}_kwh" for name in s.racks]
    yield ["start", "end", "quality", "clock", "measured_s", *energies, *racks]
    zone = ZoneInfo(s.timezone)
    for one in s.intervals:
        yield [
            _time(one.start_s, zone),
            _time(one.start_s + s.interval_s, zone),
            one.quality.value,
            one.clock.value,
            str(one.measured_s),
            *(_kwh(getattr(one, name)) for name in ENERGIES),
            *_racks(one, len(racks)),
        ]


def _racks(one: Interval, count: int) -> Iterable[str]:
    return map(_kwh, one.racks_wh) if one.racks_wh else [""] * count


def _events(s: Statement) -> Iterator[list[str]]:
    zone = ZoneInfo(s.timezone)
    for order in s.curtailments:
        response = "" if order.met_ms is None else f"{order.met_ms / 1000:.3f}"
        verdict = "honoured" if order.honoured else "not honoured"
        limit = f"{order.limit_w / 1000:.3f}"
        yield ["# curtailment", _time(order.at_s, zone), order.source, limit, response, verdict]
    for trip in s.trips:
        ended = "" if trip.reset_s is None else _time(trip.reset_s, zone)
        yield ["# trip", _time(trip.at_s, zone), trip.source, trip.code, trip.note, ended]
    for gap in s.gaps:
        yield ["# gap", _time(gap.from_s, zone), _time(gap.to_s, zone), str(gap.intervals)]


def _packed(signed: Signed) -> Iterator[list[str]]:
    data = json.dumps(document(signed), sort_keys=True, separators=(",", ":"))
    text = base64.b64encode(zlib.compress(data.encode("ascii"), 9)).decode("ascii")
    for index in range(0, len(text), _CHUNK):
        yield [_SIGNED, "x" + text[index : index + _CHUNK]]  # x: never a number or a formula


def _kwh(wh: int | None) -> str:
    return "" if wh is None else f"{wh // 1000}.{wh % 1000:03d}"


def _time(at_s: int, zone: ZoneInfo) -> str:
    moment: datetime = local(at_s, zone)
    return moment.isoformat()


def read(body: bytes) -> Signed:
    """The signed figures that a CSV file carries. Raises StatementError."""
    lines = body.decode("utf-8", "replace").splitlines()
    chunks = [line.strip('"').split(",", 1) for line in lines if line.startswith(_SIGNED)]
    text = "".join(part[1].strip('",;')[1:] for part in chunks if len(part) == 2)
    if not text:
        raise StatementError("this table holds no signed figures; ask for the original file")
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.b64decode(text, validate=True), _MOST)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise StatementError(
            f"its signed figures are damaged ({error}); ask for the original file"
        ) from error
    if not unpacking.eof:
        raise StatementError("its signed figures are cut off; ask for the original file")
    return signed_of(parse(data))
