"""Words and units of the values in sentences: how a contact is, what was ordered. Data only."""

from collections.abc import Mapping

# the end of a channel's name -> its unit
CHANNEL_UNITS: Mapping[str, str] = {
    "_c": "°C",
    "_k": "K",
    "_percent": "%",
    "_rpm": "rpm",
    "_v": "V",
    "_a": "A",
    "_hz": "Hz",
    "_kw": "kW",
}

# how a contact or an input is -> its word
SIGHTS: Mapping[str, str] = {
    "open": "open",
    "closed": "closed",
    "unknown": "unknown",
    "active": "active",
    "inactive": "inactive",
}

# what a person asks for -> what was ordered
ORDERS: Mapping[str, str] = {
    "off": "off",
    "auto": "back to surplus",
    "lock": "a lock-out",
    "unlock": "the end of the lock-out",
    "reset": "a reset",
    "ack": "this alarm to be marked as seen",
}
