"""`headworks notify`: alarms to a webhook, as a client of the station's socket.

Settings stand in [notify] of the site file; see faces/notify/NOTIFY.md.
"""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from headworks import paths
from headworks.cli.outside import (
    EXIT_MISTAKES,
    FaceError,
    add_options,
    alone,
    begun,
    face,
    said,
    site_of,
)

if TYPE_CHECKING:
    from headworks.faces.notify.webhook import Target
    from headworks.faces.say import Say
    from headworks.model.outside import NotifySpec

EXTRA = "headworks[notify]"
FILE = "notify.sqlite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks notify`."""
    add_options(parser)
    parser.add_argument(
        "--test", action="store_true", help="send one message, say what came of it, and end"
    )
    parser.add_argument(
        "--url", metavar="URL",
        help="instead of a site file's [notify], to try it: http://127.0.0.1:9000/ or https://…",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 1 mistakes, or the test message was not taken,
    2 the site file cannot be read, 4 cannot start."""
    return said("notify", EXTRA, lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    from headworks.faces.notify.webhook import target
    from headworks.faces.say import Say

    spec, name = _tried(args.url) if args.url else _settings(args.site)
    to, say = target(spec), Say("notify")
    if args.test:
        return asyncio.run(_test(spec, to, name))
    state = args.state or paths.state_dir()
    with alone(state, FILE):
        return face(lambda: _serve(spec, to, state, args.socket, say))


def _settings(path: Path) -> "tuple[NotifySpec, str]":
    """[notify] of the site file, and the site's name. Raises FaceError."""
    site = site_of(path)
    if site.notify is None:
        raise FaceError(f'{path}: no section [notify]; write it with url = "https://…"')
    return site.notify, site.name


def _tried(url: str) -> "tuple[NotifySpec, str]":
    """Settings of a trial."""
    from headworks.model.outside import NotifySpec

    return NotifySpec(url), "trial"


async def _serve(
    spec: "NotifySpec", to: "Target", state: Path, socket: Path | None, say: "Say"
) -> None:
    from headworks.faces.kept import KeptOutbox
    from headworks.faces.notify.webhook import Webhook
    from headworks.faces.notify.work import Notifier
    from headworks.faces.outbox import Outbox

    kept = KeptOutbox(Outbox(state / FILE, spec.keep))
    say(f"alarms go to {to.shown}")
    try:
        await begun(kept, say)
        await Notifier(spec, Webhook(spec, to), kept, socket=socket, say=say).run()
    finally:
        await kept.close()


async def _test(spec: "NotifySpec", to: "Target", site: str) -> int:
    import secrets
    import sys

    from headworks.faces.notify.webhook import Webhook

    key = f"test-{secrets.token_hex(4)}"
    fields = {
        "site": site, "key": key, "kind": "test", "source": "headworks", "severity": "info",
        "code": "test", "text": "This is a test, no alarm.", "todo": "Nothing.", "time": "",
    }  # fmt: skip
    outcome = await Webhook(spec, to).tell(key, fields)
    if outcome.done:
        print(f"{to.shown} has taken the test message {key}")
        return 0
    print(f"headworks notify: {to.shown}: {outcome.cause}", file=sys.stderr)
    return EXIT_MISTAKES
