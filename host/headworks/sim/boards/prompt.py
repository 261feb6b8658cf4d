"""The prompt of a board without its firmware: what a soft reset does there, as on a chip.

Ctrl-D ends the process of a PC, where a chip starts its prompt anew and stays in raw mode.
"""

from collections.abc import Callable

_RAW, _FRIENDLY = 0x01, 0x02
_PROMPT = b">>> "
REBOOT = b"\r\nMPY: soft reboot\r\n"


class Prompt:
    """Follows one board's line while it is at its prompt. `type` reaches the board."""

    def __init__(self, type_in: Callable[[bytes], None]) -> None:
        self._type = type_in
        self.is_raw = False
        self._returns = False  # to raw mode, once the new prompt is there

    def typed(self, data: bytes) -> None:
        """What comes from the host."""
        for byte in data:
            if byte in (_RAW, _FRIENDLY):
                self.is_raw = byte == _RAW

    def said(self, data: bytes) -> None:
        """What comes from the board."""
        if self._returns and _PROMPT in data:
            self._returns = False
            self._type(bytes((_RAW,)))

    def reboot(self) -> bool:
        """A soft reset; whether the prompt comes again, and not the firmware."""
        self._returns = self.is_raw
        return self.is_raw

    def leave(self) -> None:
        """The firmware runs again."""
        self.is_raw = self._returns = False
