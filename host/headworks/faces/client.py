"""A client of the station's socket: ask, subscribe, command. Decides and renders nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from headworks.paths import found_station_socket

State = dict[str, Any]
_LONGEST = 16 * 1024 * 1024  # bytes of one line from the station
_TIMEOUT_S = 10.0


class StationError(Exception):
    """The station does not answer as it should; the text is for people."""


class NotRunningError(StationError):
    """Nobody serves the socket."""


class RefusedError(StationError):
    """The station said no. `code` and `values` are its reason, where it gave one as data."""

    def __init__(self, reply: Mapping[str, Any]) -> None:
        super().__init__(str(reply.get("error", "refused")))
        self.code: str = reply.get("code", "")
        self.values: dict[str, float | str] = reply.get("values", {})


class StationClient:
    """One connection. Use it with `async with`, or call `connect` and `close`."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or found_station_socket()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._last_id = 0

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect. Raises NotRunningError or StationError, each with what to do."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(
                self._path, limit=_LONGEST
            )
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunningError(
                f"the station is not running: nobody answers at {self._path};"
                " start it with: headworks run --site SITE, or try: headworks demo"
            ) from error
        except PermissionError as error:
            raise StationError(
                f"{self._path}: you may not use it; ask for membership in the group headworks"
            ) from error
        except OSError as error:
            raise StationError(f"{self._path}: {error.strerror}") from error

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None

    async def state(self) -> State:
        """The latest state, as documented in `headworks.station.state`."""
        return _state(await self._ask({"op": "state"}))

    async def subscribe(
        self, every_s: float = 0.0, *, run: str | None = None, after: int = 0
    ) -> AsyncIterator[State]:
        """The state now and after every scan, but no more often than `every_s`.

        With `run` the first one has all events after number `after` of that run, as far as they
        are kept; where the station has been started since, all that it keeps.
        Ends with StationError when the station goes, or when this client reads too slowly.
        """
        known = {} if run is None else {"run": run, "after": after}
        yield _state(await self._ask({"op": "subscribe", "every_s": every_s, **known}))
        while True:
            message = await self._message()
            if message.get("event") == "scan":
                yield _state(message)

    async def command(
        self,
        action: str,
        target: str,
        *,
        actor: str,
        role: str = "operator",
        note: str = "",
        face: str = "",
        ref: str = "",
    ) -> dict[str, Any]:
        """Have a command carried out and put on disk; the reply. Raises RefusedError.

        In the journal `face` says where the person sits, such as "console", and `ref` is what
        the command is called there.
        A reply with "warning" was carried out but could not be put on disk.
        """
        what = {"action": action, "target": target, "actor": actor, "role": role, "note": note}
        more = {key: word for key, word in (("from", face), ("ref", ref)) if word}
        return await self._ask({"op": "command", **what, **more})

    async def commissioned(self, **result: Any) -> dict[str, Any]:
        """Keep the result of a step of commissioning, as `SOCKET.md` says. Raises RefusedError."""
        return await self._ask({"op": "commissioned", **result})

    async def board(
        self, op: str, board: str, *, actor: str = "", role: str = "operator", **more: Any
    ) -> dict[str, Any]:
        """Ask something of a sensor board: op is board, lend or return. Raises RefusedError."""
        what = {"op": op, "board": board, "actor": actor, "role": role, **more}
        return await self._ask({key: value for key, value in what.items() if value != ""})

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._writer is None:
            raise StationError("not connected")
        self._last_id += 1
        self._writer.write(json.dumps({"id": self._last_id, **request}).encode() + b"\n")
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                reply = await self._reply_to(self._last_id)
        except TimeoutError as error:
            raise StationError(
                f"the station has not answered within {_TIMEOUT_S:.0f} s; it may hang, see its log"
            ) from error
        if not reply.get("ok"):
            raise RefusedError(reply)
        return reply

    async def _reply_to(self, key: int) -> dict[str, Any]:
        while True:
            message = await self._message()
            if "ok" in message and message.get("id", key) in (key, None):
                return message

    async def _message(self) -> dict[str, Any]:
        """The next line."""
        if self._reader is None:
            raise StationError("not connected")
        try:
            line = await self._reader.readline()
        except (OSError, ValueError) as error:
            raise StationError(f"the connection to the station broke: {error}") from error
        if not line.endswith(b"\n"):
            raise StationError("the station has gone")
        found: dict[str, Any] = json.loads(line)
        return found


def _state(message: Mapping[str, Any]) -> State:
    state: State = message["state"]
    return state
