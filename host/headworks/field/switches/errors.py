"""What can go wrong with a switch that a person must put right."""


class SwitchError(Exception):
    """A switch cannot be used; the text says which, why, and what to do."""
