"""MicroPython for an empty board, where a file was named: checked whole, then written."""

import argparse
import json
import sys
import time

from headworks.cli.board_ports import candidates
from headworks.flash import esp32, uf2, work
from headworks.flash.errors import FlashError
from headworks.flash.hold import hold
from headworks_fw import VERSION

_APPEARS_S = 30.0  # a board's port after its image was written


def put_image(args: argparse.Namespace, target: work.Target) -> None:
    """Write the image that was named; or say that it would be. Raises FlashError."""
    if args.image is not None:
        _esp32(args, target)
    if args.uf2 is not None:
        _uf2(args, target)


def _esp32(args: argparse.Namespace, target: work.Target) -> None:
    chip, image = target.profile.mcus[0], args.image
    esp32.check_image(image, chip)
    port = target.find()
    if args.dry_run:
        _would(args, target, f"erase the {chip} at {port} and write {image.name}")
        return
    print(
        f"{target.name}: erasing the {chip} at {port}, then writing {image.name}; if this is "
        "interrupted, the board is empty: run the same command again",
        file=sys.stderr,
    )
    with hold(port):
        esp32.write_image(port, chip, image)
    _await_port(target)


def _uf2(args: argparse.Namespace, target: work.Target) -> None:
    waiting = [args.volume] if args.volume else uf2.volumes()
    fit = _fit(target, uf2.chip_of(waiting[0])) if len(waiting) == 1 else target.profile.mcus
    image = uf2.choose(args.uf2, fit)
    if len(waiting) != 1:
        told, hint = ", ".join(map(str, waiting)) or "none", uf2.unmounted()
        raise FlashError(
            f"one board must wait for an image, there are: {told}. Hold BOOTSEL while you plug it "
            f"in and mount {hint or 'its volume'}, or name a mounted one with --volume"
        )
    if args.dry_run:
        _would(args, target, f"copy {image.path.name} to {waiting[0]}")
        return
    print(
        f"{target.name}: copying {image.path.name}; if this is interrupted, the board waits for an "
        "image still: run the same command again",
        file=sys.stderr,
    )
    uf2.copy(image, waiting[0])
    print(
        f"{target.name}: {image.path.name} is copied; its volume vanishes now, which is normal",
        file=sys.stderr,
    )
    _await_port(target)


def _would(args: argparse.Namespace, target: work.Target, what: str) -> None:
    if args.json:
        print(json.dumps({"name": target.name, "result": "dry-run", "would": what}), flush=True)
    else:
        print(f"{target.name}: would {what}, then send all files of v{VERSION}")


def _fit(target: work.Target, chip: str) -> tuple[str, ...]:
    """The chip of the board that waits, which the model must fit."""
    if chip not in target.profile.mcus:
        raise FlashError(
            f"{target.name}: {target.profile.model} is for {' or '.join(target.profile.mcus)}, and "
            f"the board that waits is a {chip}; choose another --model"
        )
    return (chip,)


def _where_else(error: FlashError) -> str:
    """Why a board with its new image is not found, and where it may be."""
    ports = [port for port in candidates() if not port.waits]
    if not ports:
        return f"no port has appeared ({error}); is the image the right one?"
    there = ", ".join(f"{port.stable} (usb:{port.serial})" for port in ports)
    return (
        f"the image is written, but no board has appeared where it should; there is: {there}. If "
        "that is it, add --port or correct connect in the site file; and leave out the image now"
    )


def _await_port(target: work.Target) -> None:
    end_s = time.monotonic() + _APPEARS_S
    while True:
        try:
            target.find()
            return
        except FlashError as error:
            if time.monotonic() > end_s:
                raise FlashError(f"{target.name}: {_where_else(error)}") from error
        time.sleep(0.2)
