"""What one unit may still answer: requests whose time ran out, in the order they were sent.

An RTU reply names neither its request nor its address, so a late one looks like the answer to the
next request. Two facts help: a unit answers in order, and a reply shows function and length.
So after a timeout the next read must differ in one of them from all that may still come; its reply
then proves that nothing older is left. Where no read differs, only time helps. Pure: no clock.
"""

from typing import NamedTuple

from headworks.field.modbus.request import Request

LATE_S = 30.0  # nothing is later than this


class _Late(NamedTuple):
    """Equal requests in a row: how many, and when the newest ran out."""

    request: Request
    times: int
    last_s: float


class LateBook:
    """The late requests of one unit."""

    def __init__(self) -> None:
        self._late: list[_Late] = []
        self._probe: Request | None = None

    def __bool__(self) -> bool:
        return bool(self._late)

    def add(self, request: Request, t_s: float) -> None:
        """The time of this request ran out."""
        times = 1
        if self._late and self._late[-1].request.alike(request):
            times += self._late.pop().times
        self._late.append(_Late(request, times, t_s))

    def expire(self, t_s: float) -> None:
        """Forget what is so old that it cannot come any more."""
        self._late = [late for late in self._late if late.last_s > t_s - LATE_S]

    def clear(self) -> None:
        """Nothing older can come any more."""
        self._late.clear()
        self._probe = None

    def ambiguous(self, pdu: bytes) -> bool:
        """Whether this reply may answer a late request."""
        return any(late.request.fits(pdu) for late in self._late)

    def collides(self, request: Request) -> bool:
        """Whether a good reply to this read could not be told from a late one."""
        return request.is_read and any(late.request.alike(request) for late in self._late)

    def swallow(self, pdu: bytes) -> bool:
        """Take a late reply: it answers the oldest request that it fits, and all before that one
        are done too. False where it fits none. The oldest, because to take a later one for
        answered would forget a reply that may still come."""
        for index, late in enumerate(self._late):
            if late.request.fits(pdu):
                left = [late._replace(times=late.times - 1)] if late.times > 1 else []
                self._late[: index + 1] = left
                self._probe = None
                return True
        return False

    def probe(self, wanted: Request) -> Request | None:
        """The read to send before `wanted`, so that its reply proves that the unit is in step.

        The same one is repeated while the unit is silent, or a long outage would use all up.
        None: no read is left that could be told from the late ones.
        """
        if self._probe is None:
            fresh = (p for p in wanted.probes() if self._tells(p, wanted))
            self._probe = next(fresh, None)
        return self._probe

    def _tells(self, probe: Request, wanted: Request) -> bool:
        """Whether a reply to `probe` can be told from all late ones. By another function even a
        refusal tells, unless a late one could be refused the same way."""
        if probe.function != wanted.function:
            return all(late.request.function != probe.function for late in self._late)
        return not self.collides(probe)
