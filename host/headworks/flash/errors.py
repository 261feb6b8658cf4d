"""What goes wrong with flashing, for people."""

AGAIN = "plug it in and run the same command again"


class FlashError(Exception):
    """Flashing cannot go on; the text says what happened, what still runs, and what to do."""


class DoesNotStartError(FlashError):
    """A firmware was put on a board whole, and does not introduce itself there as it should."""
