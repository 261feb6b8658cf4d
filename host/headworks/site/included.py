"""Interlocks that a site file does not write itself: those of named sets, and of permissives."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from headworks.hardware.files import HardwareError, models
from headworks.hardware.sensor import Channel, ChannelKind
from headworks.model.site import InterlockAction, InterlockSpec
from headworks.site.book import Book, name_of
from headworks.site.causes import age_s, unreachable
from headworks.site.entries import Entry
from headworks.site.names import zone_of
from headworks.site.problems import Spot
from headworks.site.sets import InterlockSet, Rule, load_set
from headworks.site.values import shown, suggest

_ALIKE = 0.88  # names at least so alike are meant to be the same
Made = tuple[InterlockSpec, Spot, str]  # where it was asked for, and who made it


def check_included(book: Book) -> None:
    """Make the interlocks of sets and boards; name what cannot be made."""
    own = {name_of(entry): entry for entry in book.of("interlock") if entry.has("name")}
    made = [*_of_sets(book), *_of_permissives(book)]
    taken: dict[str, str] = {}
    for spec, spot, maker in made:
        if taken.setdefault(spec.name, maker) != maker:
            book.error(spot, f"{taken[spec.name]} and {maker} both make {spec.name}; remove one")
        elif spec.name in own and spec.origin.startswith("set "):
            book.replaced[spec.name] = spec.origin.removeprefix("set ")
        else:
            _free(book, spec.name, maker)
            book.made.append(spec)
    for name, entry in own.items():
        _meant(book, entry, name, list(taken))


def _free(book: Book, name: str, maker: str) -> None:
    holder = book.named.get(name)
    if holder is not None:
        spot = holder.at("name") if holder.has("name") else holder.at()
        book.error(spot, f"the name {shown(name)} is taken by {maker}; write another")


def _meant(book: Book, entry: Entry, name: str, known: list[str]) -> None:
    """An interlock that nearly has the name of a set's was meant to replace that one."""
    near = get_close_matches(name, known, 1, _ALIKE)
    if near and name not in known:
        book.error(
            entry.at("name"),
            f"{shown(name)} replaces no interlock of a set; write {shown(near[0])}, or a name "
            "that is less like it",
        )


def _of_sets(book: Book) -> Iterator[Made]:
    site = book.entries.one("site")
    for index, name in enumerate(site.values.get("interlocks", ()) if site else ()):
        spot = site.places.value((*site.path, "interlocks", index)) if site else Spot()
        found = _load(book, spot, name)
        if found is None:
            continue
        made = list(_of_set(book, spot, found))
        if not made:
            book.findings.warning(
                spot, f"set {name} finds no channel to watch; add a [[board]], or remove the set"
            )
        for spec in made:
            yield spec, spot, f"set {name}"


def _load(book: Book, spot: Spot, name: str) -> InterlockSet | None:
    known = list(models("interlock"))
    if name not in known:
        book.error(spot, f"no set of interlocks is named {shown(name)}; {suggest(name, known)}")
        return None
    try:
        return load_set(name)
    except HardwareError as error:
        book.error(spot, f"{error}; mend the file or remove the set")
        return None


def _of_set(book: Book, spot: Spot, found: InterlockSet) -> Iterator[InterlockSpec]:
    for board in book.of("board"):
        profile = book.hardware.boards.get(name_of(board))
        channels = profile.channels.values() if profile else ()
        for rule in found.rules:
            fitting = [c for c in channels if fnmatchcase(c.name, rule.channel)]
            for channel in fitting:
                wrong = _misfit(rule, channel)
                if wrong:
                    place = f"boards/interlock/{found.name}.toml: interlock {rule.name!r}"
                    book.error(spot, f"{place} on {name_of(board)}.{channel.name}: {wrong}")
                    continue
                spec = _spec(book, board, rule, channel)
                ending = f"-{channel.name}" if len(fitting) > 1 else ""
                yield replace(spec, name=spec.name + ending, origin=f"set {found.name}")


def _misfit(rule: Rule, channel: Channel) -> str:
    number = channel.kind is ChannelKind.NUMBER
    if number is ("active" in rule.limits):
        return "a number has above or below, a contact has active; write the other pattern"
    key = next(key for key in ("above", "below", "active") if key in rule.limits)
    if not number:
        return ""
    hysteresis = rule.limits.get("hysteresis", 0.0)
    found = unreachable(
        channel.name, (channel.low, channel.high), key, rule.limits[key], hysteresis
    )
    return found[1] if found else ""


def _spec(book: Book, board: Entry, rule: Rule, channel: Channel) -> InterlockSpec:
    site = book.entries.one("site")
    reset = site.values.get("local_reset", "") if site and rule.local else ""
    return InterlockSpec(
        name=f"{name_of(board)}-{rule.name}",
        when=f"{name_of(board)}.{channel.name}",
        action=rule.action,
        racks=tuple(book.names("rack")) if rule.everywhere else zone_of(book, board),
        max_age_s=age_s(channel),
        local_reset=reset,
        **rule.limits,
    )


def _of_permissives(book: Book) -> Iterator[Made]:
    """While a permissive relay is open or unknown, its racks are off."""
    for board in book.of("board"):
        profile, output = book.hardware.boards.get(name_of(board)), board.values.get("permissive")
        if profile is None or output not in profile.outputs:
            continue
        name = name_of(board)
        yield (
            InterlockSpec(
                name=f"{name}-permissive",
                when=f"{name}.{output}",
                action=InterlockAction.TRIP,
                racks=zone_of(book, board),
                active=False,
                max_age_s=age_s(profile.channels[output]),
                origin=f"board {name}",
            ),
            board.at("permissive"),
            f"the permissive of board {name}",
        )
