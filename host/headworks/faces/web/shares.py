"""What one address may have at once, so that nobody takes every place. Pure.

This machine's own address has no share: a reverse proxy on it stands for many people, and whoever
is on this machine could stop the page anyway. Proxies elsewhere are named: `headworks web --proxy`.
What they say of whom they stand for is not believed: anybody can write such a header.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

OWN = ("127.0.0.1", "::1")
_ONE_HOME = 64  # bits of an IPv6 address that are the network's; the rest its owner may choose


class Shares:
    """Counts what each address has, of at most `each`; those in `many` have no share."""

    def __init__(self, each: int, many: Iterable[str] = ()) -> None:
        self._each = each
        self._many = {whose(address) for address in (*OWN, *many)}
        self._held: Counter[str] = Counter()

    def full(self, address: str) -> bool:
        """Whether this one has all that it may have."""
        name = whose(address)
        return name not in self._many and self._held[name] >= self._each

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """One more, as long as it lasts."""
        name = whose(address)
        self._held[name] += 1
        try:
            yield
        finally:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]  # or strangers' addresses would fill the memory


def whose(address: str) -> str:
    """Whom it belongs to: IPv4 as people write it, IPv6 by its network, since one owner has all."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found.is_loopback:
        return str(found)
    return str(ipaddress.ip_network((found, _ONE_HOME), strict=False))
