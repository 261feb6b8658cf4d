"""gpiozero's lgpio pins with one difference: a line becomes an output at a chosen level.

gpiozero claims an output at level 0 and writes the wanted level a few milliseconds later, so
an active-low relay closes for that time. Here the level travels in the claim itself. Importing
this module imports lgpio, which makes a FIFO in the working directory: only `factory` does.
"""

from typing import Any

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin
from gpiozero.pins.local import LocalPiPin


class SafePin(LGPIOPin):
    """A pin that is never an output at a level nobody asked for."""

    def __init__(self, factory: Any, info: Any) -> None:
        # not LGPIOPin's: that claims the line without pull first, which lets it float
        LocalPiPin.__init__(self, factory, info)
        self._pwm = None
        self._bounce = None
        self._callback = None
        self._edges = lgpio.BOTH_EDGES

    def output_with_state(self, state: bool) -> None:
        """Claim the line as an output that starts at `state`, in one request to the kernel."""
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))

    def close(self) -> None:
        """Leave the line as it is: making it an input would let the relay's input float.

        The kernel frees it with the chip, and keeps it driven off where it persists outputs.
        """


class SafeFactory(LGPIOFactory):
    """The pins of one GPIO chip of this machine."""

    def __init__(self, chip: int) -> None:
        super().__init__(chip)  # type: ignore[no-untyped-call]
        self.pin_class = SafePin


LgpioError: type[Exception] = lgpio.error
