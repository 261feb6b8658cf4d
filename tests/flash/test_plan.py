"""What is sent, kept and copied; the order of steps; reproducible builds."""

import json

import pytest

from flash.images import manifest
from headworks.flash import work
from headworks.flash.build import Slot, build_slot, compiled, loader, sha256
from headworks.flash.contents import MARK, Contents, parse
from headworks.flash.errors import FlashError
from headworks.flash.plan import Plan, plan
from headworks.hardware.sensor import load_sensor
from headworks_fw.loader import choose

FILES = {"headworks_fw/a.mpy": b"aaaa", "headworks_fw/b.mpy": b"bbbb", "config.json": b"{}"}
WANTED = Slot(FILES, manifest(FILES, "0.2.0"), "0.2.0")
LOADER = b"stage 0"
BARE = Contents(
    0x1006, (1, 29, 0), "rp2", "Raspberry Pi Pico with RP2040", "e6", "", "", {}, 10**6, {}
)


def holding(slot: str, files: dict[str, bytes], found: Contents = BARE, **more: object) -> Contents:
    """A board whose slot is whole and pointed at."""
    sums = {f"{slot}/{path}": sha256(data) for path, data in files.items()}
    sums["main.py"] = sha256(LOADER)
    manifests = {**found.manifests, slot: manifest(files, "0.1.0").decode()}
    both = {**found.files, **sums}
    return found._replace(files=both, manifests=manifests, slot=slot, **more)  # type: ignore[arg-type]


def sent(made: Plan) -> list[str]:
    return [step.path for step in made.steps if step.do == "send"]


def test_a_bare_board_gets_everything_into_slot_a():
    """MicroPython without firmware: all files, the manifest, the loader and the pointer."""
    made = plan(BARE, WANTED, LOADER)
    assert made.slot == "a"
    assert (made.kept, made.copied) == (0, 0)
    for path in ("a/headworks_fw/a.mpy", "a/manifest.json", "main.py", "why", "slot"):
        assert f"{path}.new" in sent(made)


def test_only_what_changed_is_sent():
    """What the running slot has alike is copied on the board; what the other slot has is kept."""
    found = holding("a", {**FILES, "headworks_fw/b.mpy": b"older"})
    found = found._replace(files={**found.files, "b/config.json": sha256(b"{}")})
    made = plan(found, WANTED, LOADER)
    assert (made.slot, made.kept, made.copied) == ("b", 1, 1)
    assert sent(made) == [
        "b/headworks_fw/b.mpy.new", "b/manifest.json.new", "why.new", "slot.new",
    ]  # fmt: skip


def test_nothing_is_done_twice():
    """A board that holds it already is left alone; unless its last start failed, or by force."""
    found = holding("b", FILES)
    assert plan(found, WANTED, LOADER).steps == ()
    assert plan(found._replace(tries="2"), WANTED, LOADER).steps
    assert plan(found, WANTED, LOADER, force=True).slot == "a"


def test_a_damaged_slot_does_not_count_as_holding_it():
    """A file that differs from its manifest makes the slot no slot."""
    found = holding("a", FILES)
    found = found._replace(files={**found.files, "a/headworks_fw/a.mpy": sha256(b"torn")})
    assert found.active == ""
    assert plan(found, WANTED, LOADER).slot == "a"


@pytest.mark.parametrize("signs", [{"tries": "4"}, {"tries": "3"}, {"tries": "2", "good": "b"}])
def test_the_slot_that_a_board_fell_back_to_stays(signs):
    """After a firmware that fails, a second flash must not take the old one away, which runs."""
    found = holding("a", {**FILES, "config.json": b"bad"}, holding("b", FILES), **signs)
    made = plan(found, WANTED, LOADER)
    assert (found.active, found.keep, made.slot) == ("a", "b", "a")
    assert [(step.do, step.path) for step in made.steps[2:4]] == [
        ("rename", "slot.new"), ("remove", "tries"),
    ]  # fmt: skip
    assert made.steps[0].data == b"b"
    assert not [s for s in made.steps if s.do != "check" and s.path.startswith("b/")]


@pytest.mark.parametrize("tries", range(1, 6))
def test_the_slot_that_stays_is_the_one_that_stage_0_takes_next(tries):
    """While it takes one of both to run it."""
    found = holding("a", FILES, holding("b", FILES), tries=str(tries))
    assert (found.keep, "run") == choose(tries, "a", True)


def test_a_pointer_to_a_damaged_slot_is_led_back_before_that_is_written():
    """Else a cut would leave it pointing at files of two firmwares."""
    found = holding("a", FILES, holding("b", {**FILES, "config.json": b"older"}))
    found = found._replace(files={**found.files, "a/config.json": "torn"})
    made = plan(found, WANTED, LOADER)
    assert (made.slot, made.steps[0].data) == ("a", b"b")


