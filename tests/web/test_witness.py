"""What readings say of relays, trips and the dead man: the person's word alone passes none."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.languages.files import language
from headworks.faces.web import guide, judge
from headworks.faces.web.app import make_app
from headworks.faces.web.feed import Feed
from headworks.faces.web.journal import row
from headworks.faces.web.origins import own_names
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.witness import Witness
from headworks.model.commissioning import Step, Verdict
from headworks.site import load_site
from web.places import STATE, call, station
from web.test_archive import SITE
from web.test_matrix import make_page

DEMO = load_site(SITE)
RACK = DEMO.racks[0].name
BOTH = replace(
    DEMO,
    deadman_s=1.0,
    racks=(replace(DEMO.racks[0], meter="own", feedback="hat.in1"), *DEMO.racks[1:]),
)
BARE = replace(DEMO, racks=(replace(DEMO.racks[0], meter=None, feedback=None), *DEMO.racks[1:]))
Json = dict[str, Any]


def state(seq: int = 1, **more: Any) -> Json:
    """A state with one rack that is off; `rack`, `power_kw`, `interlocks` and others as given."""
    rack = {"name": RACK, "on": False, "state": "off", "code": "x", "meter": "own",
            "feedback": "open", **more.pop("rack", {})}  # fmt: skip
    return {
        "run": "r", "seq": seq, "uptime_s": 100.0, "site": {"sha256": DEMO.sha256, "scan_s": 0.5},
        "scan": {"late": 0}, "racks": [rack], "interlocks": [],
        "meters": [{"name": "own", "power_kw": more.pop("power_kw", 0.0)}], **more,
    }  # fmt: skip


ON: Json = {"on": True, "state": "running", "feedback": "closed"}
OFF: Json = {"on": False, "state": "off", "feedback": "open"}


def seen(*pictures: Json) -> Witness:
    """What is known after these pictures, one a second from 0 on."""
    witness = Witness()
    for now_s, one in enumerate(pictures):
        witness.take(float(now_s), one)
    return witness


def run(on: Mapping[str, Any] = ON, off: Mapping[str, Any] = OFF, **kw: float | None) -> Witness:
    """Off, on, and off again; `on_kw` and `off_kw` are what its meter shows."""
    return seen(
        state(),
        state(rack={**on, "state": "starting"}),
        state(rack=on, power_kw=kw.get("on_kw", 30.0)),
        state(rack=off, power_kw=kw.get("off_kw", 0.0)),
    )


def test_a_relay_that_contact_and_meter_followed_has_passed() -> None:
    """Feedback closed and opened, and the rack's own meter showed power, then none."""
    found = judge.readings(Step.RELAY, RACK, run(), BOTH, 5.0)
    assert found.verdict is Verdict.PASS
    assert found.seen == {"feedback": "followed", "on_kw": 30.0, "off_kw": 0.0}


@pytest.mark.parametrize(
    ("witness", "why"),
    [
        (run(on={**ON, "feedback": "open"}), "feedback contact did not follow"),
        (run(off={**OFF, "feedback": "unknown"}), "feedback contact did not follow"),
        (run(on_kw=0.1), "its meter showed 0.1 kW"),
        (run(off_kw=29.0), "its meter showed 30.0 kW, then 29.0"),
        (run(off={**OFF, "state": "faulted", "code": "welded"}), "the station found welded"),
    ],
)
def test_a_relay_that_readings_contradict_has_failed(witness: Witness, why: str) -> None:
    """A contact or a meter that says otherwise counts more than a person who looked away."""
    found = judge.readings(Step.RELAY, RACK, witness, BOTH, 20.0)
    assert found.verdict is Verdict.FAIL
    assert why in str(found.why[0])


@pytest.mark.parametrize(
    ("witness", "now_s", "text"),
    [
        (seen(state()), 1.0, "has not been seen to run and to go off"),
        (seen(state(rack=ON), state(rack=OFF)), 2.0, "has not been seen to run"),
        (seen(state(), state(rack=ON)), 2.0, "has not been seen to run and to go off"),
        (run(), judge.MEMORY_S + 5.0, "has not been seen to run"),
        (run(on={**ON, "state": "starting"}), 5.0, "before it had been seen to run"),
        (run(off={**OFF, "feedback": "closed"}), 20.0, "to go off again"),
        (run(off_kw=5.0), 4.0, "not clear yet"),
        (seen(state(), state(rack=ON), state(run="s", rack=OFF)), 3.0, "has not been seen"),
        (seen(state(), state(rack=ON), state(rack=OFF, site={"sha256": "0", "scan_s": 0.5})), 3.0,
         "has not been seen"),
    ],
    ids=["never", "before us", "still on", "long ago", "too short", "closed", "soon", "start",
         "other file"],
)  # fmt: skip
def test_a_relay_that_was_not_tried_has_no_result(
    witness: Witness, now_s: float, text: str
) -> None:
    """What the page has not seen, or not yet, is no pass: the person is told what to do."""
    with pytest.raises(RefusedError, match=text):
        judge.readings(Step.RELAY, RACK, witness, BOTH, now_s)


