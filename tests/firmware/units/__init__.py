"""Tests without hardware, in the Python that CPython and MicroPython share.

A file holds functions test_x() with a docstring and plain asserts, and imports no pytest.
"""
