"""Feeders and racks: the tree of feeders has no cycle, and each rack fits what it hangs on."""

from headworks.site.book import Book, name_of
from headworks.site.entries import Entry
from headworks.site.names import ancestors
from headworks.site.problems import Spot
from headworks.site.values import figure, shown

_SHOWN = 8  # feeders of a circle
GRANTING = ("export", "setpoint", "contact", "schedule")


def check_power(book: Book) -> None:
    """Cycles, ratings, and whether any rack can ever run."""
    for feeder in book.of("feeder"):
        if not _cycle(book, feeder):
            _fits(book, feeder, "rating_kw", ancestors(book, name_of(feeder))[1:])
    for rack in book.of("rack"):
        _fits(book, rack, "rated_kw", ancestors(book, rack.values.get("feeder")))
        _placed(book, rack)
        _step(book, rack)
    _complete(book)
    _watched(book)
    _one_meter_each(book)


def _cycle(book: Book, feeder: Entry) -> bool:
    """Whether the feeder is its own parent, perhaps through others."""
    name = name_of(feeder)
    chain = ancestors(book, name)
    last = book.find("feeder", chain[-1]) if chain else None
    if last is None or last.values.get("parent") not in chain:
        return False
    if last.values["parent"] == name:
        shown_chain = chain if len(chain) <= _SHOWN else [*chain[:_SHOWN], "…"]
        way = " > ".join([*shown_chain, name])
        book.error(feeder.at("parent"), f"the feeders run in a circle ({way}); remove one parent")
    return True


def _fits(book: Book, entry: Entry, key: str, feeders: list[str]) -> None:
    """The entry's power does not exceed any feeder above it. Zero watts is said elsewhere."""
    power = entry.values.get(key)
    for name in feeders:
        feeder = book.find("feeder", name)
        rating = feeder.values.get("rating_kw") if feeder else None
        if power and rating and power > rating:
            book.error(
                entry.at(key),
                f"{key} = {figure(power)} exceeds feeder {shown(name)} of {figure(rating)} kW; "
                f"write {figure(rating)} or less, or another feeder",
            )
            return


def _placed(book: Book, rack: Entry) -> None:
    feeders = book.names("feeder")
    if feeders and not rack.has("feeder"):
        book.error(
            rack.at(),
            f'{rack.title} has no feeder, so no rating guards it; write feeder = "{feeders[0]}"',
        )


def _step(book: Book, rack: Entry) -> None:
    control = book.entries.one("control")
    step = control.values.get("step_kw") if control else None
    rated = rack.values.get("rated_kw")
    if step and rated and rated > step:
        book.error(
            rack.at("rated_kw"),
            f"rated_kw = {figure(rated)} exceeds step_kw = {figure(step)}, so it could never "
            f"start; write [control] step_kw = {figure(rated)} or more",
        )


def _complete(book: Book) -> None:
    if not book.entries.one("site"):
        book.error(Spot(), 'there is no [site]; write [site] with name and timezone = "…"')
    if not book.entries.by_section.get("rack"):
        book.error(Spot(), "there is no [[rack]], nothing to switch; write at least one")
    kinds = [entry.values.get("kind") for entry in book.of("signal")]
    if not any(kind in GRANTING or kind is None for kind in kinds):
        spot = book.of("signal")[0].at("kind") if kinds else Spot()
        book.error(
            spot,
            "no signal grants surplus, so no rack would ever run; "
            'write a [[signal]] with kind = "export"',
        )


def _watched(book: Book) -> None:
    """A safety of its own beside the decision; boards that must have one are an error."""
    outputs = book.entries.one("outputs")
    latching = any(profile.latching for profile in book.hardware.switches.values())
    if book.of("rack") and not latching and not (outputs and outputs.has("deadman")):
        book.findings.warning(
            outputs.at() if outputs else Spot(),
            "no dead-man output, so that racks may stay on when this controller hangs; "
            'write [outputs] deadman = "SWITCH.OUTLET"',
        )


def _one_meter_each(book: Book) -> None:
    """A meter measures one feeder or one rack; what counts twice is wrong once."""
    taken: dict[str, Entry] = {}
    for entry in [*book.of("feeder"), *book.of("rack")]:
        meter = entry.values.get("meter")
        if meter is None:
            continue
        first = taken.setdefault(meter, entry)
        if first is not entry and first.section.name == entry.section.name:
            book.error(
                entry.at("meter"),
                f"meter {shown(meter)} already measures {first.section.name} "
                f"{shown(name_of(first))}; write the meter of this one",
            )
    for rack in book.of("rack"):
        meter = rack.values.get("meter")
        if meter and any(
            s.values.get("kind") == "export" and s.values.get("meter") == meter
            for s in book.of("signal")
        ):
            book.error(
                rack.at("meter"),
                f"meter {shown(meter)} measures the export of the site; "
                "write the meter of this rack, or remove it",
            )
