"""Doubles of a board's hardware modules for PCs; they run on MicroPython and on CPython alike.

This folder stands first on a simulated board's path. The firmware imports its files as `machine`,
`onewire` and `ds18x20`; the host imports none of them.
"""
