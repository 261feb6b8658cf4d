"""Makes the frozen Site of entries in which no mistake was found."""

from typing import Any

from headworks.model.outside import MqttSpec, NotifySpec
from headworks.model.site import (
    BoardSpec,
    Control,
    FeederSpec,
    GpioSpec,
    InterlockAction,
    InterlockSpec,
    MeterSpec,
    RackKind,
    RackSpec,
    RecordSpec,
    Sign,
    SignalSpec,
    Site,
    SwitchSpec,
    Window,
)
from headworks.model.tariff import Tariff, TariffPeriod
from headworks.site.book import SPECS, Book, name_of
from headworks.site.causes import usual_age_s
from headworks.site.entries import Entry
from headworks.site.names import racks_of, zone_of
from headworks.site.rows import ACTIONS
from headworks.site.tariff import is_rest

DEFAULT_SCAN_S = 1.0


def build(book: Book, source: str, sha256: str) -> Site:
    """The site. `book` must be free of mistakes."""
    site, outputs = _one(book, "site"), _one(book, "outputs")
    for key in ("interlocks", "local_reset"):
        site.pop(key, None)  # `included` has read them
    reserve = {"reserve_kw": site.pop("reserve_kw")} if "reserve_kw" in site else {}
    return Site(
        **{"scan_s": DEFAULT_SCAN_S, **site, **outputs},
        control=Control(**_one(book, "control"), **reserve),
        meters=tuple(_meter(entry) for entry in book.of("meter")),
        feeders=tuple(FeederSpec(**_fields(entry)) for entry in book.of("feeder")),
        signals=tuple(_signal(entry) for entry in book.of("signal")),
        switches=tuple(SwitchSpec(**_fields(entry)) for entry in book.of("switch")),
        racks=tuple(_rack(entry) for entry in book.of("rack")),
        boards=tuple(_board(book, entry) for entry in book.of("board")),
        interlocks=(*(_interlock(book, entry) for entry in book.of("interlock")), *book.made),
        gpio=GpioSpec(**_one(book, "gpio")),
        record=RecordSpec(**_one(book, "record")),
        tariff=_tariff(book.entries.one("tariff")),
        mqtt=MqttSpec(**_one(book, "mqtt")) if book.of("mqtt") else None,
        notify=NotifySpec(**_one(book, "notify")) if book.of("notify") else None,
        source=source,
        sha256=sha256,
    )


def _one(book: Book, section: str) -> dict[str, Any]:
    entry = book.entries.one(section)
    return _fields(entry) if entry else {}


def _fields(entry: Entry) -> dict[str, Any]:
    """The values by their names in the model."""
    rows = {key.name: key.target for key in entry.section.keys}
    return {rows[name]: value for name, value in entry.values.items()}


def _meter(entry: Entry) -> MeterSpec:
    return MeterSpec(**{**_fields(entry), "sign": Sign(entry.values["sign"])})


def _rack(entry: Entry) -> RackSpec:
    given = {**_fields(entry), "kind": RackKind(entry.values["kind"])}
    return RackSpec(**{"feeder": None, **given})


def _signal(entry: Entry) -> SignalSpec:
    given = {**_fields(entry), "name": name_of(entry)}
    kind = given.pop("kind")
    if kind == "schedule":
        given["windows"] = tuple(Window(**_fields(window)) for window in entry.children)
    signal: SignalSpec = SPECS[kind](**given)
    return signal


def _board(book: Book, entry: Entry) -> BoardSpec:
    baud = book.hardware.boards[name_of(entry)].baud
    return BoardSpec(**{"baud": baud, **_fields(entry), "zone": zone_of(book, entry)})


def _interlock(book: Book, entry: Entry) -> InterlockSpec:
    given = {**_fields(entry), "name": name_of(entry)}
    action = next(action for action in ACTIONS if action in given)
    for name in ACTIONS:
        given.pop(name, None)
    given["racks"] = racks_of(book, entry, action)
    if not {"above", "below", "active"} & set(given):
        given["active"] = True
    given.setdefault("max_age_s", usual_age_s(book, entry))
    if given["name"] in book.replaced:
        given["origin"] = f"site file, not set {book.replaced[given['name']]}"
    return InterlockSpec(**given, action=InterlockAction(action))


def _tariff(entry: Entry | None) -> Tariff | None:
    if entry is None:
        return None
    periods = tuple(TariffPeriod(**_fields(one), rest=is_rest(one)) for one in entry.children)
    return Tariff(**_fields(entry), periods=periods)
