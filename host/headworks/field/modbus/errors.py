"""Why a request got no value. Every text is plain enough for a reading's cause."""

# Modbus Application Protocol V1.1b3, section 7; what it usually means for whoever set it up
_MEANINGS = {
    1: "the device does not know this function; check the model",
    2: "the device has no such register; check the model",
    3: "the device refuses this length or value; check the model",
    4: "the device reports a failure of its own",
    5: "the device needs longer",
    6: "the device is busy",
    7: "the device refuses to do this",
    8: "the device reports a memory parity error",
    10: "the gateway has no path to the device; check its port and baud",
    11: "the gateway gets no answer from the device; check unit and wiring",
}
RETRIED = frozenset((5, 6))


class LinkError(Exception):
    """A request got no value."""


class LinkTimeout(LinkError):  # noqa: N818  the name that the interface promises
    """No reply in time."""


class LinkDown(LinkError):  # noqa: N818
    """There is no connection."""


class LinkNoise(LinkError):  # noqa: N818
    """A reply came that cannot be trusted: bad checksum, or another master spoke."""


class ModbusException(LinkError):  # noqa: N818
    """The device or a gateway refused. `code` is 1 to 11."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}: {_MEANINGS.get(code, 'an unknown refusal')}")
        self.code = code

    @property
    def passes(self) -> bool:
        """Whether asking again soon makes sense; any other code is a configuration error."""
        return self.code in RETRIED


class ConnectError(ValueError):
    """A connect text is not one of the forms there are."""
