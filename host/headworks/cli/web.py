"""`headworks web`: the status page and its JSON API, as a client of the station's socket.

On loopback it speaks plain HTTP, elsewhere always TLS with its own certificate, whose
fingerprint it prints. Looking is free unless --private; nobody can act until there is a user.
"""

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from headworks import paths

if TYPE_CHECKING:
    from headworks.faces.web.certificate import Certificate
    from headworks.faces.web.serve import Address

EXTRA = "headworks[web]"
EXIT_CANNOT = 4
DEFAULT = "127.0.0.1:8080"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks web`."""
    add = parser.add_argument
    add(
        "--listen", type=address, default=address(DEFAULT), metavar="HOST:PORT",
        help=f"where to serve (default {DEFAULT}); 0.0.0.0:8443 for the whole network, with TLS",
    )  # fmt: skip
    add(
        "--host", action="append", default=[], metavar="NAME",
        help="a further name by which people reach this machine; may be given several times",
    )  # fmt: skip
    add(
        "--proxy", action="append", default=[], metavar="ADDRESS",
        help="a reverse proxy elsewhere: it stands for many people, so it may have more requests at"
        " once than one address; may be given several times",
    )  # fmt: skip
    add("--tls", action="store_true", help="TLS on loopback too")
    add("--private", action="store_true", help="looking takes signing in too")
    add("--socket", type=Path, metavar="PATH", help="the station's socket")
    add("--records", type=Path, metavar="DIR", help="the station's records, if not where it says")
    add("--state", type=Path, metavar="DIR", help="folder of users and certificate")


def address(text: str) -> tuple[str, int]:
    """HOST:PORT; an IPv6 address stands in brackets. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:]+\]|[^:\s]+):([0-9]{1,5})", text)
    if found is None or int(found.group(2)) > 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write an address and a port, such as {DEFAULT}"
        )
    return found.group(1).strip("[]"), int(found.group(2))


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 ended in order, 4 cannot start."""
    try:
        from headworks.faces.web.certificate import CertificateError
        from headworks.faces.web.serve import Address, bound
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is not installed; run: pip install '{EXTRA}'")
    try:
        listening = bound(Address(*args.listen))
        place = Address(args.listen[0], listening.getsockname()[1])
        with listening:
            hangs = asyncio.run(_serve(args, listening, place))
    except CertificateError as error:
        return _refuse(str(error))
    except OSError as error:
        where = f"{args.listen[0]}:{args.listen[1]}"
        return _refuse(f"cannot serve at {where}: {error.strerror or error}; choose with --listen")
    if hangs:  # Python would wait for its thread for ever
        _refuse("ended while a read of the records still waits for the disk; look after the disk")
        sys.stdout.flush()
        os._exit(0)
    return 0


async def _serve(args: argparse.Namespace, listening: "object", place: "Address") -> bool:
    """Until it is told to end. Whether a read of the records still hangs then."""
    import socket

    from headworks.faces.people.accounts import FILE, AccountFile
    from headworks.faces.web.archive import Archive
    from headworks.faces.web.certificate import own_certificate
    from headworks.faces.web.feed import Feed
    from headworks.faces.web.origins import is_loopback, own_names
    from headworks.faces.web.page import Page
    from headworks.faces.web.serve import serve

    state, names = args.state or paths.state_dir(), own_names(args.host)
    tls = args.tls or not is_loopback(place.host)
    certificate = own_certificate(state, names) if tls else None
    feed = Feed(args.socket)
    archive = Archive(feed, args.records)
    page = Page(
        feed,
        AccountFile((args.state or paths.people_dir()) / FILE),
        private=args.private,
        fingerprint=certificate.fingerprint if certificate else "",
        archive=archive,
        many=args.proxy,
    )
    if not isinstance(listening, socket.socket):
        raise TypeError(listening)
    await serve(page, listening, names, certificate, lambda: _announce(place, certificate))
    return not archive.close()


def _announce(place: "Address", certificate: "Certificate | None") -> None:
    print(f"headworks web: {place.url(certificate is not None)}", flush=True)
    if certificate is not None:
        print(f"headworks web: SHA-256 fingerprint {certificate.fingerprint}", flush=True)
        for note in certificate.notes:
            print(f"headworks web: {note}", flush=True)


def _refuse(text: str) -> int:
    print(f"headworks web: {text}", file=sys.stderr)
    return EXIT_CANNOT
