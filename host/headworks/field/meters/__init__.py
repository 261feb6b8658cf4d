"""Meters over Modbus: profiles from `boards/meter/`, readings with quality and cause."""

from headworks.field.meters.meters import MeterCounters, Meters

__all__ = ["MeterCounters", "Meters"]
