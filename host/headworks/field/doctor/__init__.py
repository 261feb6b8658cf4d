"""Checks of the machine that the station runs on: what is found, and what to do about it.

Looks and changes nothing. Works on any machine; what only a Raspberry Pi has is left out elsewhere.
"""

from headworks.field.doctor.board import board
from headworks.field.doctor.finding import Finding, Status
from headworks.field.doctor.machine import Machine
from headworks.field.doctor.pins import pins
from headworks.field.doctor.ports import ports
from headworks.field.doctor.sensor_boards import sensor_boards
from headworks.field.doctor.system import system
from headworks.model.site import Site

__all__ = ["Finding", "Machine", "Status", "examine"]


def examine(machine: Machine, site: Site | None) -> list[Finding]:
    """Every check, in the order in which one would put things right."""
    return [
        *board(machine),
        *system(machine, site),
        *pins(machine, site),
        *ports(machine, site),
        *sensor_boards(machine, site),
    ]
