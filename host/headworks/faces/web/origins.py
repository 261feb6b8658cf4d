"""Which names and origins a request may come by. Pure.

A page of a stranger can make a browser send requests here: by a name of its own that leads to
this machine (DNS rebinding: the Host is then not ours), or from its own page (CSRF: the Origin
is then not ours).
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def own_names(more: Iterable[str] = ()) -> frozenset[str]:
    """Names of this machine: loopback, its host name, that name with .local, and those given."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    return frozenset({*LOOPBACK, host, short, f"{short}.local", *(name.lower() for name in more)})


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach that address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def reachable(host: str) -> str:
    """What to type to get here: for "every address" the one that leads into the network."""
    if host not in ("0.0.0.0", "::"):
        return host
    family = socket.AF_INET6 if host == "::" else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:  # sends nothing; the addresses are those of documents (RFC 5737, RFC 3849)
            probe.connect(("2001:db8::1" if host == "::" else "192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        found: str = probe.getsockname()[0]
        return found


def host_ok(host: str, names: frozenset[str], local: str) -> bool:
    """Whether the Host header names this machine; `local` is the address it was reached at."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found.group(1).strip("[]").lower().rstrip(".")
    return name in names or _same_address(name, local)


def origin_ok(origin: str, scheme: str, host: str) -> bool:
    """Whether the Origin header is the page's own: same scheme, same host, same port."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    plain = f"{parts.scheme}://{parts.netloc}" == origin
    return plain and parts.scheme == scheme and parts.netloc.lower() == host.lower()


def _same_address(name: str, local: str) -> bool:
    try:
        return ipaddress.ip_address(name) == _plain(ipaddress.ip_address(local))
    except ValueError:
        return False


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> object:
    """As people write it: a server at [::] sees IPv4 as ::ffff:10.0.0.5."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
