"""One board from whatever it holds to the firmware of this program, verified. Blocking.

Reaches its prompt, plans, carries out, resets, and waits for a healthy introduction.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from headworks.flash.build import Slot, build_slot, loader
from headworks.flash.contents import Contents
from headworks.flash.errors import AGAIN, DoesNotStartError, FlashError
from headworks.flash.plan import Plan, Step, plan
from headworks.flash.repl import NoPromptError, Prompt
from headworks.flash.talk import HELLO_S, Talk
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import SensorProfile, config_crc

AWAY_S = 20.0  # the longest that a board may take to come back after a reset
_LOOK_S = 0.2
_STEP_BYTES = 512  # a step at the prompt takes about as long as sending so many
_RESET = Step("reset", "")
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?:[-+.a-z][-+.a-z0-9]{0,30})?")
_WORDS = {"fw": "firmware", "nm": "name", "bd": "model", "cfg": "configuration", "st": "state"}
_PC = ("linux", "darwin")  # a simulated board, which fits every chip


class Target(NamedTuple):
    """A board that shall be flashed. `find` gives its port now; it may move while it restarts.

    `others` are boards that are refused there; `anyway`: what makes such a one this one.
    """

    name: str
    profile: SensorProfile
    address: int
    find: Callable[[], str]
    uid: str = ""
    others: frozenset[str] = frozenset()
    anyway: str = ""


class Show(NamedTuple):
    """What people see: a sentence, and how much is done of how much, in no unit."""

    say: Callable[[str], None]
    progress: Callable[[int, int], None]


class Done(NamedTuple):
    """How it ended. `plan` says what was sent."""

    target: Target
    contents: Contents
    slot: Slot
    plan: Plan
    hello: Mapping[str, Any]


def examine(target: Target, show: Show, *, force: bool = False) -> tuple[Contents, Slot, Plan]:
    """What is on the board and what would be done. Leaves it at its prompt.

    Raises FlashError; the board is then restarted.
    """
    was_asked = _to_prompt(target, show)
    with _or_restarted(target, was_there=was_asked):
        try:
            found = _contents(target)
        except FlashError:
            # It may crash at each start, until after some of them its safe mode speaks.
            if was_asked or not _to_prompt(target, show, within_s=AWAY_S):
                raise
            found = _contents(target)
        if not was_asked and "main.py" in found.files and found.platform not in _PC:
            _step_aside(target)
            found = _contents(target)
        _check(target, found)
        try:
            slot = build_slot(target.profile, target.name, target.address, found.mpy)
            return found, slot, plan(found, slot, loader(), force=force)
        except FlashError as error:
            raise FlashError(f"{target.name}: {error}") from error


def flash(target: Target, show: Show, *, force: bool = False, downgrade: bool = False) -> Done:
    """Bring a board up to date. Raises FlashError; the old firmware then still runs.

    What `show` raises ends it in the same way.
    """
    found, slot, steps = examine(target, show, force=force)
    with _or_restarted(target):
        check_version(target.find(), found, slot, downgrade=downgrade)
        if not steps.steps:
            show.say(f"{target.name}: holds this firmware already; restarting it")
            restart(target)
        else:
            _carry_out(target, steps, show)
    show.say(f"{target.name}: all is there and checked; waiting for it to start")
    hello = verify(target, slot)
    return Done(target, found, slot, steps, hello)


def look(
    target: Target, show: Show, *, force: bool = False, downgrade: bool = False
) -> tuple[Contents, Slot, Plan]:
    """What `examine` gives; the board then runs again. Raises FlashError where `flash` would."""
    found = examine(target, show, force=force)
    with _or_restarted(target):
        check_version(target.find(), found[0], found[1], downgrade=downgrade)
    restart(target)
    return found


def restart(target: Target) -> None:
    """Leave the prompt: start the firmware that is there."""
    with suppress(FlashError), Prompt(target.find()) as prompt:
        prompt.restart()


@contextmanager
def _or_restarted(target: Target, *, was_there: bool = True) -> Iterator[None]:
    """Whatever goes wrong, the board does not stay at its prompt with nothing that runs.

    `was_there`: it has been reached, so that a prompt that does not come is one that was lost.
    """
    try:
        yield
    except NoPromptError as error:
        if not was_there:
            raise
        restart(target)
        raise FlashError(
            f"{target.name}: its prompt was lost. Plug it in and run the same command again; until "
            "then no firmware may run on it"
        ) from error
    except BaseException:
        restart(target)
        raise


def _carry_out(target: Target, steps: Plan, show: Show) -> None:
    done, total = 0, steps.bytes_to_send + _STEP_BYTES * len(steps.steps)

    def progress(count: int) -> None:
        nonlocal done
        done += count
        show.progress(done, total)

    show.say(
        f"{target.name}: sending {steps.sent} files ({steps.bytes_to_send / 1000:.0f} kB), "
        f"copying {steps.copied} on the board"
    )
    with Prompt(target.find()) as prompt:
        prompt.contents()  # defines what checks need
        for step in steps.steps:
            progress(_STEP_BYTES)  # a person sees that it goes on, and may end it here
            prompt.carry_out(step, progress)


def verify(target: Target, slot: Slot) -> Mapping[str, Any]:
    """Wait for the introduction of the new firmware. Raises DoesNotStartError."""
    expected = {
        "fw": slot.version, "nm": target.name, "bd": target.profile.model, "st": "run",
        "cfg": config_crc(target.profile, target.name, target.address),
    }  # fmt: skip
    hello: Mapping[str, Any] | None = None
    end_s = time.monotonic() + AWAY_S
    while time.monotonic() < end_s:
        hello = _hello(target) or hello
        if hello is not None and all(hello.get(key) == value for key, value in expected.items()):
            return hello
        time.sleep(_LOOK_S)
    if hello is None:
        raise DoesNotStartError(
            f"{target.name}: everything was sent, but the board does not answer; look at it with "
            f"headworks board console {target.name}, or flash it again"
        )
    wrong = ", ".join(
        f"{_WORDS[k]} is {hello.get(k)}, not {v}" for k, v in expected.items() if hello.get(k) != v
    )
    raise DoesNotStartError(f"{target.name}: it runs, but {wrong}; flash it again")


def _hello(target: Target) -> Mapping[str, Any] | None:
    try:
        with Talk(target.find(), target.profile.baud, _asked_at(target)) as talk:
            return talk.hello()
    except FlashError:
        return None


def _asked_at(target: Target) -> int:
    return target.address if target.profile.link == "rs485" else 0


def _contents(target: Target) -> Contents:
    with Prompt(target.find()) as prompt:
        return prompt.contents()


def _step_aside(target: Target) -> None:
    """A firmware was interrupted that may have started its watchdog: start without it."""
    with Prompt(target.find()) as prompt:
        prompt.run("with open('maint','w') as f: f.write('1')")
        prompt.carry_out(_RESET, lambda _: None)
    time.sleep(1.0)  # a chip's own start; its prompt is awaited after that


def _to_prompt(target: Target, show: Show, within_s: float = HELLO_S) -> bool:
    """Ask a running firmware to step aside, as its watchdog would bite; whether one ran."""
    port = target.find()
    with Talk(port, target.profile.baud, _asked_at(target)) as talk:
        hello = talk.hello(within_s)
        if hello is None:
            return False
        uid = str(hello.get("uid", ""))
        _check_uid(target, port, uid)
        _check_name(target, port, str(hello.get("nm", "")))
        show.say(
            f"{target.name}: runs {hello.get('fw')}; outputs off, going to its prompt. If this is "
            "cut short, run the same command again"
        )
        with suppress(FlashError):  # an answer that is lost says nothing; what it does then tells
            why, _ = talk.command(c="maint")
            if why:
                return False  # of another protocol: stopped as a firmware of others is
    with _or_restarted(target):
        _await_away(target)
    return True


def _await_away(target: Target) -> None:
    """Wait until the board is at its prompt: it does not introduce itself any more."""
    end_s = time.monotonic() + AWAY_S
    while time.monotonic() < end_s:
        time.sleep(_LOOK_S)
        with (
            suppress(FlashError),
            Talk(target.find(), target.profile.baud, _asked_at(target)) as talk,
        ):
            if talk.hello(0.6) is None:
                return
    raise FlashError(f"{target.name}: it does not go to its prompt; unplug it, {AGAIN}")


def _check(target: Target, found: Contents) -> None:
    """The board is the one that is meant, and its chip one that the model fits."""
    _check_uid(target, target.name, found.uid)
    for name in found.called:  # no firmware that runs has said so: it stands at its prompt
        _check_name(target, target.find(), name)
    if found.platform in _PC:
        return
    names = {mcu: load_mcu(mcu).name.split()[-1] for mcu in target.profile.mcus}
    told = found.machine.upper().replace("-", "")
    if not any(name.upper().replace("-", "") in told for name in names.values()):
        raise FlashError(
            f"{target.name}: {target.profile.model} is for {' or '.join(names.values())}, and this "
            f"board is a {found.machine!r}; choose another --model"
        )


def _check_uid(target: Target, where: str, uid: str) -> None:
    if target.uid and uid and uid.lower() != target.uid.lower():
        raise FlashError(f"{where}: the board there is {uid}, not {target.uid}; swap them")


def _check_name(target: Target, port: str, name: str) -> None:
    """Two boards of a site that were swapped would each get the other's outputs."""
    if name in target.others:
        anyway = target.anyway or f"add --model {target.profile.model}"
        raise FlashError(
            f"{port}: the board there is {name}, not {target.name}; plug in the right one, or "
            f"correct connect in the site file. To make it {target.name} all the same, {anyway}"
        )


def check_version(port: str, found: Contents, slot: Slot, *, downgrade: bool) -> None:
    """A newer firmware than ours is replaced only on demand. Raises FlashError."""
    there = found.firmware(found.active) if found.active else ""
    if not there or downgrade:
        return
    number = _number(there)
    if not number:
        raise FlashError(
            f"{port}: the firmware there calls itself {there[:40]!r}, which is no version; to "
            "replace it all the same, add --downgrade"
        )
    if number > _number(slot.version):
        raise FlashError(
            f"{port}: the board runs {there}, newer than {slot.version} of this program; update "
            "this program, or add --downgrade"
        )


def _number(version: str) -> tuple[int, ...]:
    """Its three figures; none where it is no version."""
    found = _VERSION.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()
