"""An update on a littlefs image, cut at every moment: old or new, never neither."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from littlefs.errors import LittleFSError

import headworks_fw.files
import headworks_fw.latches
from flash.images import Image, manifest, moments
from headworks.flash.build import Slot, build_slot
from headworks.flash.plan import plan
from headworks.hardware.sensor import load_sensor

LOADER = b"# stage 0\n" * 60
OLD = {
    "headworks_fw/app.mpy": b"old app" * 90,
    "headworks_fw/wire.mpy": b"same" * 150,
    "headworks_fw/gone.mpy": b"gone",
    "headworks_fw/sensors/sht31.mpy": b"driver" * 40,
    "config.json": b'{"name":"air"}',
}
NEW = {
    "headworks_fw/app.mpy": b"new app!" * 120,
    "headworks_fw/wire.mpy": b"same" * 150,
    "headworks_fw/sensors/sht31.mpy": b"DRIVER" * 50,
    "headworks_fw/sensors/ntc.mpy": b"thermistor" * 30,
    "config.json": b'{"name":"air","v":2}',
}
WANTED = Slot(NEW, manifest(NEW, "0.2.0"), "0.2.0")


def flashed_before() -> bytes:
    """A board that runs an older firmware from slot a, with leftovers of a cut update in b."""
    image = Image()
    for path, data in OLD.items():
        image.put(f"a/{path}", data)
    image.put("a/manifest.json", manifest(OLD, "0.1.0"))
    image.put("b/headworks_fw/app.mpy", b"half of som")
    image.put("b/headworks_fw/app.mpy.new", b"x" * 300)
    image.put("main.py", b"# older stage 0\n")
    image.put("slot", b"a")
    image.put("latch", b"permit smoke")
    return bytes(image.chip.data)


def update(image: Image, wanted: Slot) -> None:
    """All steps of an update, as planned from what the image holds."""
    for step in plan(image.contents(), wanted, LOADER).steps:
        image.carry_out(step)


def starts(image: Image) -> str:
    """Which firmware stage 0 would start: the pointer's slot, and it must be whole."""
    found = image.contents()
    slot = found.slot
    assert slot in ("a", "b"), f"the pointer says {slot!r}"
    assert found.complete(slot), f"slot {slot} is not whole"
    assert image.get("main.py") in (LOADER, b"# older stage 0\n")
    assert image.get("latch") == b"permit smoke"
    return found.firmware(slot)


def sweep(image: Image, wanted: Slot, every: int) -> set[str]:
    """What starts after a cut at every so many moments; each time a second try must succeed."""
    before = bytes(image.chip.data)
    update(image, wanted)
    assert starts(image) == "0.2.0"
    found, count = set(), 0
    for data in islice(moments(before, image.chip.log), 0, None, every):
        count += 1
        found.add(starts(Image(data)))
        again = Image(data)
        update(again, wanted)
        assert starts(Image(bytes(again.chip.data))) == "0.2.0"
    assert count > 50
    return found


def test_a_small_update_cut_at_every_moment():
    """Whole and torn operations alike: it starts the old or the new, and a second try works."""
    assert sweep(Image(flashed_before()), WANTED, 1) == {"0.1.0", "0.2.0"}


def test_an_update_after_a_fallback_cut_at_every_moment():
    """Slot a is new and fails, b runs: b stays whole, and the pointer never names half a slot."""
    image = Image(flashed_before())
    failing = {**NEW, "headworks_fw/app.mpy": b"crashes" * 80}
    for slot, files, version in (("a", failing, "0.1.9"), ("b", OLD, "0.1.0")):
        for path, data in files.items():
            image.put(f"{slot}/{path}", data)
        image.put(f"{slot}/manifest.json", manifest(files, version))
    for name, text in (("tries", b"4"), ("good", b"b")):
        image.put(name, text)
    image.fs.remove("b/headworks_fw/app.mpy.new")
    before = bytes(image.chip.data)
    assert sweep(Image(before), WANTED, 1) == {"0.1.9", "0.1.0", "0.2.0"}
    again = Image(before)
    update(again, WANTED)
    assert all(Image(data).contents().complete("b") for data in moments(before, again.chip.log))


def real_update() -> tuple[Image, Slot]:
    """The real firmware of an air board, over one in which every other module was older."""
    wanted = build_slot(load_sensor("pico-air"), "air", 0, 0x1006)
    older = {
        path: data + b"older" if place % 2 else data
        for place, (path, data) in enumerate(wanted.files.items())
    }
    image = Image()
    for path, data in older.items():
        image.put(f"a/{path}", data)
    image.put("a/manifest.json", manifest(older, "0.1.0"))
    image.put("main.py", b"# older stage 0\n")
    image.put("slot", b"a")
    image.put("latch", b"permit smoke")
    return Image(bytes(image.chip.data)), wanted


def test_the_real_firmware_cut_at_moments_all_over_its_update():
    """The same with all its files, at every fourth moment."""
    found = sweep(*real_update(), every=4)
    assert {"0.1.0"} <= found <= {"0.1.0", "0.2.0"}


@pytest.mark.long
def test_the_real_firmware_cut_at_every_moment():
    """The same at every single one."""
    assert sweep(*real_update(), every=1) == {"0.1.0", "0.2.0"}


class Mounted:
    """An image as MicroPython shows it: what littlefs refuses is an OSError with its number."""

    def __init__(self, image: Image) -> None:
        self._fs = image.fs

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object) -> Any:
            try:
                return getattr(self._fs, name)(*args)
            except LittleFSError as error:
                raise OSError(-error.code, str(error)) from error

        return call


def test_the_file_of_latches_cut_at_every_moment(monkeypatch):
    """What was latched, armed and latched again is old or new, and no cut makes it unreadable."""

    def at(image: Image) -> headworks_fw.latches.Latches:
        flash = Mounted(image)
        monkeypatch.setattr(headworks_fw.files, "os", flash)
        monkeypatch.setattr(headworks_fw.files, "open", flash.open, raising=False)
        monkeypatch.setattr(headworks_fw.latches, "os", flash)
        return headworks_fw.latches.Latches("/")

    smoke, both = {"permit": ["smoke"]}, {"permit": ["leak", "door"], "fan": ["smoke"]}
    old: dict[str, list[str]] = {}
    image = Image()
    for new in (smoke, {}, {"permit": ["leak"]}, both):
        before = bytes(image.chip.data)
        image.chip.log.clear()
        assert at(image).save(new)
        found = [at(Image(data)).load() for data in moments(before, image.chip.log)]
        assert found[-1] == new
        assert all(one in (old, new) for one in found)
        old = new


def test_the_sweep_would_see_a_pointer_that_goes_too_early():
    """With the pointer first, a cut leaves a slot that is not whole: the sweep can fail."""
    image = Image(flashed_before())
    steps = plan(image.contents(), WANTED, LOADER).steps
    pointer = [step for step in steps if step.path.startswith("slot")]
    for step in [*pointer, *steps[:12]]:
        image.carry_out(step)
    with pytest.raises(AssertionError):
        starts(image)