def test_the_running_slot_is_never_touched():
    """No step writes, renames or removes anything below it."""
    made = plan(holding("a", {**FILES, "headworks_fw/a.mpy": b"older"}), WANTED, LOADER)
    touched = [step.path for step in made.steps if step.do != "check"]
    assert not [path for path in touched if path.startswith("a/")]


def test_the_manifest_goes_first_and_comes_last_and_the_pointer_after_all():
    """Nothing is renamed over before it was checked."""
    made = plan(holding("a", {**FILES, "headworks_fw/a.mpy": b"older"}), WANTED, LOADER)
    steps = [(step.do, step.path) for step in made.steps]
    assert steps[0] == ("remove", "b/manifest.json")
    assert steps[-2:] == [("rename", "slot.new"), ("reset", "")]
    files = [n for n, (do, path) in enumerate(steps) if do == "rename" and "headworks_fw" in path]
    assert max(files) < steps.index(("rename", "b/manifest.json.new"))
    for place, (do, path) in enumerate(steps):
        if do == "rename":
            assert steps[place - 1] == ("check", path)


def test_strangers_in_the_slot_are_removed():
    """Files of an older firmware that the new one has no more."""
    found = holding("a", {"config.json": b"x"})
    found = found._replace(files={**found.files, "b/headworks_fw/gone.mpy": "0"})
    assert ("remove", "b/headworks_fw/gone.mpy") in [
        (step.do, step.path) for step in plan(found, WANTED, LOADER).steps
    ]


def test_a_newer_firmware_is_not_replaced_unasked():
    """By figures and not by letters: 0.10 is newer than 0.2."""
    newer = holding("a", FILES, BARE._replace(manifests={}))
    newer = newer._replace(manifests={"a": manifest(FILES, "0.10.0").decode()})
    with pytest.raises(FlashError, match=r"runs 0\.10\.0, newer than 0\.2\.0 .*--downgrade"):
        work.check_version("/dev/ttyX", newer, WANTED, downgrade=False)
    work.check_version("/dev/ttyX", newer, WANTED, downgrade=True)
    work.check_version("/dev/ttyX", holding("a", FILES), WANTED, downgrade=False)
    work.check_version("/dev/ttyX", BARE, WANTED, downgrade=False)


def test_another_board_is_not_flashed_even_if_it_says_nothing():
    """One whose firmware fails never introduces itself; its chip still tells who it is."""
    target = work.Target("air", load_sensor("pico-air"), 0, str, uid="E7")
    with pytest.raises(FlashError, match="air: the board there is e6, not E7; swap them"):
        work._check(target, BARE)
    work._check(target._replace(uid="E6"), BARE)


def test_a_full_flash_is_told_before_anything_is_written():
    """With both figures and a way out."""
    with pytest.raises(FlashError, match=r"0 kB free, 44 kB are needed; remove files"):
        plan(BARE._replace(free_bytes=5), WANTED, LOADER)
    plan(BARE._replace(free_bytes=44 * 1024), WANTED, LOADER)


def test_each_small_file_takes_a_block_of_the_flash():
    """The bytes alone would say that there is room."""
    slot = build_slot(load_sensor("pico-air"), "air", 0, 0x1006)
    with pytest.raises(FlashError, match="kB are needed"):
        plan(BARE._replace(free_bytes=2 * slot.size), slot, LOADER)


def test_the_build_is_the_same_each_time_and_holds_no_path_of_this_machine():
    """Same input, same bytes; every module but stage 0, and the board's configuration."""
    profile = load_sensor("pico-air")
    one = build_slot(profile, "air", 0, 0x1006)
    compiled.cache_clear()
    two = build_slot(profile, "air", 0, 0x1006)
    assert one == two
    assert "headworks_fw/app.mpy" in one.files
    assert "headworks_fw/loader.mpy" not in one.files
    assert not [path for path, data in one.files.items() if b"/home" in data or b"/tmp" in data]
    listed = json.loads(one.manifest)["files"]
    assert listed == {path: sha256(data) for path, data in one.files.items()}
    assert b"def choose" in loader()


def test_no_file_of_a_slot_leaves_it():
    """Names stay below the slot, whatever the firmware's folders hold."""
    for path in build_slot(load_sensor("pico-safety"), "s", 0, 0x1006).files:
        assert not path.startswith("/")
        assert ".." not in path.split("/")


def test_another_mpy_version_is_refused_with_what_to_do():
    """An older or newer MicroPython cannot load these files."""
    with pytest.raises(FlashError, match=r"install MicroPython 1\.24 or newer"):
        build_slot(load_sensor("pico-air"), "air", 0, 5)


@pytest.mark.parametrize("text", ["", "hello", MARK + "{", MARK + "{}", MARK + '{"mpy": "x"}'])
def test_a_senseless_answer_of_the_board_is_told(text):
    """Noise on the line is no state of a board."""
    with pytest.raises(FlashError, match=r"/dev/ttyX: .* makes no sense"):
        parse(text, "/dev/ttyX")
