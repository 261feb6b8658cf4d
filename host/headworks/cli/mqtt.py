"""`headworks mqtt`: the station on a broker of messages, as a client of its socket.

Settings stand in [mqtt] of the site file; topics in faces/mqtt/TOPICS.md.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from headworks import paths
from headworks.cli.outside import FaceError, add_options, alone, begun, face, said, site_of

if TYPE_CHECKING:
    from headworks.faces.mqtt.broker import Access
    from headworks.faces.say import Say
    from headworks.model.outside import MqttSpec

EXTRA = "headworks[mqtt]"
FILE = "mqtt.sqlite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks mqtt`."""
    add_options(parser)
    parser.add_argument(
        "--broker", metavar="URL",
        help="instead of a site file's [mqtt], to try it: mqtt://HOST:PORT; takes no commands",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 1 mistakes, 2 the site file cannot be read, 4 cannot start."""
    return said("mqtt", EXTRA, lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    from headworks.faces.mqtt.broker import access
    from headworks.faces.say import Say

    spec = _tried(args.broker) if args.broker else _settings(args.site)
    state = args.state or paths.state_dir()
    with alone(state, FILE):
        to, say = access(spec), Say("mqtt")
        return face(lambda: _serve(spec, state, args, to, say))


async def _serve(
    spec: "MqttSpec", state: Path, args: argparse.Namespace, to: "Access", say: "Say"
) -> None:
    from headworks.faces.kept import KeptOutbox
    from headworks.faces.mqtt.bridge import Bridge
    from headworks.faces.mqtt.desk import Desk
    from headworks.faces.mqtt.marks import SCHEMA
    from headworks.faces.outbox import Outbox
    from headworks.faces.people.accounts import FILE as USERS
    from headworks.faces.people.accounts import AccountFile

    kept = KeptOutbox(Outbox(state / FILE, spec.keep, SCHEMA))
    people = AccountFile((args.state or paths.people_dir()) / USERS)
    desk = Desk(kept, people, socket=args.socket, commands=spec.commands, say=say)
    try:
        await begun(kept, say)
        await Bridge(spec, to, kept, desk, socket=args.socket, say=say).run()
    finally:
        await kept.close()


def _settings(path: Path) -> "MqttSpec":
    """[mqtt] of the site file, with its prefix. Raises FaceError."""
    from dataclasses import replace

    site = site_of(path)
    if site.mqtt is None:
        raise FaceError(f'{path}: no section [mqtt]; write it with broker = "mqtts://HOST:8883"')
    return site.mqtt if site.mqtt.prefix else replace(site.mqtt, prefix=_prefix(site.name))


def _prefix(name: str) -> str:
    """The site's name as a word of a topic."""
    import re

    return f"headworks/{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('-') or 'site'}"


def _tried(broker: str) -> "MqttSpec":
    """Settings of a trial. Raises FaceError."""
    from headworks.model.outside import MqttSpec
    from headworks.site.outside_rows import MQTT
    from headworks.site.schema import FormError

    row = next(key for key in MQTT.keys if key.name == "broker")
    try:
        word = row.kind(row, broker)
    except FormError as error:
        raise FaceError(str(error)) from error
    return MqttSpec(word, prefix="headworks/try", discovery="homeassistant")
