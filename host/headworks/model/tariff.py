"""What energy costs at a site, as its file says it. For statements; nothing is switched by it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TariffPeriod:
    """Hours of the week in the site's time zone and what a kWh costs in them.

    A period whose days, months and hours are all left out holds in all hours that no other
    names (`rest`). `days` are those on which it begins; `months`, `first_date` and `last_date`
    are those of the hour itself. Dates as 2026-11-15; empty = no bound.
    """

    name: str
    per_kwh: float
    months: tuple[int, ...] = tuple(range(1, 13))  # 1 = January
    days: tuple[int, ...] = tuple(range(7))  # 0 = Monday
    start_min: int = 0
    end_min: int = 24 * 60  # at or before `start_min`: ends next day
    rest: bool = False
    first_date: str = ""  # prices change within a month: the first day of this one,
    last_date: str = ""  # and the last
    incremental_per_kwh: float | None = None  # in these hours; None = that of the tariff
    export_per_kwh: float | None = None  # likewise


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of energy, for statements alone: nothing is switched by them.

    Pakistan's NEPRA approved 22.98 PKR/kWh for units above a baseline (December 2025); such a
    price is `incremental_per_kwh`, and None means that those units cost what the hour costs.
    """

    currency: str  # ISO 4217
    periods: tuple[TariffPeriod, ...]
    name: str = ""
    incremental_per_kwh: float | None = None
    export_per_kwh: float | None = None  # paid for energy that is delivered; None = it is not
