"""Outside signals: setpoint registers, dry contacts, weekly schedules."""

from headworks.field.signals.report import StationReport
from headworks.field.signals.scada import SignalError
from headworks.field.signals.sources import Signals

__all__ = ["SignalError", "Signals", "StationReport"]
