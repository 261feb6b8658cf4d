"""Whom a station tells of itself: a broker of messages, and a webhook for alarms."""

from dataclasses import dataclass

USUAL_BODY = '{"text": "{{site}}: {{kind}} {{source}}: {{text}}", "key": "{{key}}"}'


@dataclass(frozen=True, slots=True)
class MqttSpec:
    """The broker of `headworks mqtt`. Secrets stand in files of their own."""

    broker: str  # mqtts://HOST:PORT, or mqtt://HOST:PORT without TLS
    ca: str = ""  # PEM file of the authority that signed the broker; empty = the system's
    credentials: str = ""  # TOML file with user and password
    prefix: str = ""  # of every topic; empty = headworks/NAME of the site
    discovery: str = ""  # Home Assistant's prefix, "homeassistant"; empty = none
    commands: str = "none"  # none, take-power (nothing that gives a rack power), all
    every_s: float = 5.0  # between two figures of one topic; what is no figure is told at once
    keep: int = 10_000  # events that may wait on disk for the broker


@dataclass(frozen=True, slots=True)
class NotifySpec:
    """The webhook of `headworks notify`. `body` has {{fields}}; see model.template."""

    url: str = ""  # empty = it is a secret itself and stands in the file of secrets
    method: str = "POST"
    secrets: str = ""  # TOML file with headers, and with the url where that is secret
    ca: str = ""  # PEM file of the authority that signed the receiver; empty = the system's
    body: str = USUAL_BODY
    least: str = "warning"  # the least severity that is told
    ends: bool = True  # tell when an alarm is over, too
    timeout_s: float = 10.0  # of one try
    keep: int = 1000  # alarms that may wait on disk for the receiver
