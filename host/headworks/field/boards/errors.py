"""What goes wrong with boards, for people."""


class BoardError(Exception):
    """A board cannot do what was asked; the text says why and what to do."""
