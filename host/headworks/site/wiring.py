"""Outlets, inputs and pins: each is there, each has one use, and all of them fail to off."""

from headworks.hardware.switch import SwitchProfile
from headworks.site.book import Book, name_of
from headworks.site.entries import Entry
from headworks.site.values import shown

OUTLETS = (
    ("rack", "switch", "rack {name}"),
    ("outputs", "deadman", "the dead-man output"),
    ("outputs", "upstream_trip", "the upstream trip"),
)
INPUTS = (
    ("rack", "feedback", "the feedback of rack {name}"),
    ("signal", "input", "signal {name}"),
)


def check_wiring(book: Book) -> None:
    """Everything about switches and what hangs on them."""
    _points(book, OUTLETS, "outlet")
    _points(book, INPUTS, "input")
    for entry in book.of("switch"):
        _connected(book, entry)
        _fails_to_off(book, entry)
        _blind(book, entry)
    _pins(book)


def _points(book: Book, table: tuple[tuple[str, str, str], ...], what: str) -> None:
    """Check the outlets or inputs of a table."""
    used: dict[str, str] = {}
    rows = [
        (entry, key, use.format(name=name_of(entry)))
        for section, key, use in table
        for entry in book.of(section)
        if entry.values.get(key)
    ]
    for entry, key, use in sorted(rows, key=lambda row: row[0].at(row[1])):
        point = entry.values[key]
        if not check_point(book, entry, key, what):
            continue
        if point in used:
            fix = f"write an {what} of its own"
            book.error(entry.at(key), f"{shown(point)} is already {used[point]}; {fix}")
        used.setdefault(point, use)


def inputs_in_use(book: Book) -> dict[str, str]:
    """What each input that a rack or a signal has is for."""
    return {
        entry.values[key]: use.format(name=name_of(entry))
        for section, key, use in INPUTS
        for entry in book.of(section)
        if entry.values.get(key)
    }


def check_point(book: Book, entry: Entry, key: str, what: str) -> bool:
    """Whether NAME.CHANNEL is an outlet or input that is there; a mistake where it is not."""
    name, _, channel = entry.values[key].partition(".")
    if book.resolve(entry.at(key), "switch", name) is None:
        return False
    profile = book.hardware.switches.get(name)
    if profile is None:
        return False  # its model is unknown, which has been said
    known, other = profile.outlets, profile.inputs
    if what == "input":
        known, other = other, known
    if channel in known:
        return True
    book.error(entry.at(key), _no_channel(profile, f"{name}.{channel}", what, channel in other))
    return False


def _no_channel(profile: SwitchProfile, point: str, what: str, is_other: bool) -> str:
    name = point.partition(".")[0]
    known = list(profile.outlets if what == "outlet" else profile.inputs)
    if not known:
        return f"{profile.model} has no {what}s; remove this, or use a board that has some"
    span = f"{name}.{known[0]} to {name}.{known[-1]}"
    wrong = f"{profile.model} has no {what} {shown(point)}"
    if is_other:
        wrong = f"{shown(point)} is an {'input' if what == 'outlet' else 'outlet'}, not an {what}"
    return f"{wrong}; write one of {span}"


def _connected(book: Book, entry: Entry) -> None:
    profile = book.hardware.switches.get(entry.values.get("name", ""))
    if profile and profile.needs_connect and not entry.has("connect"):
        book.error(
            entry.at(),
            f'{entry.title} has no connect; write connect = "tcp://HOST:502" or "serial:/dev/…"',
        )


def _fails_to_off(book: Book, entry: Entry) -> None:
    """What stays on when the controller dies needs a dead-man contactor in series.

    Its watchdog relay wants changes, not a level, so that the output may be of any board.
    """
    name = entry.values.get("name", "")
    profile = book.hardware.switches.get(name)
    outputs = book.entries.one("outputs")
    if profile is None or not profile.latching:
        return
    racks = [rack for rack in book.of("rack") if _switch(rack) == name]
    if racks and not (outputs and outputs.has("deadman")):
        book.error(
            entry.at("model"),
            f"{profile.model} stays on when the controller dies, and nothing would open "
            f"{name_of(racks[0])}; put a dead-man contactor in series and write "
            '[outputs] deadman = "SWITCH.OUTLET"',
        )


def _blind(book: Book, entry: Entry) -> None:
    """A pulse may be missed, and the outlet cannot be read back: only feedback can tell."""
    name = entry.values.get("name", "")
    profile = book.hardware.switches.get(name)
    if profile is None or profile.family != "gpio-pulse":
        return
    for rack in book.of("rack"):
        if _switch(rack) == name and not (rack.has("feedback") or rack.has("meter")):
            book.findings.warning(
                rack.at("switch"),
                f"{profile.model} is pulsed and cannot be read back, so nothing would show that "
                f"{name_of(rack)} stayed on; wire an auxiliary contact and write "
                'feedback = "SWITCH.INPUT", or write meter = …',
            )


def _switch(rack: Entry) -> str:
    return str(rack.values.get("switch", "")).partition(".")[0]


def _pins(book: Book) -> None:
    used: dict[int, tuple[str, str]] = {}
    for entry in book.of("switch"):
        name = entry.values.get("name", "")
        profile = book.hardware.switches.get(name)
        pins = profile.pins() if profile else {}
        shared = sorted(pin for pin in pins if pin in used)
        if shared:
            pin = shared[0]
            other, use = used[pin]
            more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
            book.error(
                entry.at("model"),
                f"GPIO {pin}{more} of {shown(name)} ({pins[pin]}) is {use} of {shown(other)}; "
                "write a model on other pins",
            )
        for pin, use in pins.items():
            used.setdefault(pin, (name, use))
