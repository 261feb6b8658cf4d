"""Kinds of values with a form of their own: connections, clock times, days, dates, zones.

Like `values`, each takes a row of the schema and a value and returns what the model holds.
"""

import ipaddress
import re
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from headworks.hardware.files import HardwareError
from headworks.hardware.sensor import check_name
from headworks.site.schema import FormError, Key
from headworks.site.values import name, nearest, number, shown, suggest, text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_WORDS = {
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "weekdays": (0, 1, 2, 3, 4),
    "weekends": (5, 6),
    **{day: (index,) for index, day in enumerate(DAYS)},
}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_SERIAL_NUMBER = re.compile(r"[A-Za-z0-9:._-]+")
_EXAMPLES = ("SERIAL", "SERIALNUMBER", "SERIAL-NUMBER", "SERIAL_NUMBER", "NUMBER")
_UID = re.compile(r"[0-9A-Fa-f]{8,32}")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_PIN_FACTORIES = ("lgpio", "headworks-sim", "mock")
# gpiozero has more; these claim a line and set its level in two steps, so a relay could close
_TWO_STEPS = ("native", "pigpio", "rpigpio")


def connect(key: Key, value: Any) -> str:
    """tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:/PATH."""
    word = text(key, value)
    if word.startswith("serial:"):
        return _serial(key, word)
    scheme, mark, rest = word.partition("://")
    if not mark or scheme not in ("tcp", "rtu+tcp"):
        raise FormError(_no_scheme(key, word))
    return _host_port(key, scheme, rest)


def board_name(key: Key, value: Any) -> str:
    """A name that a board's firmware takes too."""
    word = name(key, value)
    try:
        check_name(word)
    except HardwareError as error:
        raise FormError(str(error)) from error
    return word


def board_connect(key: Key, value: Any) -> str:
    """serial:/PATH, or usb:SERIAL for the serial number that a board tells on USB."""
    word = text(key, value)
    if word.startswith("usb:"):
        number = word.removeprefix("usb:")
        if not _SERIAL_NUMBER.fullmatch(number) or number.upper() in _EXAMPLES:
            raise FormError(
                f"{key.name} = {shown(word)} holds no serial number; "
                "write the one that `headworks board list` shows"
            )
        return word
    if word.startswith("serial:"):
        return _serial(key, word)
    if word.startswith("/dev/"):
        raise FormError(_no_scheme(key, word))
    raise FormError(
        f"{key.name} = {shown(word)} is no connection of a board; "
        "write serial:/dev/serial/by-id/… or usb:SERIAL"
    )


def uid(key: Key, value: Any) -> str:
    """The unique id of a microcontroller, in hexadecimal digits."""
    word = text(key, value)
    if not _UID.fullmatch(word):
        raise FormError(
            f"{key.name} = {shown(word)} is no board's id; "
            "write the 8 to 32 hexadecimal digits that `headworks board list` shows"
        )
    return word.lower()


def listen(key: Key, value: Any) -> str:
    """tcp://HOST:PORT on which this station listens; port 0 lets the system choose."""
    word = text(key, value)
    if not word.startswith("tcp://"):
        bare = word.rpartition("//")[2] if _HOST.match(word.rpartition("//")[2]) else ""
        fix = f'"tcp://{bare}"' if ":" in bare else key.example
        raise FormError(f"{key.name} = {shown(word)} is no listening address; write {fix}")
    return _host_port(key, "tcp", word[6:], least=0)


def _no_scheme(key: Key, word: str) -> str:
    if word.startswith("/dev/"):
        return f"{key.name} = {shown(word)} lacks its kind; write {shown('serial:' + word)}"
    host = word.rpartition("//")[2]
    if _HOST.fullmatch(host.partition(":")[0]) and "." in host:
        port = "" if ":" in host else ":502"
        return f"{key.name} = {shown(word)} is no connection; write {shown(f'tcp://{host}{port}')}"
    return (
        f"{key.name} = {shown(word)} is no connection; "
        "write tcp://HOST:PORT, rtu+tcp://HOST:PORT or serial:/dev/…"
    )


def _serial(key: Key, word: str) -> str:
    path = word.removeprefix("serial:")
    if path.endswith(("…", "...")):
        raise FormError(
            f"{key.name} = {shown(word)} is an example; write the path of this port as "
            "`ls -l /dev/serial/by-id` shows it"
        )
    if not path.startswith("/") or path.endswith("/"):
        raise FormError(
            f"{key.name} = {shown(word)} names no device; "
            'write the full path, such as "serial:/dev/serial/by-id/usb-…"'
        )
    return word


def _host_port(key: Key, scheme: str, rest: str, least: int = 1) -> str:
    host, colon, port = rest.rpartition(":")
    if not colon or rest.endswith("]"):
        bare = rest.strip(":/") or "HOST"
        raise FormError(
            f"{key.name} = {shown(f'{scheme}://{rest}')} has no port; "
            f"write {shown(f'{scheme}://{bare}:502')}"
        )
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and least <= int(port) <= 65535):
        raise FormError(
            f"{key.name} has the port {shown(port)}; write a number from {least} to 65535, "
            "usually 502"
        )
    if not _HOST.fullmatch(host) or not _address(host):
        raise FormError(
            f"{key.name} has the host {shown(host)}; write a host name or an address "
            "such as 10.0.0.11 or [fd00::11]"
        )
    return f"{scheme}://{host}:{int(port)}"


