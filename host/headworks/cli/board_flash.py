"""`headworks board flash`: firmware for one board, or for all boards of a site."""

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from headworks.cli.board_each import each
from headworks.cli.board_image import put_image
from headworks.cli.board_list import station_boards
from headworks.cli.board_ports import (
    SerialPort,
    candidates,
    port_again,
    port_of,
    site_or_none,
    spec_of,
)
from headworks.cli.board_show import shown
from headworks.cli.board_work import in_order, until_interrupted
from headworks.flash import work
from headworks.flash.build import Slot, check_name
from headworks.flash.contents import Contents
from headworks.flash.errors import FlashError
from headworks.flash.hold import hold
from headworks.flash.plan import Plan
from headworks.hardware.sensor import SensorProfile, load_sensor
from headworks.model.site import BoardSpec, Site


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board flash`."""
    add = parser.add_argument
    add("--name", help="the board's name, as in the site file")
    add("--model", help="such as pico-air; the site file's, unless given")
    add("--port", help="where it is; the site file's, or the only board there is, unless given")
    add("--address", type=int, metavar="N", help="on a shared RS-485 line; else the site file's")
    add("--all", action="store_true", help="every board of the site file")
    add("--site", type=Path, metavar="SITE", help="default: site.toml, if there")
    add(
        "--uf2", type=Path, metavar="FILE", help="MicroPython for an empty Pico: a file or a folder"
    )
    add("--volume", type=Path, metavar="DIR", help="the empty Pico's volume, if it is not found")
    add("--image", type=Path, metavar="FILE", help="MicroPython for an ESP32, written by esptool")
    add(
        "--dry-run",
        action="store_true",
        help="say what would happen; the board restarts, its files stay",
    )
    add("--force", action="store_true", help="send everything, even if it is there already")
    add("--downgrade", action="store_true", help="allow an older firmware than the board's")
    add("--json", action="store_true", help="one JSON object a board, for tools")


def run(args: argparse.Namespace) -> int:
    """0 when every board is verified; one that fails keeps no other from its turn."""
    targets = {target.name: target for target in _targets(args)}
    if args.uf2 or args.image:
        for target in targets.values():  # one: an image is for one chip
            put_image(args, target)
        if args.dry_run:
            return 0  # what is on it then is known: nothing
    else:
        _check_free(targets.values())

    async def one(name: str) -> None:
        await _one(args, targets[name])

    return asyncio.run(until_interrupted(each(list(targets), one, as_json=args.json)))


def _check_free(targets: Iterable[work.Target]) -> None:
    """Raises FlashError where a running station has the port of one of them."""
    boards = asyncio.run(station_boards(None)) or []
    taken = {os.path.realpath(board["port"]): board["name"] for board in boards}
    for target in targets if taken else ():
        name = None
        with suppress(FlashError):  # one that is not there says so in its turn
            name = taken.get(os.path.realpath(target.find()))
        if name is not None:
            raise FlashError(
                f"{target.name}: the running station uses its port; what works beside it is: "
                f"headworks board update {name}"
            )


async def _one(args: argparse.Namespace, target: work.Target) -> None:
    with hold(target.find()), shown(target.name, quiet=args.json) as show:
        if args.dry_run:
            look = partial(work.look, target, force=args.force, downgrade=args.downgrade)
            found = await in_order(look, show, f"{target.name}: interrupted; it runs again")
        else:
            flash = partial(work.flash, target, force=args.force, downgrade=args.downgrade)
            done = await in_order(
                flash,
                show,
                f"{target.name}: interrupted; what is whole on it runs again. "
                "To finish, run the same command again",
            )
    if args.dry_run:
        _tell_plan(target, args, *found)
    else:
        tell_done(done, args)


def _targets(args: argparse.Namespace) -> list[work.Target]:
    """The boards that are meant, each looked at before the first is touched."""
    _check_call(args)
    site = site_or_none(args.site)
    if args.all:
        if site is None or not site.boards:
            raise FlashError("--all wants a site file with boards; name it with --site")
        return [_target(args, spec, site) for spec in site.boards]
    there = [spec.name for spec in site.boards] if site is not None else []
    if site is not None and args.name and (args.name in there or not args.model):
        return [_target(args, spec_of(site, args.name), site)]
    if not args.name or not args.model:
        raise FlashError(
            "say which board: --name air, or --all, from the site file; or --name air --model "
            f"pico-air{', and the site file has: ' * bool(there)}{', '.join(there)}"
        )
    spec = BoardSpec(args.name, args.model, "", address=args.address or 0)
    return [_target(args, spec)]


def _check_call(args: argparse.Namespace) -> None:
    """Raises FlashError for words that contradict each other."""
    of_one = {
        "--name": args.name,
        "--model": args.model,
        "--port": args.port,
        "--address": args.address,
        "--uf2": args.uf2,
        "--volume": args.volume,
        "--image": args.image,
    }
    given = [word for word, value in of_one.items() if value is not None]
    if args.all and given:
        raise FlashError(
            f"--all is every board of the site file, {given[0]} is for one; leave one out"
        )
    if args.uf2 and args.image:
        raise FlashError("--uf2 is for a Pico and --image for an ESP32; give one of them")
    if args.volume and not args.uf2:
        raise FlashError("--volume says where --uf2 FILE goes; name that too")


def _target(args: argparse.Namespace, spec: BoardSpec, site: Site | None = None) -> work.Target:
    check_name(spec.name)
    profile = load_sensor(args.model or spec.model)
    address = spec.address if args.address is None else args.address
    if profile.link == "rs485" and not 1 <= address <= 247:
        raise FlashError(f"{spec.name}: {profile.model} wants --address 1 to 247")
    if not 0 <= address <= 247:
        raise FlashError(f"{spec.name}: a board wants an --address from 0 to 247")
    named = args.model or args.port  # a person says which board gets what
    boards = site.boards if site is not None and not named else ()
    others = (other.name for other in boards if other.name != spec.name)
    find = _finder(args, spec, profile)
    return work.Target(spec.name, profile, address, find, spec.uid, frozenset(others))


def _finder(args: argparse.Namespace, spec: BoardSpec, profile: SensorProfile) -> Callable[[], str]:
    """How to find the board's port again and again: it may come back under another name."""
    if args.port is not None:
        serial = next((p.serial for p in candidates() if _same(p, args.port)), "")
        return lambda: port_again(args.port, serial)
    if spec.connect and profile.link == "usb":
        return lambda: port_of(spec)
    return lambda: _only(profile)


def _same(port: SerialPort, path: str) -> bool:
    return os.path.realpath(path) == os.path.realpath(port.device)


def _only(profile: SensorProfile) -> str:
    found = [port.device for port in candidates() if port.usb in profile.usb]
    if len(found) == 1:
        return found[0]
    what = (
        f"{len(found)} boards are plugged in ({', '.join(found)})" if found else "no board is there"
    )
    raise FlashError(f"{what}; name one with --port, see: headworks board list")


def _tell_plan(
    target: work.Target, args: argparse.Namespace, found: Contents, slot: Slot, plan: Plan
) -> None:
    there = _held(found)
    if args.json:
        _json(target.name, "dry-run", there, slot, plan)
        return
    version = ".".join(map(str, found.version))
    print(f"{target.name}: MicroPython {version} on {found.machine or '?'}")
    print(f"{target.name}: holds {'Headworks ' + there if there else 'no firmware of ours'}")
    if not plan.steps:
        print(f"{target.name}: holds v{slot.version} already; nothing would be sent")
    else:
        print(
            f"{target.name}: would send {plan.sent} files ({plan.bytes_to_send / 1000:.0f} kB) "
            f"for v{slot.version} to slot {plan.slot}, keep {plan.kept}, "
            f"copy {plan.copied} on the board"
        )


def tell_done(done: work.Done, args: argparse.Namespace) -> None:
    """The last line: what is now known to run."""
    name, version = done.target.name, done.slot.version
    if args.json:
        _json(name, "verified", _held(done.contents), done.slot, done.plan)
    else:
        print(f"{name}: verified v{version}")


def _held(found: Contents) -> str:
    """The firmware that a board held before."""
    return found.firmware(found.active) if found.active else ""


def _json(name: str, result: str, before: str, slot: Slot, plan: Plan) -> None:
    told = {"name": name, "result": result, "before": before, "version": slot.version}
    print(
        json.dumps({**told, "files_sent": plan.sent, "bytes_sent": plan.bytes_to_send}), flush=True
    )
