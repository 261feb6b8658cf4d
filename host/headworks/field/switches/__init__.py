"""Switches: GPIO relays, coil boards and PDUs, driven by the profiles of boards/switch.

`Switches` is what the station uses. Decides nothing about racks.
"""

from headworks.field.switches.errors import SwitchError
from headworks.field.switches.switches import Switches

__all__ = ["SwitchError", "Switches"]