def _address(host: str) -> bool:
    """Whether a host that looks like an address is one; a name always passes."""
    bare = host.strip("[]")
    if host.startswith("[") or re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            return False
    return True


def addresses(key: Key, value: Any) -> tuple[str, ...]:
    """A list of IP addresses."""
    return tuple(_one_address(key, entry) for entry in _listed(key, value))


def _one_address(key: Key, entry: Any) -> str:
    try:
        return str(ipaddress.ip_address(entry if isinstance(entry, str) else ""))
    except ValueError:
        raise FormError(
            f"{key.name} holds {shown(entry)}, which is no address; write {key.example}"
        ) from None


def _listed(key: Key, value: Any) -> list[Any]:
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise FormError(f"{key.name} = [] is empty; write {key.name} = {key.example}")
    return entries


def names(key: Key, value: Any) -> tuple[str, ...]:
    """A name or a list of names, each once; what they name is checked later."""
    found: list[str] = []
    for entry in _listed(key, value):
        word = text(key, entry)
        if word in found:
            raise FormError(f"{key.name} names {shown(word)} twice; write it once")
        found.append(word)
    return tuple(found)


def timezone(key: Key, value: Any) -> str:
    """A zone of the IANA database."""
    word = text(key, value)
    try:
        ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = sorted(available_timezones())
        fix = nearest(word, known) or nearest(word, [z.rpartition("/")[2] for z in known])
        full = next((z for z in known if z == fix or z.endswith(f"/{fix}")), "Asia/Karachi")
        raise FormError(f'unknown time zone {shown(word)}; write "{full}"') from None
    return word


def clock(key: Key, value: Any) -> int:
    """A time of day as minutes since midnight; 24:00 is the end of the day."""
    if isinstance(value, time):
        value = value.strftime("%H:%M") if value.second == 0 else str(value)
    word = text(key, value)
    found = _CLOCK.fullmatch(word)
    minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else None
    if minutes is None or minutes > 24 * 60 or (minutes == 24 * 60 and key.name != "to"):
        raise FormError(f"{key.name} = {shown(word)} is no time of day; write {key.example}")
    return minutes


def days(key: Key, value: Any) -> tuple[int, ...]:
    """Days of the week: "daily", "weekdays", "weekends", "mon" or a list of such words."""
    found: set[int] = set()
    for entry in _listed(key, value):
        word = entry.lower() if isinstance(entry, str) else str(entry)
        short = word[:3] if word.endswith("day") else word
        if word not in DAY_WORDS:
            near = short if short in DAY_WORDS else ""
            fix = f'write "{near}"' if near else suggest(word, list(DAY_WORDS))
            raise FormError(f"{key.name} holds {shown(entry)}, which is no day; {fix}")
        found |= set(DAY_WORDS[word])
    return tuple(sorted(found))


def dates(key: Key, value: Any) -> tuple[str, ...]:
    """Dates as 2026-12-25, quoted or not, each once."""
    found: list[str] = []
    for entry in _listed(key, value):
        day = one_date(key, entry)
        if day in found:
            raise FormError(f"{key.name} names {day} twice; write it once")
        found.append(day)
    return tuple(found)


def one_date(key: Key, entry: Any) -> str:
    """A date as 2026-12-25, quoted or not."""
    if type(entry) is date:
        return entry.isoformat()
    try:
        return date.fromisoformat(
            entry if re.fullmatch(r"\d{4}-\d\d-\d\d", entry) else ""
        ).isoformat()
    except (TypeError, ValueError):
        raise FormError(
            f"{key.name} holds {shown(entry)}, which is no date; write {key.example}"
        ) from None


def interval(key: Key, value: Any) -> int:
    """The length of an energy interval in minutes: what energy is settled by."""
    if value not in (15, 30) or isinstance(value, bool):
        raise FormError(f"{key.name} = {shown(value)} is no length of an interval; write 15 or 30")
    return int(value)


def months(key: Key, value: Any) -> tuple[float, ...]:
    """A figure for each month, January first."""
    if not isinstance(value, list) or len(value) != 12:
        raise FormError(f"{key.name} wants 12 figures, January to December; write {key.example}")
    return tuple(number(key, figure) for figure in value)


def pin_factory(key: Key, value: Any) -> str:
    """A pin factory of gpiozero by its entry point."""
    word = text(key, value)
    if word in _PIN_FACTORIES:
        return word
    from importlib.metadata import entry_points  # costs 20 ms, and few sites need it

    known = {entry.name for entry in entry_points(group="gpiozero_pin_factories")}
    if word not in known - set(_TWO_STEPS):
        raise FormError(
            f"{key.name} = {shown(word)} cannot be used; {suggest(word, list(_PIN_FACTORIES))}"
        )
    return word
