"""Simulated sensor boards: the real firmware in processes of its own, on simulated hardware."""
