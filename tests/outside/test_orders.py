"""Commands from a broker: what is an order, and what every other message is told. Pure."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.faces.mqtt.orders import Order, RefusedOrder, allow, judge, read, signed
from headworks.faces.people.accounts import Token
from headworks.faces.people.roles import Role

TOPIC = "headworks/test/command"
TOKENS = {
    "scada": Token("scada", Role.OPERATOR, "aa" * 32),
    "wall": Token("wall", Role.VIEWER, "bb" * 32),
}
NOW_S = 1_800_000_000.0
GOOD: dict[str, Any] = {
    "id": "4711", "from": "scada", "counter": 5, "issued": NOW_S, "expires": NOW_S + 60,
    "action": "lock", "target": "a1",
}  # fmt: skip


def payload(**changes: Any) -> bytes:
    fields = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    token = TOKENS.get(str(fields.get("from")), TOKENS["scada"])
    return signed(token.secret, TOPIC, json.dumps(fields)).encode()


def take(data: bytes, *, retained: bool = False, topic: str = TOPIC) -> Order:
    return read(data, topic, retained=retained, tokens=TOKENS)


def refusal(data: bytes, **more: Any) -> str:
    with pytest.raises(RefusedOrder) as caught:
        take(data, **more)
    return str(caught.value)


def test_a_signed_command_is_an_order() -> None:
    """All fields arrive, with the role of whoever signed."""
    order = take(payload(note="fan"))
    assert order == Order("4711", "scada", Role.OPERATOR, 5, NOW_S, NOW_S + 60, "lock", "a1", "fan")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"id": None}, "id is missing"),
        ({"id": ""}, "id must be"),
        ({"id": "a b"}, "id must be"),
        ({"id": "x" * 41}, "id must be"),
        ({"counter": 0}, "counter must be"),
        ({"counter": True}, "counter must be"),
        ({"counter": 1.5}, "counter must be"),
        ({"counter": 2**53 + 1}, "counter must be"),
        ({"issued": "now"}, "issued must be seconds"),
        ({"expires": float("nan")}, "expires must be seconds"),
        ({"expires": 10**400}, "expires must be seconds"),
        ({"expires": NOW_S}, "expires must be after issued"),
        ({"expires": NOW_S + 301}, "by at most 300 s"),
        ({"action": 1}, "must be texts"),
        ({"more": 1}, "unknown field 'more'"),
        ({"from": "wall"}, "the role viewer may not command"),
        ({"from": "nobody"}, "not authentic"),
        ({"from": ["scada"]}, "not authentic"),
    ],
)
def test_what_is_no_order_is_told_why(changes: dict[str, Any], text: str) -> None:
    """Every mistake in the body has its own words, and none is an order."""
    assert text in refusal(payload(**changes))


def test_what_is_signed_but_no_order_is_told_by_its_id() -> None:
    """Whoever signed a wrong form knows which of his commands it was; what is not authentic, and
    an id that is none, are not repeated."""
    for data, told in (
        (payload(counter=0), {"from": "scada", "id": "4711"}),
        (payload(id="a b"), {"from": "scada"}),
        (payload(**{"from": "nobody"}), {}),
    ):
        with pytest.raises(RefusedOrder) as caught:
            take(data)
        assert (caught.value.told, caught.value.order) == (told, None)


def test_only_the_signed_text_at_its_own_topic_is_authentic() -> None:
    """A changed body, another mac and another site's topic are all refused alike."""
    outer = json.loads(payload())
    for changed in (
        {**outer, "body": outer["body"].replace("a1", "a2")},
        {**outer, "mac": "00" * 32},
        {**outer, "mac": ""},
        {**outer, "mac": "\ud800é"},
    ):
        assert "not authentic" in refusal(json.dumps(changed).encode())
    assert "not authentic" in refusal(payload(), topic="headworks/other/command")
    assert "retained" in refusal(payload(), retained=True)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_message_is_more_than_refused(data: bytes) -> None:
    """Whatever bytes come, they are refused and nothing else is raised."""
    refusal(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    ),
    st.sampled_from([*GOOD, "note"]),
)
def test_no_signed_value_is_more_than_refused(value: Any, key: str) -> None:
    """Whatever stands in a field, authentic as it may be, it is an order or it is refused."""
    fields = {**GOOD, key: value}
    body = json.dumps(fields)
    token = TOKENS["scada"]
    try:
        order = take(signed(token.secret, TOPIC, body).encode())
    except RefusedOrder:
        return
    assert order.role is Role.OPERATOR
    assert 0 < order.expires_s - order.issued_s <= 300


def verdict(now_s: float | None, *, mark: int = 0, since_s: float = 0.0, **more: Any) -> str:
    """Why it is refused; "" where it is not."""
    synced, order = more.pop("synced", True), take(payload(**more))
    try:
        judge(order, now_s, synced=synced, mark=mark, since_s=since_s)
    except RefusedOrder as refused:
        return str(refused)
    return ""


def test_only_what_is_fresh_and_new_is_taken() -> None:
    """By its times, the clock of this machine, the sender's counter and the age of the record."""
    assert verdict(NOW_S) == verdict(NOW_S + 59.9) == verdict(NOW_S - 29.0) == ""
    assert "expired 0.0 s ago" in verdict(NOW_S + 60.0)
    assert "in the future" in verdict(NOW_S - 31.0)
    assert "clock of this machine is not known" in verdict(None)
    assert verdict(NOW_S, mark=4) == ""
    assert "counter 5 is not above 5" in verdict(NOW_S, mark=5)
    assert "record of taken commands" in verdict(NOW_S, since_s=NOW_S + 1.0)


def test_without_a_time_service_only_power_is_taken_away() -> None:
    """A clock that may be wrong lets nothing be switched on."""
    for action in ("off", "lock", "ack"):
        assert verdict(NOW_S, synced=False, action=action) == ""
    for action in ("auto", "unlock", "reset"):
        assert "no time service" in verdict(NOW_S, synced=False, action=action)


def test_the_site_file_limits_what_is_taken() -> None:
    """none takes nothing, take-power nothing that gives a rack power, all leaves it to the role."""
    taken: dict[str, list[str]] = {}
    for commands in ("none", "take-power", "all"):
        for action in ("off", "lock", "ack", "auto", "unlock", "reset"):
            try:
                allow(take(payload(action=action)), commands)
            except RefusedOrder:
                continue
            taken.setdefault(commands, []).append(action)
    assert taken == {
        "take-power": ["off", "lock", "ack"],
        "all": ["off", "lock", "ack", "auto", "unlock", "reset"],
    }
