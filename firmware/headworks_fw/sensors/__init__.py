"""Sensor drivers, one small file each; a fault is a code and never a number."""
