"""Tells the sensor boards of healthy scans, and which zones have every rack off, told and seen.

Only in such a zone may a permissive relay that is open close.
"""

from headworks.field.boards import Boards
from headworks.model.memory import Memory
from headworks.model.site import Site
from headworks.station.loop import Result


def scanned(site: Site, boards: Boards, result: Result) -> None:
    """A scan is complete. Only a healthy one renews leases and acknowledges what it has seen."""
    if result.healthy and site.boards:
        zones = open_zones(site, result.memory)
        boards.scanned(result.snapshot.observations, result.permits, zones)


def open_zones(site: Site, memory: Memory) -> frozenset[str]:
    """Boards with a permissive relay behind which no rack is on or may still be closed."""
    off = {
        spec.name
        for spec, rack in zip(site.racks, memory.racks, strict=True)
        if not rack.on and rack.confirmed
    }
    return frozenset(
        board.name
        for board in site.boards
        if board.permissive is not None and off.issuperset(board.zone)
    )
