"""The Pythons that the firmware is tested on."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HEAP_KB = 100  # what the firmware must do with
SHIM_KB = 16  # what the doubles of the hardware's modules take, which are built into a board
_PROGRAM = str(Path(sys.executable).parent / "micropython")
MICROPYTHON = (_PROGRAM, "-X", f"heapsize={HEAP_KB + SHIM_KB}K")
CPYTHON = (sys.executable, "-S", "-s", "-B", "-u")
