"""Requests at the socket: what is understood, and what every mistake is told."""

import json

import pytest

from headworks.model.commissioning import Commissioned, Step, Verdict
from headworks.model.live import Action
from headworks.station.requests import RequestError, Targets, parse, request_id

KNOWN = Targets(("a1", "a2"), ("smoke",))
GOOD = {
    "id": 3,
    "op": "command",
    "action": "lock",
    "target": "a1",
    "actor": "ayesha",
    "role": "operator",
}


def line(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def test_a_command_is_understood() -> None:
    """All fields of a command arrive, without the spaces around them."""
    request = parse(line(note="  fan change "), KNOWN)
    command = request.command
    assert command is not None
    assert request.id == 3
    assert (command.action, command.target, command.actor) == (Action.LOCK, "a1", "ayesha")
    assert (command.role, command.note) == ("operator", "fan change")


def test_every_command_has_its_own_id() -> None:
    """Two commands that look the same are two."""
    first, second = parse(line(), KNOWN).command, parse(line(), KNOWN).command
    assert first is not None
    assert second is not None
    assert first.id != second.id


def test_what_a_client_calls_a_command_stands_in_its_id() -> None:
    """It goes into the journal with the station's own number."""
    command = parse(line(ref="mqtt scada 4711"), KNOWN).command
    assert command is not None
    assert command.id.partition(" ")[2] == "mqtt scada 4711"


def test_an_interlock_may_be_reset_but_not_switched() -> None:
    """Only reset and ack know other names than those of racks."""
    assert parse(line(action="reset", target="smoke"), KNOWN).command is not None
    with pytest.raises(RequestError, match="no rack here is called"):
        parse(line(action="off", target="smoke"), KNOWN)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a JSON object"),
        (
            b"{}",
            'unknown op "None"; write one of state, subscribe, command, commissioned, board, lend, return',
        ),
        (b'{"op": "sing"}', 'unknown op "sing"'),
        (b'{"op": "state", "id": {}}', "id must be"),
        (b'{"op": "subscribe", "every_s": -1}', "every_s must be seconds from 0 to 3600"),
        (b'{"op": "subscribe", "every_s": "x"}', "every_s"),
        (b'{"op": "subscribe", "every_s": NaN}', "every_s"),
        (line(action="explode"), 'unknown action "explode"; write one of off, auto'),
        (line(action=None), "unknown action"),
        (line(action=["off"]), "unknown action"),
        (line(target="a3"), 'no rack here is called "a3"; there are a1, a2'),
        (
            line(action="reset", target="smok"),
            "nothing here is called \"smok\"; did you mean 'smoke'",
        ),
        (line(target="zebra"), "there are a1, a2"),
        (line(target=""), "target is missing"),
        (line(target=7), "target is missing or not a text"),
        (line(actor=""), "actor is missing"),
        (line(actor="   "), "actor is missing"),
        (line(actor="x" * 65), "actor is longer than 64"),
        (line(actor="a\x1b[2Jb"), "actor has characters that cannot be printed"),
        (line(note="a\nb"), "note has characters"),
        (line(note="x" * 201), "note is longer than 200"),
        (line(role="viewer"), 'the role "viewer" may not command; technician, operator or admin'),
        (line(role="technician", action="auto"), '"technician" may not command; operator or admin'),
        (line(role="technician", action="unlock"), '"technician" may not command'),
        (line(role="technician", action="reset"), '"technician" may not command'),
        (line(role=None), "role is missing"),
        (line(**{"from": "x" * 33}), "from is longer than 32"),
        (line(ref="a\nb"), "ref has characters"),
        (line(ref="x" * 121), "ref is longer than 120"),
        (b'{"op": "subscribe", "run": 1}', "run is missing or not a text"),
        (b'{"op": "subscribe", "run": "a", "after": -1}', "after must be"),
        (b'{"op": "subscribe", "run": "a", "after": true}', "after must be"),
    ],
)
def test_every_mistake_is_told_with_its_cause(text: bytes, cause: str) -> None:
    """A request that cannot be carried out is answered with what is wrong with it."""
    with pytest.raises(RequestError) as caught:
        parse(text, KNOWN)
    assert cause in str(caught.value)


def test_whatever_has_an_alarm_may_be_acknowledged() -> None:
    """Meters, boards and the station itself are named by an ack, and by nothing that switches."""
    known = KNOWN._replace(boards=("air",), others=("incomer", "station"))
    for target in ("a1", "smoke", "air", "incomer", "station"):
        assert parse(line(action="ack", target=target), known).command is not None
    for action, target in (("off", "incomer"), ("reset", "incomer"), ("lock", "air")):
        with pytest.raises(RequestError, match="here is called"):
            parse(line(action=action, target=target), known)


@pytest.mark.parametrize("action", ["off", "lock", "ack"])
def test_a_technician_may_take_power_away(action: str) -> None:
    """What gives no rack power is open to a technician."""
    command = parse(line(role="technician", action=action), KNOWN).command
    assert command is not None
    assert (command.role, command.action) == ("technician", action)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((b'{"id": 7}', 7), (b'{"id": "x"}', "x"), (b'{"id": []}', None)),
        *((b"[]", None), (b"{", None), (b"[" * 60_000, None), (b"\xff", None)),
    ],
)
def test_the_id_of_a_bad_request_is_kept(text: bytes, expected: object) -> None:
    """An error reply carries the id of its request wherever it has one."""
    assert request_id(text) == expected


STEPS = KNOWN._replace(steps=frozenset({(Step.SIGN, "incomer"), (Step.RELAY, "a1")}))
RESULT = {
    "id": 7, "op": "commissioned", "step": "sign", "target": "incomer", "verdict": "fail",
    "seen": {"step_kw": 50.0, "how": "heater"}, "actor": "bilal", "role": "technician",
}  # fmt: skip


def test_a_result_of_commissioning_is_understood() -> None:
    """Step, what it is about, how it went, what was seen and who: all arrive, and no command."""
    request = parse(json.dumps({**RESULT, "note": " x "}).encode(), STEPS)
    assert request.commissioned == Commissioned(
        Step.SIGN, "incomer", Verdict.FAIL, {"step_kw": 50.0, "how": "heater"}, "bilal",
        "technician", "x",
    )  # fmt: skip
    assert request.command is None


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"step": "jump"}, "step must be one of meter, sign"),
        ({"target": "a1"}, "no step sign of 'a1'"),
        ({"verdict": "maybe"}, "verdict must be one of pass, fail"),
        ({"verdict": None}, "verdict must be one of pass, fail"),
        ({"role": "viewer"}, "may not command"),
        ({"actor": ""}, "actor"),
        ({"seen": [1]}, "seen must be an object"),
        ({"seen": {"a": True}}, "numbers and short texts"),
        ({"seen": {"a": "x" * 201}}, "numbers and short texts"),
        ({"seen": {str(n): 1 for n in range(25)}}, "at most 24"),
    ],
)
def test_a_wrong_result_is_told_with_its_cause(changes: dict[str, object], cause: str) -> None:
    """What is no step of the site, no verdict or no figure is refused; nothing is a pass by default."""
    with pytest.raises(RequestError, match=cause):
        parse(json.dumps({**RESULT, **changes}).encode(), STEPS)
