"""Headworks: racks beside a substation run on surplus power, and on nothing else."""

__version__ = "0.1.0"
