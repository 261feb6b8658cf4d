"""The simulator's command socket: JSON lines in, one JSON line out for each.

{"op": "status"} | {"op": "faults"} | {"op": "fault", "name", "target", "value", "for_s"} |
{"op": "clear", "name", "target"} (no name: all) | {"op": "reset-breaker"} | {"op": "serves"}.
Replies {"ok": true, …} or {"ok": false, "error": "…"}.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headworks.sim import oracle
from headworks.sim.faults.active import FaultError
from headworks.sim.faults.kinds import catalogue
from headworks.sim.sockets import claim_path, release_path
from headworks.sim.world import World

_LONGEST_LINE = 65536
_LARGEST = 1e9
_TOO_LONG = b'{"ok": false, "error": "a line is longer than 65536 bytes"}\n'


class Commands:
    """Serves one world's commands at a Unix socket. `serves` tells what is served where."""

    def __init__(
        self,
        path: Path,
        world: World,
        clock: Callable[[], float],
        started_s: float,
        serves: Callable[[], dict[str, Any]],
    ) -> None:
        self.path = path
        self._world = world
        self._clock = clock
        self._started_s = started_s
        self._serves = serves
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen. Raises ServeError where another one serves there or the path is no good."""
        claim_path(self.path)
        self._server = await asyncio.start_unix_server(
            self._talk, str(self.path), limit=_LONGEST_LINE
        )
        self.path.chmod(0o660)

    async def stop(self) -> None:
        """Hang up and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._open):
            writer.close()
        await self._server.wait_closed()
        release_path(self.path)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client line by line until it hangs up."""
        self._open.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except ValueError:  # a line without an end
            writer.write(_TOO_LONG)
        except ConnectionError:
            return
        finally:
            self._open.discard(writer)
            writer.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """The reply to one line."""
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise FaultError("a JSON object with op is wanted")
            return {"ok": True, **self._do(asked)}
        except (ValueError, RecursionError):
            return {"ok": False, "error": "this is not JSON"}
        except FaultError as error:
            return {"ok": False, "error": str(error)}

    def _do(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one request. Raises FaultError."""
        match asked.get("op"):
            case "status":
                return {"status": oracle.status(self._world, self._started_s)}
            case "faults":
                return {"faults": catalogue(self._world.faults.known)}
            case "fault":
                return self._put(asked)
            case "clear":
                return self._clear(asked)
            case "reset-breaker":
                self._world.reset_breaker()
                return {}
            case "serves":
                return {"serves": self._serves()}
        raise FaultError(f"no op {asked.get('op')!r:.60}; see the list in headworks.sim.commands")

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        put = self._world.faults.put(
            str(asked.get("name")),
            str(asked.get("target") or ""),
            self._clock(),
            _number(asked, "value"),
            _number(asked, "for_s"),
        )
        self._world.after_faults(put)
        return {"faults": [oracle.fault_row(fault) for fault in put]}

    def _clear(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, faults = asked.get("name"), self._world.faults
        target = str(asked.get("target") or "")
        ended = faults.clear(str(name), target) if name else faults.clear_all()
        self._world.after_faults(ended)
        return {"faults": [oracle.fault_row(fault) for fault in ended]}


def _number(asked: Mapping[str, Any], key: str) -> float | None:
    """A number or nothing. Raises FaultError."""
    value = asked.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"{key} must be a number, not {value!r:.60}")
    if not abs(value) <= _LARGEST:  # not a number fails this too
        raise FaultError(f"{key} must be within ±{_LARGEST:.0e}, not {value!r:.60}")
    return float(value)
