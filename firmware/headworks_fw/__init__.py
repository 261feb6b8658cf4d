"""Firmware of the sensor boards. Runs under MicroPython, and under CPython for tests and training.

`wire` is shared with the host; everything else is the board's alone.
"""

VERSION = "0.2.0"
