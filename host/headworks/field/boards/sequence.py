"""Numbers of frames: which are new, and how many never came. Pure."""

MODULUS = 1 << 16


class Sequence:
    """The frames of one start of a board."""

    def __init__(self) -> None:
        self._last: int | None = None
        self.lost = 0

    def begin(self) -> None:
        """The board has started; its numbers begin anew."""
        self._last = None

    def is_next(self, number: object) -> bool:
        """Whether a frame is new; one that came before, or too late, is not."""
        if not isinstance(number, int) or not 0 <= number < MODULUS:
            return False
        if self._last is not None:
            ahead = (number - self._last) % MODULUS
            if ahead == 0 or ahead > MODULUS // 2:
                return False
            self.lost += ahead - 1
        self._last = number
        return True
