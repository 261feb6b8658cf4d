"""Puts the board together from its configuration and runs the loop."""
