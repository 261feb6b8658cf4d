"""Keys that are known but that nothing reads here: they would promise what does not happen."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from headworks.site.book import Book, value
from headworks.site.entries import Entry

SERIAL = ("baud", "parity", "stop_bits")
WIRED = ("connect", "unit", "poll_s", "timeout_s", *SERIAL)


class Unread(NamedTuple):
    """Keys of a section that are not read where `when` holds, and why."""

    section: str
    keys: tuple[str, ...]
    when: Callable[[Book, Entry], bool]
    why: str


def _on_network(_book: Book, entry: Entry) -> bool:
    return str(entry.get("connect", "serial:")).startswith(("tcp:", "rtu+tcp:"))


def _on_gpio(book: Book, entry: Entry) -> bool:
    profile = book.hardware.switches.get(entry.values.get("name", ""))
    return profile is not None and not profile.needs_connect


def _lacks(key: str) -> Callable[[Book, Entry], bool]:
    return lambda _book, entry: not entry.has(key)


def _no_threshold(_book: Book, entry: Entry) -> bool:
    return not entry.has("above") and not entry.has("below")


def _no_latch(_book: Book, entry: Entry) -> bool:
    return entry.get("latch", False) is False


def _on_usb(book: Book, entry: Entry) -> bool:
    profile = book.hardware.boards.get(entry.values.get("name", ""))
    return profile is not None and profile.link == "usb"


def _factory(*names: str) -> Callable[[Book, Entry], bool]:
    return lambda _book, entry: value(entry, "factory") in names


def _no_tls(key: str) -> Callable[[Book, Entry], bool]:
    return lambda _book, entry: str(entry.values.get(key, "")).startswith(("mqtt:", "http:"))


def _not_lgpio(_book: Book, entry: Entry) -> bool:
    return value(entry, "factory") not in ("lgpio", None)


RULES = (
    Unread("meter", SERIAL, _on_network, "only a serial: connection reads it"),
    Unread("switch", SERIAL, _on_network, "only a serial: connection reads it"),
    Unread("switch", WIRED, _on_gpio, "this model sits on the GPIO header"),
    Unread("outputs", ("deadman_s",), _lacks("deadman"), "there is no deadman output"),
    Unread("rack", ("feedback_closed",), _lacks("feedback"), "there is no feedback input"),
    Unread("board", ("address", "baud"), _on_usb, "this model is on USB, with one board a port"),
    Unread("site", ("local_reset",), _lacks("interlocks"), "no set of interlocks is included"),
    Unread("interlock", ("local_reset",), _no_latch, "there is no latch = true"),
    Unread("interlock", ("hysteresis",), _no_threshold, "it belongs to above or below"),
    Unread("gpio", ("connect",), _factory("lgpio", "mock"), "the factory connects to nothing"),
    Unread("gpio", ("chip",), _not_lgpio, "only lgpio reads it"),
    Unread("mqtt", ("ca",), _no_tls("broker"), "mqtt:// has no TLS"),
    Unread("notify", ("ca",), _no_tls("url"), "http:// has no TLS"),
)


def check_unread(book: Book) -> None:
    """Name every key that is written and not read."""
    for rule in RULES:
        for entry in book.of(rule.section):
            if rule.when(book, entry):
                _report(book, entry, rule.keys, rule.why)


def _report(book: Book, entry: Entry, keys: Iterable[str], why: str) -> None:
    for key in keys:
        if entry.has(key):
            book.error(entry.key_at(key), f"{key} is not read here ({why}); remove it")
