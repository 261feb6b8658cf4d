"""Connections: what is on one line, with which settings, and what listens where."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from headworks.site.book import Book, name_of, value
from headworks.site.entries import Entry
from headworks.site.unread import SERIAL
from headworks.site.values import shown

_EVERYWHERE = ("0.0.0.0", "[::]")


def check_lines(book: Book) -> None:
    """Units, serial settings, protocols and listening ports."""
    _shared(book)
    for entry in _wired(book):
        _unit(book, entry)
        _unsteady(book, entry)
    for entry in book.of("board"):
        if entry.values.get("connect"):
            _unsteady(book, entry)
    for entry in book.of("meter"):
        _protocol(book, entry)
    _listeners(book)


def _wired(book: Book) -> Iterator[Entry]:
    """Meters and switches with a good connection, in the order of the file."""
    entries = [*book.of("meter"), *book.of("switch")]
    yield from sorted((e for e in entries if e.values.get("connect")), key=lambda e: e.at())


def _shared(book: Book) -> None:
    first: dict[str, Entry] = {}
    units: dict[tuple[str, int], Entry] = {}
    hosts: dict[str, Entry] = {}
    for entry in _wired(book):
        connect, unit = entry.values["connect"], value(entry, "unit")
        holder = units.setdefault((connect, unit), entry)
        if unit is not None and holder is not entry:
            book.error(
                entry.at("unit") if entry.has("unit") else entry.at("connect"),
                f"unit {unit} on {shown(connect)} is taken by {shown(name_of(holder))}; "
                "write the unit that is set on this device",
            )
        _same_settings(book, first.setdefault(connect, entry), entry)
        _same_scheme(book, hosts.setdefault(connect.rpartition("tcp://")[2], entry), entry)


def _same_settings(book: Book, first: Entry, entry: Entry) -> None:
    if not entry.values["connect"].startswith("serial:"):
        return
    for key in SERIAL:
        mine, other = value(entry, key), value(first, key)
        if None not in (mine, other) and mine != other:
            book.error(
                entry.at(key) if entry.has(key) else entry.at("connect"),
                f"{key} is {shown(mine)} here but {shown(other)} for {shown(name_of(first))} "
                f"on the same line; write one {key} for both",
            )


def _same_scheme(book: Book, first: Entry, entry: Entry) -> None:
    mine, other = entry.values["connect"], first.values["connect"]
    if mine != other:
        book.error(
            entry.at("connect"),
            f"{shown(name_of(first))} reaches this port as {other}; "
            "write tcp:// or rtu+tcp:// for both",
        )


def _unit(book: Book, entry: Entry) -> None:
    unit, connect = value(entry, "unit"), entry.values["connect"]
    if unit is not None and not connect.startswith("tcp:") and not 1 <= unit <= 247:
        why = "is the broadcast, which nothing answers" if unit == 0 else "is reserved"
        book.error(entry.at("unit"), f"unit {unit} {why} on RTU; write a number from 1 to 247")


def _unsteady(book: Book, entry: Entry) -> None:
    connect = entry.values["connect"]
    if connect.startswith(("serial:/dev/ttyUSB", "serial:/dev/ttyACM")):
        book.findings.warning(
            entry.at("connect"),
            f"{connect[7:]} may get another number at the next start; "
            "write its name below /dev/serial/by-id/",
        )


def _protocol(book: Book, entry: Entry) -> None:
    profile = book.hardware.meters.get(entry.values.get("name", ""))
    connect = entry.values.get("connect", "")
    if profile is None or not connect:
        return
    if connect.startswith("tcp:") and "tcp" not in profile.protocols:
        book.findings.warning(
            entry.at("connect"),
            f"{profile.model} speaks RTU; write rtu+tcp:// unless the gateway in between "
            "translates to Modbus TCP",
        )
    if not connect.startswith("tcp:") and "rtu" not in profile.protocols:
        book.error(
            entry.at("connect"),
            f"{profile.model} speaks Modbus TCP only; write tcp://HOST:502",
        )


def _listeners(book: Book) -> None:
    seen: list[tuple[str, int, Entry]] = []
    for entry in book.of("signal"):
        if not entry.values.get("listen"):
            continue
        host, port = _split(entry.values["listen"])
        for other_host, other_port, other in seen:
            same = host == other_host or host in _EVERYWHERE or other_host in _EVERYWHERE
            if port and port == other_port and same:
                book.error(
                    entry.at("listen"),
                    f"port {port} is taken by {shown(name_of(other))}; write another port",
                )
        seen.append((host, port, entry))
        _exposed(book, entry, host, port)


def _exposed(book: Book, entry: Entry, host: str, port: int) -> None:
    if host in _EVERYWHERE and not entry.has("allow"):
        book.findings.warning(
            entry.at("listen"),
            "anyone on the network may write this setpoint; "
            'write allow = ["ADDRESS OF THE SCADA MASTER"]',
        )
    if 0 < port < 1024:
        book.findings.warning(
            entry.at("listen"),
            f"port {port} needs a privilege (CAP_NET_BIND_SERVICE); write 1024 or more without it",
        )


def _split(address: str) -> tuple[str, int]:
    host, _, port = urlsplit(address).netloc.rpartition(":")
    return host, int(port)
