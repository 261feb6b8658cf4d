"""One request on its way, and the counters of a unit and of a link. Data only."""

from collections.abc import Callable
from dataclasses import dataclass

from headworks.field.modbus.errors import LinkError
from headworks.field.modbus.request import Request

# The payload of a good reply (register or bit bytes; empty for a write) or why there is none, and
# the monotonic time at which its last byte came.
Done = Callable[[bytes | LinkError, float], None]


@dataclass(slots=True)
class UnitCounters:
    """What happened with one unit since the link was made."""

    requests: int = 0
    replies: int = 0
    timeouts: int = 0
    crc: int = 0  # replies with a bad checksum
    late: int = 0  # replies that came after their time and were thrown away
    exceptions: int = 0


@dataclass(slots=True)
class LinkCounters:
    """What happened on one link."""

    reconnects: int = 0
    unsolicited: int = 0  # frames nobody asked for: another master?
    noise: int = 0  # bytes that are no frame


class Pending:
    """A request that waits or is on its way."""

    __slots__ = (
        "counters",
        "deadline_s",
        "done",
        "expect",
        "noisy",
        "request",
        "spoiled",
        "tid",
        "timeout_s",
        "total",
        "wanted",
    )

    def __init__(
        self,
        request: Request,
        done: Done | None,
        timeout_s: float,
        counters: UnitCounters,
        wanted: "Pending | None" = None,
    ) -> None:
        self.request = request
        self.done = done
        self.timeout_s = timeout_s
        self.counters = counters
        self.wanted = wanted  # the request that this one, a probe, clears the way for
        self.deadline_s = 0.0
        self.tid = 0
        self.expect = b""  # how a good reply begins
        self.total = 0  # and how long it is
        self.noisy = False  # bytes came that are no frame
        self.spoiled = False  # another master spoke meanwhile

    def finish(self, result: bytes | LinkError, t_s: float) -> None:
        """Tell whoever asked; a probe tells the request behind it if it failed."""
        if self.done is not None:
            self.done(result, t_s)
        elif self.wanted is not None and isinstance(result, LinkError):
            self.wanted.finish(result, t_s)
