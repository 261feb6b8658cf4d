"""Drivers for what hangs on wires: meters, signals, switches. Decides nothing."""
