"""A SCADA master that orders: writes a limit to the station's setpoint registers, and beats.

Speaks through pymodbus' own client, so that the station meets a peer that is not its own code.
"""

import asyncio
from collections.abc import Callable

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from headworks.field.signals.registers import HEARTBEAT
from headworks.field.signals.setpoint import NO_LIMIT
from headworks.model.site import SetpointSignal, Site

_MOST_KW = 400_000_000.0  # what the registers hold; the station itself refuses earlier


class MasterError(Exception):
    """An order was not taken; the text says why."""


def pick(site: Site, name: str | None) -> SetpointSignal:
    """The named setpoint signal, or the only one. Raises MasterError."""
    found = {s.name: s for s in site.signals if isinstance(s, SetpointSignal)}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name in found:
        return found[name]
    raise MasterError(f"--signal: the site has these setpoints: {', '.join(found) or 'none'}")


def limit(text: str, valid_s: int) -> float | None:
    """The limit as typed: kW, or none for no limit. Raises MasterError."""
    if not 0 <= valid_s <= 0xFFFF:
        raise MasterError(f"--valid-for {valid_s}: write seconds from 0 to 65535")
    if text == "none":
        return None
    try:
        limit_kw = float(text)
    except ValueError:
        limit_kw = -1.0
    if not 0.0 <= limit_kw <= _MOST_KW:
        raise MasterError(f"--kw {text}: write kW from 0 to {_MOST_KW:.0f}, or none")
    return limit_kw


def command_words(limit_kw: float | None, valid_s: int, beat: int, sequence: int) -> list[int]:
    """The five words of an order; None is no limit, 0.0 is zero watts."""
    raw = NO_LIMIT if limit_kw is None else round(limit_kw * 10)
    return [raw >> 16, raw & 0xFFFF, valid_s, beat & 0xFFFF, sequence & 0xFFFF]


async def order(
    signal: SetpointSignal,
    limit_kw: float | None,
    valid_s: int,
    *,
    beat_s: float | None,
    say: Callable[[str], None],
) -> None:
    """Write an order. With `beat_s`, go on beating until cancelled. Raises MasterError."""
    host, _, port = signal.listen.removeprefix("tcp://").rpartition(":")
    client = AsyncModbusTcpClient(host.strip("[]"), port=int(port), timeout=2.0, retries=0)
    try:
        if not await client.connect():
            raise MasterError(f"{signal.listen}: nobody listens there; is the station running?")
        beat, sequence = await _next_numbers(client, signal.unit)
        words = command_words(limit_kw, valid_s, beat, sequence)
        await _write(client, signal, 0, words)
        shown = "no limit" if limit_kw is None else f"{limit_kw:g} kW"
        say(f"order {sequence & 0xFFFF}: {shown} for {valid_s} s")
        while beat_s is not None:
            await asyncio.sleep(beat_s)
            beat += 1
            await _write(client, signal, HEARTBEAT, [beat & 0xFFFF])
    except ModbusException as error:
        raise MasterError(f"{signal.listen}: {error}") from error
    finally:
        client.close()


async def _next_numbers(client: AsyncModbusTcpClient, unit: int) -> tuple[int, int]:
    """Heartbeat and sequence after the last ones: an order under an old heartbeat is a dead one."""
    reply = await client.read_holding_registers(0, count=5, device_id=unit)
    if reply.isError():
        return 1, 1
    return int(reply.registers[HEARTBEAT]) + 1, int(reply.registers[4]) + 1


async def _write(
    client: AsyncModbusTcpClient, signal: SetpointSignal, address: int, words: list[int]
) -> None:
    """Write words. Raises MasterError with the exception code that came back."""
    reply = await client.write_registers(address, words, device_id=signal.unit)
    if reply.isError():
        raise MasterError(
            f"{signal.listen}: refused with exception {reply.exception_code}; "
            "1 = this address may not write, 2 = wrong unit or block, 3 = order outside sense"
        )
