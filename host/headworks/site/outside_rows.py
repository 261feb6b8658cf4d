"""The schema of [mqtt] and [notify]: whom the station tells of itself. One row per key.

Secrets never stand in a site file, and what looks like one is never repeated in a message.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from headworks.model.template import TemplateError, check
from headworks.site.schema import FormError, Key, Section
from headworks.site.values import choice, flag, number, shown, text, whole

LONGEST_URL = 500
LONGEST_BODY = 4000
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\]")
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_SAME = {"tcp": "mqtt", "ssl": "mqtts", "tls": "mqtts", "http": "mqtt", "https": "mqtts"}


def broker(key: Key, value: Any) -> str:
    """mqtts://HOST:PORT, or mqtt://HOST:PORT without TLS."""
    word = _no_secret(key, text(key, value), "credentials")
    scheme, mark, rest = word.partition("://")
    if not mark or scheme not in _PORTS:
        bare = (rest if mark else word).rstrip("/")
        likely = _SAME.get(scheme, "mqtts") if mark else "mqtts"
        port = "" if bare.rpartition(":")[0] else f":{_PORTS[likely]}"
        near = shown(f"{likely}://{bare}{port}") if _HOST.match(bare) else key.example
        raise FormError(f"{key.name} = {shown(word)} is no broker; write {near}")
    host, colon, port = rest.rstrip("/").rpartition(":")
    if not colon or host.startswith("[") != host.endswith("]"):
        bare = rest.rstrip("/") or "HOST"
        near = shown(f"{scheme}://{bare}:{_PORTS[scheme]}")
        raise FormError(f"{key.name} = {shown(word)} has no port; write {near}")
    if not _HOST.fullmatch(host) or not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise FormError(f"{key.name} = {shown(word)} is no broker; write {key.example}")
    return f"{scheme}://{host}:{int(port)}"


def url(key: Key, value: Any) -> str:
    """https://HOST/…, or http://HOST/…"""
    word = _no_secret(key, _long(key, value, LONGEST_URL), "secrets")
    try:
        parts = urlsplit(word)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.scheme not in ("https", "http") or re.search(r"\s", word):
        raise FormError(f"{key.name} = {shown(word)} is no address; write {key.example}")
    return word


def _no_secret(key: Key, word: str, file: str) -> str:
    """The word, unless it holds a name and a password, which are not repeated."""
    if "@" in word.partition("://")[2].partition("/")[0]:
        raise FormError(
            f"{key.name} holds a name or password, and those do not belong into a site file; "
            f'write them into a file of their own and {file} = "/etc/headworks/…"'
        )
    return word


def _long(key: Key, value: Any, most: int) -> str:
    """Text for machines: longer than what people read, and of several lines."""
    if not isinstance(value, str) or not value.strip():
        raise FormError(f"{key.name} is {shown(value)}; write {key.name} = {key.example}")
    if len(value) > most:
        raise FormError(f"{key.name} has {len(value)} characters; write at most {most} of them")
    if not value.replace("\n", "").replace("\t", "").isprintable():
        raise FormError(f"{key.name} holds control characters; write plain text")
    return value


def body(key: Key, value: Any) -> str:
    """A JSON text with {{fields}}."""
    template = _long(key, value, LONGEST_BODY)
    try:
        check(template)
    except TemplateError as error:
        raise FormError(f"{key.name} {error}") from error
    return template


def path(key: Key, value: Any) -> str:
    """The full path of a file."""
    word = text(key, value)
    if not word.startswith("/") or word.endswith(("/", "…")):
        raise FormError(
            f"{key.name} = {shown(word)} is no full path of a file; write {key.example}"
        )
    return word


def prefix(key: Key, value: Any) -> str:
    """The beginning of topics: words with / between them."""
    word = text(key, value)
    if re.search(r"[+#]|^[/$]|//|/$", word):
        plain = re.sub(r"/+", "/", re.sub(r"[+#$]", "", word)).strip("/")
        near = shown(plain) if plain else key.example
        raise FormError(
            f"{key.name} = {shown(word)} is no beginning of topics (words with / between them); "
            f"write {key.name} = {near}"
        )
    return word


def commands(key: Key, value: Any) -> str:
    """Which commands are taken: none, those that take power away, all."""
    if isinstance(value, bool):
        near = '"take-power" or "all"' if value else '"none"'
        raise FormError(f"{key.name} = {shown(value)} says not which; write {key.name} = {near}")
    return choice(key, value)


def secret(key: Key, value: Any) -> str:  # noqa: ARG001 — it must not be told
    """What never stands in a site file."""
    raise FormError(
        f"{key.name} is a secret, and a site file holds none; "
        f'write it into a file of its own and {key.example} = "/etc/headworks/…"'
    )


MQTT = Section(
    "mqtt",
    (
        Key("broker", broker, needed=True, example='"mqtts://broker.example:8883"'),
        Key("ca", path, example='"/etc/headworks/mqtt-ca.pem"'),
        Key("credentials", path, example='"/etc/headworks/mqtt.secret"'),
        Key("prefix", prefix, example='"headworks/my-site"'),
        Key("discovery", prefix, example='"homeassistant"'),
        Key("commands", commands, example='"none"', choices=("none", "take-power", "all")),
        Key("every_s", number, 0.5, 3600, "s", zero="is no pause at all; write 5"),
        Key("keep", whole, 100, 1_000_000, zero="keeps nothing; write 10000"),
        *(Key(name, secret, example="credentials") for name in ("user", "username", "password")),
    ),
    many=False,
)

NOTIFY = Section(
    "notify",
    (
        Key("url", url, example='"https://hooks.example/alarms"'),
        Key("method", choice, example='"POST"', choices=("POST", "PUT")),
        Key("secrets", path, example='"/etc/headworks/notify.secret"'),
        Key("ca", path, example='"/etc/headworks/notify-ca.pem"'),
        Key("body", body, example="""'{"text": "{{source}}: {{text}}"}'"""),
        Key("least", choice, example='"warning"', choices=("info", "warning", "alarm")),
        Key("ends", flag),
        Key("timeout_s", number, 0.5, 60, "s", zero="gives no time to answer; write 10"),
        Key("keep", whole, 10, 100_000, zero="keeps nothing; write 1000"),
        *(Key(name, secret, example="secrets") for name in ("headers", "token", "password")),
    ),
    many=False,
)
