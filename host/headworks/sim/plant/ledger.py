"""The oracle's books: surplus there was, surplus used, energy imported because of racks.

Independent of the station; it sees true powers, not meters.
"""

from typing import NamedTuple


class Ledger(NamedTuple):
    """Energies in kWh since the start, on the clock that `dt_s` counts.

    available: surplus that there was, used or not. used: what the racks drew within it.
    imported: what the racks drew beyond it. used + imported = racks, used <= available.
    """

    available_kwh: float = 0.0
    used_kwh: float = 0.0
    imported_kwh: float = 0.0
    racks_kwh: float = 0.0
    grid_import_kwh: float = 0.0
    grid_export_kwh: float = 0.0


def add(
    books: Ledger, *, without_racks_kw: float, racks_kw: float, grid_kw: float, dt_s: float
) -> Ledger:
    """The books after `dt_s` at these powers.

    `without_racks_kw` is the import (negative: export) there would be with all racks off.
    """
    hours = dt_s / 3600.0
    surplus_kw = max(0.0, -without_racks_kw)
    used_kw = min(racks_kw, surplus_kw)
    return Ledger(
        books.available_kwh + surplus_kw * hours,
        books.used_kwh + used_kw * hours,
        books.imported_kwh + (racks_kw - used_kw) * hours,
        books.racks_kwh + racks_kw * hours,
        books.grid_import_kwh + max(0.0, grid_kw) * hours,
        books.grid_export_kwh + max(0.0, -grid_kw) * hours,
    )
