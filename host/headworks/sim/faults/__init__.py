"""Faults by name: `kinds` lists them, `active` holds those that act now, the others apply them."""