def test_where_no_reading_can_tell_it_is_the_persons_word() -> None:
    """A rack without contact and meter: nothing is judged, and nothing is made up."""
    assert judge.readings(Step.RELAY, RACK, run(), BARE, 5.0) == judge.Judged(None, {})
    assert judge.readings(Step.SENSOR, "air", Witness(), DEMO, 5.0) == judge.Judged(None, {})


def acting(name: str, sees: str = "cause") -> list[Json]:
    return [{"name": name, "sees": sees}]


TRIP = next(one for one in DEMO.interlocks if one.action == "trip" and RACK in one.racks).name
DROPPED = {"on": False, "state": "tripped", "feedback": "open"}


@pytest.mark.parametrize(
    ("pictures", "verdict"),
    [
        ([state(rack=ON), state(rack=DROPPED, interlocks=acting(TRIP)), state()], Verdict.PASS),
        ([state(rack=ON), state(rack=ON, interlocks=acting(TRIP)),
          state(rack=DROPPED, interlocks=acting(TRIP))], Verdict.PASS),
        ([state(rack=ON), state(rack=ON, interlocks=acting(TRIP))], Verdict.FAIL),
        ([state(rack=ON), state(rack={**DROPPED, "feedback": "closed"}, interlocks=acting(TRIP))],
         Verdict.FAIL),
        ([state(), state(interlocks=acting(TRIP))], None),
    ],
    ids=["at once", "later", "stayed on", "contact closed", "none was on"],
)  # fmt: skip
def test_a_trip_is_judged_by_its_racks(pictures: list[Json], verdict: Verdict | None) -> None:
    """It acted, and the racks that were on went off; where none was on, racks show nothing."""
    found = judge.readings(Step.TRIP, TRIP, seen(*pictures), DEMO, 20.0)
    assert found.verdict is verdict
    assert bool(found.why) is (verdict is Verdict.FAIL)


@pytest.mark.parametrize(
    "pictures",
    [
        [state(rack=ON), state(rack=ON)],
        [state(rack=ON), state(rack=DROPPED, interlocks=acting(TRIP, "unknown"))],
        [state(rack=ON, interlocks=acting(TRIP)), state(rack=ON, interlocks=acting(TRIP))],
    ],
    ids=["never", "unknown", "before us"],
)
def test_a_trip_without_its_cause_has_no_result(pictures: list[Json]) -> None:
    """A board that was unplugged trips too, and is not the cause that was to be tested."""
    with pytest.raises(RefusedError, match="bring about its cause"):
        judge.readings(Step.TRIP, TRIP, seen(*pictures), DEMO, 5.0)


def stood(before: Json, after: Json, for_s: float = 10.0) -> Witness:
    witness = Witness()
    witness.take(0.0, before)
    witness.take(for_s, after)
    return witness


STOPPED = state(11, scan={"late": 1})
STARTED = state(1, run="s", uptime_s=2.0)


@pytest.mark.parametrize(
    ("witness", "verdict"),
    [
        (stood(state(10), STOPPED), None),
        (stood(state(10, rack=ON), STOPPED), None),
        (stood(state(10, rack=ON), STARTED), None),
        (stood(state(10, rack=ON), {**STOPPED, "racks": [{"name": RACK, **ON}]}), Verdict.FAIL),
    ],
    ids=["none was on", "stopped", "started anew", "still on"],
)
def test_readings_can_only_deny_the_dead_man(witness: Witness, verdict: Verdict | None) -> None:
    """Racks that are off when the station is back are so by its own order: that confirms nothing
    of a contactor that nobody reads. One that is on says that the test has failed."""
    found = judge.readings(Step.DEADMAN, "deadman", witness, BOTH, 12.0)
    assert found.verdict is verdict
    assert found.seen["still_s"] == 10.0
    assert bool(found.why) is (verdict is Verdict.FAIL)


