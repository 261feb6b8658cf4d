"""`headworks meter list | read | identify`: look at meters without a station."""

import argparse
import asyncio
import json
import sys

from headworks.field.modbus.errors import ConnectError, LinkError
from headworks.hardware.files import HardwareError, models
from headworks.hardware.meter import MeterProfile, load_meter

_FAILED, _WRONG = 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three subcommands and their options."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = commands.add_parser("list", help="the meter models there are")
    listing.add_argument("--json", action="store_true", help="one JSON array, for tools")
    read = commands.add_parser("read", help="read a meter once, or again and again")
    _add_connection(read)
    read.add_argument("--model", required=True, help="see `headworks meter list`")
    read.add_argument("--watch", action="store_true", help="until Ctrl-C, once a --period")
    read.add_argument("--period", type=_seconds, default=1.0, metavar="S", help="default 1 s")
    read.add_argument("--raw", action="store_true", help="the words of each register too")
    identify = commands.add_parser("identify", help="try all models and rank them")
    _add_connection(identify)


def _add_connection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--connect", required=True, help="tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:PATH")
    add("--unit", type=_unit, default=1, help="1 to 247, default 1")
    add("--baud", type=_baud, default=9600, help="of a serial line, default 9600")
    add("--parity", choices=("N", "E", "O"), default="N", help="of a serial line, default N")
    add("--stop-bits", type=int, choices=(1, 2), default=1, help="of a serial line, default 1")
    add("--timeout", type=_seconds, default=1.0, metavar="S", help="for one reply, default 1 s")
    add("--json", action="store_true", help="one JSON object a line, for tools")


def _seconds(text: str) -> float:
    try:
        value_s = float(text)
    except ValueError:
        value_s = 0.0
    if not 0.01 <= value_s <= 3600.0:  # not a number fails this too
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write seconds, 0.01 to 3600")
    return value_s


def _baud(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 300 <= int(text[:9]) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no baud rate; write one such as 9600")
    return int(text)


def _unit(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 255:
        raise argparse.ArgumentTypeError(f"{text!r} is no unit; write a number from 1 to 247")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0 when all went well; 1 when the meter gave no good reading; 2 for a wrong call."""
    try:
        if args.action == "list":
            return _list(args.json)
        from headworks.cli import meter_talk

        return asyncio.run(
            meter_talk.read(args) if args.action == "read" else meter_talk.find(args)
        )
    except (HardwareError, ConnectError) as error:
        print(f"headworks meter: {error}", file=sys.stderr)
        return _WRONG
    except LinkError as error:
        print(f"headworks meter: {error}", file=sys.stderr)
        return _FAILED


def _list(as_json: bool) -> int:
    profiles = [load_meter(model) for model in models("meter")]
    if as_json:
        print(json.dumps([_entry(profile) for profile in profiles]))
        return 0
    wide = max(len(profile.model) for profile in profiles)
    for profile in profiles:
        draft = "  (draft)" if profile.draft else ""
        print(f"{profile.model:{wide}}  {'/'.join(profile.protocols):8}  {profile.name}{draft}")
    return 0


def _entry(profile: MeterProfile) -> dict[str, object]:
    return {
        "model": profile.model,
        "name": profile.name,
        "draft": profile.draft,
        "protocols": profile.protocols,
        "channels": profile.channels,
        "notes": profile.notes,
    }
