"""The schema of a tariff: what a unit costs in which hours. One row per key."""

import re
from typing import Any

from headworks.site.formats import clock, days, one_date
from headworks.site.schema import FormError, Key, Section
from headworks.site.values import number, shown, suggest, text

MOST_PER_KWH = 1e6  # in any currency
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SYMBOLS = {"Rs": "PKR", "Rs.": "PKR", "₨": "PKR", "€": "EUR", "$": "USD", "£": "GBP", "₹": "INR"}


def currency(key: Key, value: Any) -> str:
    """Three capital letters of ISO 4217."""
    word = text(key, value)
    if not _CURRENCY.fullmatch(word):
        upper = word.upper()
        near = _SYMBOLS.get(word, upper if _CURRENCY.fullmatch(upper) else "PKR")
        raise FormError(
            f"{key.name} = {shown(word)} is no currency of three capital letters; "
            f"write {key.name} = {shown(near)}"
        )
    return word


def months(key: Key, value: Any) -> tuple[int, ...]:
    """Months as "jan" or a list of such words; 1 is January."""
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise FormError(f"{key.name} = [] is empty; write {key.name} = {key.example}")
    found: set[int] = set()
    for entry in entries:
        word = entry.lower()[:3] if isinstance(entry, str) else ""
        if word not in MONTHS:
            fix = suggest(str(entry), list(MONTHS))
            if isinstance(entry, int) and 1 <= entry <= 12:
                fix = f'write "{MONTHS[entry - 1]}"'
            raise FormError(f"{key.name} holds {shown(entry)}, which is no month; {fix}")
        found.add(MONTHS.index(word) + 1)
    return tuple(sorted(found))


PERIOD = Section(
    "tariff.period",
    (
        Key("name", text, needed=True, example='"peak"'),
        Key("per_kwh", number, 0, MOST_PER_KWH, needed=True, example="41.5"),
        Key("months", months, example='["nov", "dec"]'),
        Key("days", days, example='"daily"'),
        Key("from", clock, field="start_min", example='"18:00"'),
        Key("to", clock, field="end_min", example='"22:00"'),
        Key("first_date", one_date, example='"2026-11-15"'),
        Key("last_date", one_date, example='"2026-11-14"'),
        Key("incremental_per_kwh", number, 0, MOST_PER_KWH),
        Key("export_per_kwh", number, 0, MOST_PER_KWH),
    ),
)

TARIFF = Section(
    "tariff",
    (
        Key("name", text, example='"B-3 time of use"'),
        Key("currency", currency, needed=True, example='"PKR"'),
        Key("incremental_per_kwh", number, 0, MOST_PER_KWH),
        Key("export_per_kwh", number, 0, MOST_PER_KWH),
    ),
    many=False,
    child=PERIOD,
)