def test_a_dead_man_that_passed_did_so_by_a_persons_word(tmp_path: Path) -> None:
    """The answer, the journal's entry, its sentence and the list of steps all say so."""
    (tmp_path / "site.toml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")

    async def body() -> None:
        page = make_page(tmp_path)
        page.feed.state = {**STATE, "site": {**STATE["site"], "sha256": DEMO.sha256},
                           "files": {"site": str(tmp_path / "site.toml")}}  # fmt: skip
        page.feed.witness = stood(state(10, rack=ON), STARTED, for_s=60.0)
        page.feed._clock = lambda: 62.0
        app = make_app(page, own_names())
        head = {"authorization": "Bearer token-technician", "content-type": "application/json"}
        async with station(tmp_path) as peer:
            path = "/api/guide/deadman/deadman"
            answer = await call(app, "POST", path, head, b'{"result": "pass"}')
            assert (answer.json()["result"], answer.json()["word"]) == ("pass", True)
            (kept,) = peer.commands
            assert (kept["seen"]["person"], kept["seen"]["readings"]) == ("pass", "none")
        values = {**kept["seen"], "result": "pass", "site_sha256": DEMO.sha256}
        entry = {"seq": 1, "kind": "commissioning", "code": "deadman", "source": "deadman",
                 "values": values}  # fmt: skip
        assert "by a person's word" in row(entry, language("en"))["text"]
        (step,) = [one for one in guide.progress(DEMO, [entry]) if one["step"] == "deadman"]
        assert (step["result"], step["word"]) == ("pass", True)
        entry["values"] = {**values, "readings": "pass"}
        assert "word" not in row(entry, language("en"))["text"]

    asyncio.run(body())


@pytest.mark.parametrize(
    "witness",
    [
        seen(state(), state(2)),
        stood(state(10), STOPPED, for_s=1.5),
        stood(state(10), state(30, scan={"late": 1})),
        stood(state(10), state(1, run="s", uptime_s=60.0)),
    ],
    ids=["never", "short", "the page slept", "started earlier"],
)
def test_a_dead_man_that_was_not_tried_has_no_result(witness: Witness) -> None:
    """A page that slept, or a moment's pause, is no standstill of the station."""
    with pytest.raises(RefusedError, match="stand still"):
        judge.readings(Step.DEADMAN, "deadman", witness, BOTH, 12.0)


def test_the_persons_word_does_not_pass_what_readings_deny(tmp_path: Path) -> None:
    """Both stand in the journal; "failed" is taken from a person at any time, "passed" is not."""
    (tmp_path / "site.toml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")

    async def body() -> None:
        page = make_page(tmp_path)
        page.feed.state = {**STATE, "site": {**STATE["site"], "sha256": DEMO.sha256},
                           "files": {"site": str(tmp_path / "site.toml")}}  # fmt: skip
        app = make_app(page, own_names())
        head = {"authorization": "Bearer token-technician", "content-type": "application/json"}

        async def say(result: str) -> Any:
            told = b'{"result": "%s"}' % result.encode()
            return await call(app, "POST", f"/api/guide/{RACK}/relay", head, told)

        async with station(tmp_path) as peer:
            assert (await say("pass")).status == 409
            assert peer.commands == []
            assert (await say("fail")).json()["result"] == "fail"
            page.feed.witness = run(on={**ON, "feedback": "open"})
            page.feed._clock = lambda: 20.0
            answer = (await say("pass")).json()
            assert (answer["result"], "feedback" in answer["why"]) == ("fail", True)
            kept = peer.commands[-1]
            assert (kept["verdict"], kept["seen"]["person"]) == ("fail", "pass")
            assert kept["seen"]["readings"] == "fail"
            page.feed.witness = run()
            assert (await say("pass")).json()["result"] == "pass"

    asyncio.run(body())


def test_racks_that_switch_spoil_the_sign_test() -> None:
    """A rack that is shed meanwhile could make a meter that counts backwards look right."""
    feed = Feed(None, lambda: 0.0)
    quiet = {
        **STATE,
        "events": [],
        "racks": [{**one, "state": "off", "on": False} for one in STATE["racks"]],
    }
    feed._take(quiet)
    assert feed.moved(10.0) == []
    feed._take({**quiet, "racks": [{**quiet["racks"][0], "on": True}, *quiet["racks"][1:]]})
    name = quiet["racks"][0]["name"]
    assert feed.moved(10.0) == [name]
    with pytest.raises(RefusedError, match=f"{name} switched meanwhile"):
        guide.sign([10.0] * 3, [60.0] * 3, 50.0, feed.moved(10.0))


def test_another_site_file_begins_the_sign_test_anew() -> None:
    """A meter whose sign was turned round in the file is not judged by its powers before that."""
    feed = Feed(None, lambda: 0.0)
    feed._take({**STATE, "events": []})
    assert feed.power_between("incomer", 10.0, 0.0) != []
    feed._take({**STATE, "events": [], "site": {**STATE["site"], "sha256": "other"}})
    assert len(feed.power_between("incomer", 10.0, 0.0)) == 1
