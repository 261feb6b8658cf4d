"""A TCP connection that is kept open."""

import asyncio
import random
import time

from headworks.field.modbus.channel import Owner, explain

_BRIEF_S = 1.0


class _Stream(asyncio.Protocol):
    """One TCP connection. Hands bytes on without a turn of the event loop."""

    def __init__(self, channel: "TcpChannel", owner: Owner) -> None:
        self._channel = channel
        self.data_received = owner.received  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel.lost(self, exc)


class TcpChannel:
    """A TCP connection that is kept open.

    While it is down a new try starts about every `retry_s`, without waiting for older ones to
    fail: a lost SYN would otherwise be repeated after 1, 3 and 7 s only.
    """

    def __init__(self, host: str, port: int, *, retry_s: float, connect_s: float) -> None:
        self.up = False
        self.opens = 0
        self._where = f"{host}:{port}"
        self._target = (host, port)
        self._retry_s = retry_s
        self._connect_s = connect_s
        self._owner: Owner
        self._transport: asyncio.Transport | None = None
        self._stream: _Stream | None = None
        self._tries: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._opened_s = 0.0

    def start(self, owner: Owner) -> None:
        """Begin to connect."""
        self._owner = owner
        self._try()

    def send(self, data: bytes) -> None:
        """Send now; while down the bytes are lost."""
        if self._transport is not None:
            self._transport.write(data)

    def renew(self, cause: str) -> None:
        """Give this connection up and make another; a half-open one would never tell."""
        if self._transport is not None:
            transport, self._transport, self._stream = self._transport, None, None
            transport.abort()
            self._down(cause)

    async def stop(self) -> None:
        """Close for good."""
        self._stopped = True
        self._cancel_timer()
        for task in tuple(self._tries):
            task.cancel()
        await asyncio.gather(*self._tries, return_exceptions=True)
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self.up = False

    def lost(self, stream: _Stream, exc: Exception | None) -> None:
        """The peer closed, or the connection broke."""
        if stream is self._stream:
            self._transport = self._stream = None
            error = exc if isinstance(exc, OSError) else ConnectionResetError()
            self._down(explain(error, self._where))

    def _down(self, cause: str) -> None:
        self.up = False
        if not self._stopped:
            # A peer that accepts and closes again must not be connected to in a storm.
            brief = time.monotonic() - self._opened_s < _BRIEF_S
            low, high = (0.5, 1.0) if brief else (0.0, 0.5)
            self._schedule(random.uniform(low, high) * self._retry_s)
            self._owner.closed(cause)

    def _schedule(self, delay_s: float) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._try)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _try(self) -> None:
        """Start one more try and plan the next; jitter keeps many links from trying together."""
        task = asyncio.get_running_loop().create_task(self._connect())
        self._tries.add(task)
        task.add_done_callback(self._tries.discard)
        self._schedule(random.uniform(0.5, 1.0) * self._retry_s)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._connect_s):
                await self._open()
        except TimeoutError:
            self._failed(f"{self._where} does not answer; check that it is on and reachable")
        except OSError as error:
            self._failed(explain(error, self._where))
        except UnicodeError:
            self._failed(f"{self._where!a} is no host name; use the address")

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self._target
        transport, stream = await loop.create_connection(
            lambda: _Stream(self, self._owner), host, port
        )
        if self.up or self._stopped:
            transport.abort()
            return
        self._cancel_timer()
        self._transport, self._stream = transport, stream
        self.up = True
        self.opens += 1
        self._opened_s = time.monotonic()
        self._owner.opened()

    def _failed(self, cause: str) -> None:
        if not self.up and not self._stopped:
            self._owner.closed(cause)
