"""What energy costs: which period of a tariff an interval is in, and lines that add up.

Each line is rounded once, half to even, and the total is the sum of the rounded lines, as on a
bill.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from headworks.model.tariff import Tariff, TariffPeriod
from headworks.statement.model import Cost, CostLine, Interval, StatementError
from headworks.statement.months import local

# digits behind the point where they are not two (ISO 4217)
_DIGITS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
}
UNITS, BASELINE, INCREMENTAL, EXPORT = "units", "baseline", "incremental", "export"
_KINDS = (UNITS, BASELINE, INCREMENTAL, EXPORT)


def period_at(tariff: Tariff, when: datetime) -> TariffPeriod:
    """The period that prices a local time. Raises StatementError where none does."""
    for period in tariff.periods:
        if not period.rest and _holds(period, when):
            return period
    for period in tariff.periods:
        if period.rest and _holds(period, when):
            return period
    raise StatementError(
        f"no period of the tariff prices {when:%Y-%m-%d %H:%M}; add one for all other hours"
    )


def _last(period: TariffPeriod) -> str:
    return period.last_date or "9999-12-31"


def _holds(period: TariffPeriod, when: datetime) -> bool:
    date = when.date().isoformat()
    if when.month not in period.months or not period.first_date <= date <= _last(period):
        return False
    if period.rest:
        return True
    minute, day = when.hour * 60 + when.minute, when.weekday()
    start, end = period.start_min, period.end_min
    if end > start:
        return day in period.days and start <= minute < end
    yesterday = (when - timedelta(days=1)).weekday()
    return (day in period.days and minute >= start) or (yesterday in period.days and minute < end)


def cost(tariff: Tariff, timezone: str, interval_s: int, intervals: Iterable[Interval]) -> Cost:
    """The known energy by period and kind, priced. Missing import is counted, not guessed."""
    zone = ZoneInfo(timezone)
    energy: Counter[tuple[int, str]] = Counter()
    uncosted = 0
    for interval in intervals:
        period = _whole(tariff, interval.start_s, interval_s, zone)
        for kind, wh in _split(tariff, period, interval):
            energy[tariff.periods.index(period), kind] += wh
        uncosted += interval.import_wh is None
    lines = tuple(
        _line(tariff, tariff.periods[index], kind, energy[index, kind])
        for index, kind in sorted(energy, key=lambda key: (key[0], _KINDS.index(key[1])))
    )
    total = sum((Decimal(line.amount) for line in lines), _rounded(Decimal(0), tariff.currency))
    return Cost(tariff.currency, tariff.name, lines, str(total), uncosted)


def _whole(tariff: Tariff, start_s: int, interval_s: int, zone: ZoneInfo) -> TariffPeriod:
    """The one period of an interval; energy of an interval cannot be divided."""
    first = period_at(tariff, local(start_s, zone))
    for later_s in range(start_s + 900, start_s + interval_s, 900):
        other = period_at(tariff, local(later_s, zone))
        if other is not first:
            when = local(later_s, zone)
            raise StatementError(
                f"the tariff changes from {first.name} to {other.name} at {when:%H:%M}, inside an "
                f"interval of {interval_s // 60} min; keep the ledger in intervals of 15 min"
            )
    return first


def _export(tariff: Tariff, period: TariffPeriod) -> float | None:
    """What is paid for delivered energy in a period; None where nothing is."""
    own = period.export_per_kwh
    return tariff.export_per_kwh if own is None else own


def _split(tariff: Tariff, period: TariffPeriod, interval: Interval) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if interval.baseline_wh is not None and interval.incremental_wh is not None:
        found += [(BASELINE, interval.baseline_wh), (INCREMENTAL, interval.incremental_wh)]
    elif interval.import_wh is not None:
        found.append((UNITS, interval.import_wh))
    if _export(tariff, period) is not None and interval.export_wh is not None:
        found.append((EXPORT, interval.export_wh))
    return found


def _line(tariff: Tariff, period: TariffPeriod, kind: str, energy_wh: int) -> CostLine:
    rate = period.per_kwh
    above = (period.incremental_per_kwh, tariff.incremental_per_kwh)
    if kind == INCREMENTAL:
        rate = next((price for price in above if price is not None), rate)
    if kind == EXPORT:
        rate = _export(tariff, period) or 0.0
    exact = Decimal(repr(rate)) * energy_wh / 1000
    amount = _rounded(-exact if kind == EXPORT else exact, tariff.currency)
    return CostLine(
        period.name, kind, energy_wh, f"{Decimal(repr(rate)).normalize():f}", str(amount)
    )


def _rounded(amount: Decimal, currency: str) -> Decimal:
    digits = Decimal(1).scaleb(-_DIGITS.get(currency, 2))
    return amount.quantize(digits, ROUND_HALF_EVEN) + Decimal(0)  # + 0: no "-0.00"
