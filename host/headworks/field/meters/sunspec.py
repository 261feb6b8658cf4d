"""Finds a SunSpec model on a device: the SunS marker, then from model to model."""

from headworks.field.modbus.link import Link, LinkError, LinkTimeout, ModbusException
from headworks.hardware.meter import SunSpec

_MARKER = [0x5375, 0x6E53]
_END = 0xFFFF
_MOST_MODELS = 100  # a chain that is longer goes round in circles


class NoModelError(LinkError):
    """The device is no SunSpec meter of the wanted kind."""


async def find_model(link: Link, unit: int, sunspec: SunSpec) -> int:
    """The wire address of the wanted model's id. Raises NoModelError, or what the link raises."""
    for base in sunspec.bases:
        if await _has_marker(link, unit, base):
            return await _walk(link, unit, base + 2, sunspec)
    places = ", ".join(str(base) for base in sunspec.bases)
    raise NoModelError(f"no SunS marker at {places}: SunSpec is off, or this is another model")


async def _has_marker(link: Link, unit: int, base: int) -> bool:
    try:
        return await link.read(unit, 3, base, 2) == _MARKER
    except LinkTimeout:
        raise
    except ModbusException:
        return False


async def _walk(link: Link, unit: int, at: int, sunspec: SunSpec) -> int:
    seen: list[int] = []
    for _ in range(_MOST_MODELS):
        model, length = await link.read(unit, 3, at, 2)
        if model in sunspec.models and length >= sunspec.length:
            return at
        if model == _END or at + 4 + length > 0xFFFF:
            break
        seen.append(model)
        at += 2 + length
    wanted = ", ".join(str(model) for model in sunspec.models)
    raise NoModelError(f"no SunSpec model {wanted}; this device has {seen}")
