"""Names: each once in the file, and every name that is referred to is there."""

from headworks.site.book import NAMED, Book, name_of
from headworks.site.entries import Entry
from headworks.site.rows import ACTIONS
from headworks.site.values import shown, suggest

REFERENCES = (
    ("feeder", "meter", "meter"),
    ("feeder", "parent", "feeder"),
    ("signal", "meter", "meter"),
    ("rack", "feeder", "feeder"),
    ("rack", "meter", "meter"),
)
FEEDER = "feeder:"


def check_names(book: Book) -> None:
    """Duplicate names, dangling references and the racks that interlocks name."""
    _duplicates(book)
    for section, key, target in REFERENCES:
        for entry in book.of(section):
            name = entry.values.get(key)
            if name is not None:
                book.resolve(entry.at(key), target, name)
    for entry in book.of("interlock"):
        _targets(book, entry)
    for entry in book.of("board"):
        zone_of(book, entry)


def _duplicates(book: Book) -> None:
    seen: dict[str, Entry] = {}
    entries = [entry for section in NAMED for entry in book.of(section)]
    for entry in sorted(entries, key=lambda e: e.at("name")):
        name = name_of(entry)
        first = seen.setdefault(name, entry)
        if name and first is not entry:
            place = entry.at("name") if entry.has("name") else entry.at()
            line = first.at("name").line
            fix = "write another" if entry.has("name") else "give this one a name"
            book.error(
                place,
                f"the name {shown(name)} is taken by the {first.section.name} in line {line}; "
                f"{fix}",
            )


def _targets(book: Book, entry: Entry) -> None:
    written = [action for action in ACTIONS if entry.has(action)]
    if not written:
        book.error(
            entry.at(), f'{entry.title} does nothing; write trip = "all", or shed, block or warn'
        )
    for action in written[1:]:
        book.error(
            entry.key_at(action),
            f"{entry.title} has {written[0]} and {action}; write a second [[interlock]] for one",
        )
    for action in written:
        racks_of(book, entry, action)


def racks_of(book: Book, entry: Entry, action: str) -> tuple[str, ...]:
    """The racks that "all", "feeder:NAME" and names stand for, in the site's order."""
    chosen: set[str] = set()
    for target in entry.values.get(action, ()):
        if target == "all":
            chosen |= set(book.names("rack"))
        elif target == "zone":
            chosen |= set(_zone(book, entry, action))
        elif target.startswith(FEEDER):
            chosen |= _below(book, entry, action, target.removeprefix(FEEDER))
        elif _is_rack(book, entry, action, target):
            chosen.add(target)
    return tuple(rack for rack in book.names("rack") if rack in chosen)


def zone_of(book: Book, board: Entry) -> tuple[str, ...]:
    """The racks that a board watches; all where it does not say."""
    return racks_of(book, board, "zone") if board.has("zone") else tuple(book.names("rack"))


def _zone(book: Book, entry: Entry, action: str) -> tuple[str, ...]:
    board = _board_of(book, entry)
    if board is not None:
        return zone_of(book, board)
    book.error(
        entry.at(action),
        f'"zone" is the zone of the board in when, and there is none; write "all", a rack or '
        f'"{FEEDER}NAME"',
    )
    return ()


def _board_of(book: Book, entry: Entry) -> Entry | None:
    """The board in `when` of an interlock."""
    return book.find("board", str(entry.values.get("when", "")).partition(".")[0])


def _is_rack(book: Book, entry: Entry, action: str, target: str) -> bool:
    if target in book.names("rack"):
        return True
    if target in book.names("feeder"):
        fix = f'write "{FEEDER}{target}" for the racks below it'
        book.error(entry.at(action), f"{shown(target)} is a feeder, not a rack; {fix}")
    else:
        zone = ["zone"] if _board_of(book, entry) is not None else []
        fix = suggest(target, [*book.names("rack"), "all", *zone])
        book.error(entry.at(action), f"no rack is named {shown(target)}; {fix}")
    return False


def _below(book: Book, entry: Entry, action: str, feeder: str) -> set[str]:
    """The racks of a feeder and of the feeders below it."""
    if book.resolve(entry.at(action), "feeder", feeder) is None:
        return set()
    found = {
        name_of(rack)
        for rack in book.of("rack")
        if feeder in ancestors(book, rack.values.get("feeder"))
    }
    if not found:
        book.error(
            entry.at(action),
            f"no rack is below feeder {shown(feeder)}; name another feeder, or racks",
        )
    return found


def ancestors(book: Book, feeder: str | None) -> list[str]:
    """A feeder and the feeders above it, nearest first; a cycle is walked once."""
    found: list[str] = []
    while feeder is not None and feeder not in found:
        entry = book.find("feeder", feeder)
        if entry is None:
            return found
        found.append(feeder)
        feeder = entry.values.get("parent")
    return found
