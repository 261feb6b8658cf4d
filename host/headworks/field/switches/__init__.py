"""Switches: GPIO relays, coil boards and PDUs, driven by the profiles of boards/switch."""
