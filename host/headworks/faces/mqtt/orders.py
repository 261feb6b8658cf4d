"""Commands from the broker: what may be handed to the station, and why the rest may not.

Pure: a message, what is known and the time of day in, an order or a RefusedOrder out. A command
is signed with a token of `headworks user token`; neither the broker nor anybody who reads along
learns it. Whether its role may do what it asks is judged by the station, as for everybody.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from headworks.faces.people.accounts import Token
from headworks.faces.people.roles import Role

LONGEST_S = 300.0  # between issued and expires
SKEW_S = 30.0  # by which a sender's clock may be ahead
MOST_BYTES = 8192
LONGEST_ID = 40
_END_S = 1e11  # of any time that can be meant
MOST_COUNTER = 2**53  # what every JSON reader keeps exact
TAKE_POWER = ("off", "lock", "ack")
_MUST = ("id", "from", "counter", "issued", "expires", "action", "target")
_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{LONGEST_ID}}}")


class RefusedOrder(Exception):  # noqa: N818 — a decision
    """Not handed to the station; the text says why. `order` where it is known whose it is.

    `told` are `id` and `from` of what is signed but no order, for the answer to carry.
    """

    def __init__(self, text: str, order: "Order | None" = None) -> None:
        super().__init__(text)
        self.order = order
        self.told: Mapping[str, str] = {}


class Order(NamedTuple):
    """A command of an authenticated sender. Times are of the wall clock, in s."""

    id: str
    sender: str
    role: Role
    counter: int
    issued_s: float
    expires_s: float
    action: str
    target: str
    note: str = ""


def signature(secret: str, topic: str, body: str) -> str:
    """The mac of a command's body. `secret` is the token's SHA-256 in hex, as it is kept."""
    return hmac.new(secret.encode(), f"{topic}\n{body}".encode(), hashlib.sha256).hexdigest()


def signed(secret: str, topic: str, body: str) -> str:
    """The payload to publish at this topic."""
    return json.dumps({"body": body, "mac": signature(secret, topic, body)})


def read(payload: bytes, topic: str, *, retained: bool, tokens: Mapping[str, Token]) -> Order:
    """An authenticated order; nothing is known yet of its age. Raises RefusedOrder."""
    if retained:
        raise RefusedOrder("retained: a command is never taken from a retained message; clear it")
    if len(payload) > MOST_BYTES:
        raise RefusedOrder(f"longer than {MOST_BYTES} bytes")
    outer = _object(payload)
    body, mac = outer.get("body"), outer.get("mac")
    if not isinstance(body, str) or not isinstance(mac, str):
        raise RefusedOrder('not of the form {"body": "…", "mac": "…"}')
    inner = _object(body.encode("utf-8", "surrogatepass"))
    sender = inner.get("from")
    token = tokens.get(sender) if isinstance(sender, str) else None
    wanted = signature(token.secret if token else "", topic, _sendable(body))
    if not hmac.compare_digest(wanted.encode(), mac.encode("utf-8", "replace")) or token is None:
        raise RefusedOrder("not authentic: unknown sender or wrong mac")
    try:
        return _order(inner, token)
    except RefusedOrder as refused:
        refused.told = {"from": token.name, **({"id": inner["id"]} if _is_id(inner) else {})}
        raise


def judge(order: Order, now_s: float | None, *, synced: bool, mark: int, since_s: float) -> None:
    """Is it fresh and new? `mark` is the sender's highest counter so far, kept since `since_s`.

    `now_s` None: the clock of this machine is not known. Where no time service keeps it
    (`synced`), only what takes power is taken. Raises RefusedOrder.
    """
    if now_s is None:
        text = "the clock of this machine is not known, so no command can be told from an old one"
    elif not synced and order.action not in TAKE_POWER:
        text = "no time service keeps this machine's clock; only what takes power is taken now"
    elif order.issued_s > now_s + SKEW_S:
        text = f"issued {order.issued_s - now_s:.0f} s in the future; set the sender's clock"
    elif order.expires_s <= now_s:
        text = f"expired {now_s - order.expires_s:.1f} s ago"
    elif order.counter <= mark:
        text = f"counter {order.counter} is not above {mark}: taken before, or overtaken"
    elif order.issued_s < since_s:
        text = "issued before the record of taken commands was begun; send it anew"
    else:
        return
    raise RefusedOrder(text, order)


def allow(order: Order, commands: str) -> None:
    """Does the site file take such a command? Raises RefusedOrder."""
    if commands == "none":
        raise RefusedOrder("the site file takes no commands: commands = none", order)
    if commands == "take-power" and order.action not in TAKE_POWER:
        may = ", ".join(TAKE_POWER)
        raise RefusedOrder(f"the site file takes {may} alone: commands = take-power", order)


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedOrder("not JSON") from None
    if not isinstance(found, dict):
        raise RefusedOrder("not a JSON object")
    return found


def _sendable(body: str) -> str:
    return body.encode("utf-8", "replace").decode()


def _order(fields: Mapping[str, Any], token: Token) -> Order:
    missing = [key for key in _MUST if key not in fields]
    unknown = [key for key in fields if key not in (*_MUST, "note")]
    if missing or unknown:
        what = f"{missing[0]} is missing" if missing else f"unknown field {unknown[0][:40]!r}"
        raise RefusedOrder(what)
    issued_s, expires_s = _time(fields, "issued"), _time(fields, "expires")
    if not 0.0 < expires_s - issued_s <= LONGEST_S:
        raise RefusedOrder(f"expires must be after issued, by at most {LONGEST_S:.0f} s")
    counter = fields["counter"]
    if type(counter) is not int or not 0 < counter <= MOST_COUNTER:
        raise RefusedOrder("counter must be a whole number from 1 to 2^53")
    if not _is_id(fields):
        raise RefusedOrder(f"id must be 1 to {LONGEST_ID} letters, digits and . _ : -")
    words = [fields["action"], fields["target"], fields.get("note", "")]
    if not all(isinstance(word, str) for word in words):
        raise RefusedOrder("action, target and note must be texts")
    if token.role < Role.TECHNICIAN:
        raise RefusedOrder("the role viewer may not command")
    order = Order(fields["id"], token.name, token.role, counter, issued_s, expires_s, *words)
    return order


def _is_id(fields: Mapping[str, Any]) -> bool:
    found = fields.get("id")
    return isinstance(found, str) and _ID.fullmatch(found) is not None


def _time(fields: Mapping[str, Any], key: str) -> float:
    value = fields[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _END_S:
        raise RefusedOrder(f"{key} must be seconds since 1970")
    return float(value)
