"""Meters: read plans, decoding and polling, driven by the profiles of boards/meter."""
