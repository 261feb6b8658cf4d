"""What goes wrong with flashing, for people."""


class FlashError(Exception):
    """Flashing cannot go on; the text says what happened, what still runs, and what to do."""
