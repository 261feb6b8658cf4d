"""The part of `headworks meter` that talks to a device: read and identify."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headworks.field.meters.device import MeterDevice
from headworks.field.meters.identify import Candidate, identify
from headworks.field.modbus.link import Link, LinkError, open_link
from headworks.field.modbus.request import read_request
from headworks.hardware.files import models
from headworks.hardware.meter import MeterProfile, Register, load_meter
from headworks.hardware.meter_words import width
from headworks.model.live import Quality, Reading
from headworks.model.site import MeterSpec, Sign

_SHOWN = 5  # candidates


async def read(args: argparse.Namespace) -> int:
    """Read a meter once or for ever. 0 when the last reading was good."""
    profile = load_meter(args.model)
    _tell_draft(profile)
    readings: list[Reading] = []
    device = MeterDevice(_spec(args), profile, readings.append, _note)
    async with _link(args) as link:
        while True:
            await device.poll(link)
            await _again(device, link, readings)
            _show(readings[-1], args.json)
            if args.raw:
                await _raw(link, device, args)
            if not args.watch:
                return 0 if readings[-1].quality is Quality.GOOD else 1
            await asyncio.sleep(args.period)


async def find(args: argparse.Namespace) -> int:
    """Try all models and print the likeliest. 0 when one fits."""
    profiles = [load_meter(model) for model in models("meter")]
    async with _link(args) as link:
        own = [profile for profile in profiles if not profile.base]
        found = await identify(link, args.unit, own, args.timeout)
    if args.json:
        print(json.dumps([candidate._asdict() for candidate in found]))
    else:
        _print_candidates(found)
    return 0 if found and found[0].score > 0.5 else 1


@asynccontextmanager
async def _link(args: argparse.Namespace) -> AsyncIterator[Link]:
    link = open_link(
        args.connect,
        timeout_s=args.timeout,
        baud=args.baud,
        parity=args.parity,
        stop_bits=args.stop_bits,
    )
    link.start()
    try:
        yield link
    finally:
        await link.stop()


def _spec(args: argparse.Namespace) -> MeterSpec:
    return MeterSpec(
        name=args.model,
        model=args.model,
        connect=args.connect,
        unit=args.unit,
        sign=Sign.IMPORT_POSITIVE,
        timeout_s=args.timeout,
        baud=args.baud,
        parity=args.parity,
        stop_bits=args.stop_bits,
    )


async def _again(device: MeterDevice, link: Link, readings: list[Reading]) -> None:
    """A first read that found registers missing, or that has no counters yet, is made again."""
    first = readings[-1]
    if len(readings) == 1 and first.quality in {Quality.ERROR, Quality.GOOD}:
        await device.poll(link)


def _show(reading: Reading, as_json: bool) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    if as_json:
        entry = {"time": stamp, "quality": reading.quality, "cause": reading.cause}
        print(json.dumps({**entry, "values": dict(reading.values)}), flush=True)
        return
    print(f"{stamp}  {reading.quality}" + (f": {reading.cause}" if reading.cause else ""))
    if reading.quality is Quality.SILENT and not _unreached(reading.cause):
        print("  If the device is on: check unit, wiring, baud and parity.")
    for channel, value in reading.values.items():
        name, unit = channel.rsplit("_", 1)
        print(f"  {name:14} {value:14.3f} {_UNITS.get(unit, unit)}")
    sys.stdout.flush()


def _unreached(cause: str) -> bool:
    """The cause names a place where nothing could have answered, and says what to do."""
    return any(word in cause for word in ("refused", "no such", "is used by"))


_UNITS = {"kw": "kW", "kwh": "kWh", "v": "V", "a": "A", "hz": "Hz"}


async def _raw(link: Link, device: MeterDevice, args: argparse.Namespace) -> None:
    """Each register's words as they came."""
    for register in device.registers:
        text = await _words(link, args.unit, register)
        line = {"function": register.function, "address": register.address, "words": text}
        if args.json:
            print(json.dumps({"channel": register.channel, **line}), flush=True)
        else:
            place = f"FC{register.function:02d} {register.address:6d}"
            print(f"  {register.channel:14} {place}  {register.type:6} {text}")


async def _words(link: Link, unit: int, register: Register) -> str:
    request = read_request(unit, register.function, register.address, width(register.type))
    try:
        words = request.values(await link.ask(request))
    except LinkError as error:
        return f"({error})"
    return " ".join(f"{word:04x}" for word in words)


def _print_candidates(found: list[Candidate]) -> None:
    fitting = [candidate for candidate in found if candidate.score > 0]
    for candidate in fitting[:_SHOWN]:
        print(f"{candidate.score * 100:3.0f} %  {candidate.model}  ({candidate.name})")
        for reason in candidate.why:
            print(f"         {reason}")
    if not fitting:
        print("no model fits; what each met:")
        for candidate in found:
            print(f"       {candidate.model}: {'; '.join(candidate.why)}")
        return
    print("Check the sign with a known load: switch it on, and import must rise.")


def _note(_meter: str, text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def _tell_draft(profile: MeterProfile) -> None:
    if profile.draft:
        _note(profile.model, f"the profile {profile.model} is a draft. {' '.join(profile.notes)}")
