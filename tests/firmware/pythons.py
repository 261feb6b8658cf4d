"""The Pythons that the firmware is tested on."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HEAP = "100K"
MICROPYTHON = (str(Path(sys.executable).parent / "micropython"), "-X", f"heapsize={HEAP}")
CPYTHON = (sys.executable, "-S", "-s", "-B", "-u")
