"""Where the pin socket lies; apart, so that asking does not load gpiozero."""

import os
from pathlib import Path

from headworks.paths import runtime_dir


def pin_socket() -> Path:
    """The pin socket: HEADWORKS_SIM_PINS, else pins.sock in the runtime folder."""
    return Path(os.environ.get("HEADWORKS_SIM_PINS") or runtime_dir() / "pins.sock")
