"""How this machine is reached: its network interfaces, read now. Asks nobody on the network."""

import socket
from collections.abc import Iterator


def net_lines() -> list[str]:
    """The name of the machine, and of each interface whether it is up, speed and addresses."""
    return [f"this machine is {socket.gethostname()}", *_interfaces()]


def _interfaces() -> Iterator[str]:
    import psutil

    try:
        stats, addresses = psutil.net_if_stats(), psutil.net_if_addrs()
    except OSError as error:
        yield f"its interfaces cannot be read: {error.strerror}"
        return
    for name, found in addresses.items():
        own = [
            one.address.partition("%")[0]
            for one in found
            if one.family in (socket.AF_INET, socket.AF_INET6)
        ]
        up = name in stats and stats[name].isup
        speed = f", {stats[name].speed} Mbit/s" if up and stats[name].speed else ""
        yield f"{name} {'up' if up else 'down'}{speed}: {', '.join(own) or 'no address'}"
