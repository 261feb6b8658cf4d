"""Which steps bring a board from what it holds to what it shall hold. Pure.

The slot that is known to run is never touched; where the pointer names another, it is led back to
it first. In the other slot the manifest goes first and comes last; each file is written beside its
old self, checked, and renamed over it; the pointer is renamed last of all. Cut anywhere, the board
starts the old firmware or the new one.
"""

from typing import NamedTuple

from headworks.flash.build import MANIFEST, PACKAGE, Slot, sha256
from headworks.flash.contents import Contents
from headworks.flash.errors import FlashError

NEW = ".new"
_BLOCK = 4096  # of the flash: a file takes whole ones
_SPARE = 8 * _BLOCK  # for folders, and a file beside its old self
_FOLDERS = ("", PACKAGE, f"{PACKAGE}/sensors")


class Step(NamedTuple):
    """One step at the board. `do`: mkdir, remove, copy, send, rename, check or reset.

    `path` is what it is about, `other` the source of a copy or the target of a rename, `data`
    what is sent, `digest` the sha256 that a check wants.
    """

    do: str
    path: str
    other: str = ""
    data: bytes = b""
    digest: str = ""


class Plan(NamedTuple):
    """The steps, and what they mean for people. No steps: nothing is to be done."""

    steps: tuple[Step, ...]
    slot: str
    kept: int  # files that lie there already
    copied: int  # from the slot that stays
    sent: int
    bytes_to_send: int


def plan(found: Contents, wanted: Slot, loader: bytes, *, force: bool = False) -> Plan:
    """The steps for a board. Raises FlashError where there is no room."""
    sums = {path: sha256(data) for path, data in wanted.files.items()}
    active = found.active
    starts_well = found.tries in ("", "0", "1")  # a start counts as failed until it was healthy
    is_there = starts_well and active == found.slot and found.complete(active) == sums
    has_loader = found.files.get("main.py") == sha256(loader)
    if is_there and has_loader and not force:
        return Plan((), active, len(sums), 0, 0, 0)
    if is_there and not force:
        steps = [*_whole("main.py", loader), Step("reset", "")]
        return Plan(tuple(steps), active, len(sums), 0, 1, len(loader))
    return _other_slot(found, wanted, sums, () if has_loader else _whole("main.py", loader))


def _other_slot(
    found: Contents, wanted: Slot, sums: dict[str, str], loader: tuple[Step, ...]
) -> Plan:
    keep = found.keep
    target = "b" if keep == "a" else "a"
    filled, kept, copied = _filled(found, wanted, sums, target)
    steps = (
        *_led_back(found, keep),
        *_emptied(found, sums, target),
        *filled,
        *(Step("check", f"{target}/{path}", digest=digest) for path, digest in sums.items()),
        *_whole(f"{target}/{MANIFEST}", wanted.manifest),
        *loader,
        Step("remove", "tries"),
        Step("remove", "maint"),
        *_whole("why", b"update"),
        *_whole("slot", target.encode()),
        Step("reset", ""),
    )
    sent = [step for step in steps if step.do == "send"]
    size = sum(len(step.data) for step in sent)
    _check_room(found, target, wanted)
    return Plan(steps, target, kept, copied, len(sent), size)


def _emptied(found: Contents, sums: dict[str, str], target: str) -> list[Step]:
    """The slot counts as unfinished from the first step; what does not belong to it goes."""
    return [
        Step("remove", f"{target}/{MANIFEST}"),
        Step("remove", f"{target}/{MANIFEST}{NEW}"),
        *(Step("mkdir", f"{target}/{folder}".rstrip("/")) for folder in _FOLDERS),
        *(
            Step("remove", path)
            for path in sorted(found.files)
            if path.startswith(f"{target}/") and path.partition("/")[2] not in sums
        ),
    ]


def _filled(
    found: Contents, wanted: Slot, sums: dict[str, str], target: str
) -> tuple[list[Step], int, int]:
    """Every file is kept, copied from the other slot or sent; with how many kept and copied."""
    steps: list[Step] = []
    kept = copied = 0
    for path, data in sorted(wanted.files.items()):
        whole = f"{target}/{path}"
        other = f"{found.keep}/{path}"
        if found.files.get(whole) == sums[path]:
            kept += 1
        elif found.keep and found.files.get(other) == sums[path]:
            copied += 1
            steps += [
                Step("copy", whole + NEW, other),
                Step("check", whole + NEW, digest=sums[path]),
                Step("rename", whole + NEW, whole),
            ]
        else:
            steps += _whole(whole, data)
    return steps, kept, copied


def _whole(path: str, data: bytes) -> tuple[Step, ...]:
    """A file that is old or new at every moment."""
    return (
        Step("send", path + NEW, data=data),
        Step("check", path + NEW, digest=sha256(data)),
        Step("rename", path + NEW, path),
    )


def _led_back(found: Contents, keep: str) -> tuple[Step, ...]:
    """The pointer to the slot that stays, where it names the one that will be written."""
    if not keep or keep == found.slot:
        return ()
    return (*_whole("slot", keep.encode()), Step("remove", "tries"))


def _check_room(found: Contents, target: str, wanted: Slot) -> None:
    """Files that the slot does not have yet, in whole blocks: what is replaced gives its own."""
    new = (data for path, data in wanted.files.items() if f"{target}/{path}" not in found.files)
    size = sum(-(-len(data) // _BLOCK) * _BLOCK for data in new) + _SPARE
    if found.free_bytes < size:
        raise FlashError(
            f"the board has {found.free_bytes // 1024} kB free, {size // 1024} kB "
            "are needed; remove files of others from it (mpremote fs rm), or erase its flash"
        )
