"""Why the board started, and the restarts it asks for itself. Puts no output safe."""

import machine

from . import files

REASONS = ("crash", "restart", "maint", "update")


def reason(root: str) -> str:
    """The reason of the last reset; what the board wrote itself goes before what the chip tells."""
    own = files.read(root + "why")
    files.remove(root + "why")
    if own in REASONS:
        return own
    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        return "watchdog"
    if cause in (machine.PWRON_RESET, getattr(machine, "HARD_RESET", None)):
        return "power-on"  # ESP32 calls a press on its button a hard reset
    return "unknown"


def restart(root: str, why: str) -> None:
    """Resets; with "maint" the loader then goes to the REPL instead of to the firmware."""
    if why == "maint":
        files.write(root + "maint", "1")
    files.write(root + "why", why)
    machine.reset()
