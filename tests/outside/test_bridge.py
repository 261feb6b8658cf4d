"""The bridge between a station's socket and a real mosquitto, over TLS and with a password."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.mqtt.broker import BrokerError, access, connected
from headworks.record.reading import entries
from outside.places import (
    PASSWORD,
    PREFIX,
    Mosquitto,
    Station,
    bridge,
    ear,
    event,
    order,
    play,
    until,
)
from station.substation import Substation, until_view
from station.substation import play as play_at_substation

pytestmark = pytest.mark.needs("program:mosquitto")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One broker for the tests that do not end it; what it retains is of the last test."""
    found = Mosquitto(tmp_path_factory.mktemp("m") / "broker")
    found.start()
    yield found
    found.kill()


def test_whoever_comes_later_gets_the_newest_state(broker: Mosquitto, tmp_path: Path) -> None:
    """State, alarms and each rack, feeder, meter and board are retained, and change as they do."""

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path, discovery="homeassistant")
        async with bridge(spec, tmp_path, station.path):
            async with ear(broker) as first:
                await until(lambda: first.at("station") == ["online"])
                await until(lambda: first.at("board/safety"))
            async with ear(broker) as later:
                kinds = {
                    "state",
                    "alarms",
                    "feeder/tx1",
                    "meter/incomer",
                    "rack/g1",
                    "board/safety",
                }
                wanted = {f"{PREFIX}/{kind}" for kind in kinds}
                wanted.add("homeassistant/sensor/headworks_headworks_test/drawn/config")
                await until(lambda: wanted <= {name for name, _, old in later.heard if old})
                await until(lambda: later.at("rack/a1"))
                station.state["racks"][0]["state"] = "tripped"
                station.say()
                await until(lambda: len(later.at("rack/a1")) > 1)
                assert json.loads(later.at("rack/a1")[-1])["state"] == "tripped"

    play(tmp_path, body)


def test_events_outlive_a_broker_that_is_killed_and_a_bridge_that_ends(tmp_path: Path) -> None:
    """Each event comes once, in its order, whatever ends in between; states are the newest."""
    broker = Mosquitto(tmp_path / "broker")

    async def body(station: Station) -> None:
        spec, keys = broker.spec(tmp_path), []
        broker.start()
        async with ear(broker) as found, bridge(spec, tmp_path, station.path):
            await found.ready()
            station.say(*(event(number) for number in range(1, 4)))
            await until(lambda: len(found.events()) == 3)
            keys += [one["key"] for one in found.events()]
            broker.kill()
            for number in range(4, 24):
                station.say(event(number))
            await asyncio.sleep(0)
        async with bridge(spec, tmp_path, station.path) as again:
            for number in range(24, 34):
                station.say(event(number))
            await until(lambda: "tried again" in again.log.getvalue())
            station.state["racks"][0]["state"] = "tripped"
            station.say(event(34))
            broker.start()
            async with ear(broker) as found:
                await until(lambda: len({*keys, *(e["key"] for e in found.events())}) == 34)
                keys += [json.loads(text)["key"] for text in found.at("event")]
                await until(lambda: found.at("rack/a1"))
                assert json.loads(found.at("rack/a1")[-1])["state"] == "tripped"
        run = station.bulletin.run
        seen = list(dict.fromkeys(keys))  # what a receiver does that minds keys
        assert seen == [f"{run}-{number}" for number in range(1, 35)]
        assert len(keys) - len(seen) <= 1  # only the one that was on its way may come twice

    try:
        play(tmp_path, body)
    finally:
        broker.kill()


def test_events_that_came_while_nobody_listened_are_told(
    broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those between two lives of the bridge come; those that the station lost are counted."""
    monkeypatch.setattr("headworks.station.bulletin._KEPT", 30)

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path)
        async with ear(broker) as found:
            async with bridge(spec, tmp_path, station.path):
                await found.ready()
                station.say(event(1))
                await until(lambda: len(found.events()) == 1)
            station.say(event(2))
            async with bridge(spec, tmp_path, station.path):
                await until(lambda: len(found.events()) == 2)
            for number in range(3, 44):
                station.bulletin.post(lambda: station.state, [event(number)])
            async with bridge(spec, tmp_path, station.path):
                await until(lambda: len(found.events()) == 2 + 1 + 30)
            assert [one["note"] for one in found.events()[:2]] == ["1", "2"]
            assert found.events()[2]["kind"] == "missed"
            assert found.events()[2]["count"] == 11

    play(tmp_path, body)


def test_what_is_on_its_way_is_finished_before_a_bridge_ends(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """An event that the broker has when the bridge is told to end does not come again."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            async with bridge(broker.spec(tmp_path), tmp_path, station.path) as running:
                await found.ready()
                ending, done = asyncio.Event(), running.kept.done

                async def late(seq: int) -> None:
                    await ending.wait()
                    await done(seq)

                running.kept.done = late  # type: ignore[method-assign]
                station.say(event(1))
                await until(found.events)
                asyncio.get_running_loop().call_later(0.1, ending.set)
            left = running.beside.waiting()
            running.beside.close()
            assert left == 0

    play(tmp_path, body)


def test_it_is_bounded_and_tells_what_it_gave_up(tmp_path: Path) -> None:
    """With the broker away only the newest events are kept, and how many went is told."""
    broker = Mosquitto(tmp_path / "broker")

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path, keep=100)
        async with bridge(spec, tmp_path, station.path) as running:
            await until(running.beside.cursor)
            station.say(*(event(number) for number in range(1, 251)))
            await until(lambda: running.beside.dropped() == 150)
            broker.start()
            async with ear(broker) as found:
                await until(lambda: len(found.events()) == 100)
                assert [int(e["note"]) for e in found.events()] == list(range(151, 251))
                assert json.loads(found.at("health")[0])["dropped"] == 150

    try:
        play(tmp_path, body)
    finally:
        broker.kill()


def test_a_connection_that_broke_unseen_does_not_say_offline_later(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """The last will of a connection that the broker still holds comes before the new one's word."""

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path)
        async with (
            ear(broker) as found,
            connected(access(spec), PREFIX) as left_behind,
            bridge(spec, tmp_path, station.path),
        ):
            await found.ready()
            with pytest.raises(BrokerError, match="another bridge"):
                async for _ in left_behind.messages():
                    pass
            assert found.at("bridge")[-2:] == ["offline", "online"]

    play(tmp_path, body)


def test_a_station_that_goes_is_not_available(broker: Mosquitto, tmp_path: Path) -> None:
    """The bridge says so, and says when it is back; its own end it says, too."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            async with bridge(broker.spec(tmp_path), tmp_path, station.path):
                await found.ready()
                await station.stop()
                await until(lambda: found.at("station")[-1] == "offline")
                await until(lambda: "not running" in found.at("health")[-1])
                await station.start()
                await until(lambda: found.at("station")[-1] == "online")
            await until(lambda: found.at("bridge")[-1] == "offline")

    play(tmp_path, body)


def test_a_command_is_carried_out_once_and_answered(broker: Mosquitto, tmp_path: Path) -> None:
    """A good command reaches the station with who, role and id; the same again does not."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            spec = broker.spec(tmp_path, commands="all")
            async with bridge(spec, tmp_path, station.path):
                await found.ready()
                good = order("lock-1", 7, note="fan")
                await found.send(good)
                assert (await found.answer("lock-1"))["ok"] is True
                await found.send(good)
                await until(lambda: len(found.at("answer")) == 2)
                assert "counter 7 is not above 7" in found.at("answer")[-1]
                await found.send(order("earlier", 6))
                assert "not above 7" in (await found.answer("earlier"))["error"]
            async with bridge(spec, tmp_path, station.path):  # a restart forgets nothing
                await found.ready(again=True)
                await found.send(good)
                await until(lambda: len(found.at("answer")) == 4)
                await found.send(order("auto-1", 8, action="auto"))
                assert (await found.answer("auto-1"))["ok"] is True
        (lock, auto) = station.commands
        assert (lock.action, lock.target, lock.note) == ("lock", "a1", "fan")
        assert (lock.actor, lock.role) == ("scada", "operator")
        assert lock.id.partition(" ")[2] == "scada lock-1"
        assert {origin.partition(",")[0] for origin in station.origins} == {"mqtt"}
        assert auto.action == "auto"

    play(tmp_path, body)


def test_a_command_is_marked_before_the_station_hears_of_it(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """One that no station heard is answered, and is not carried out when it comes again."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            spec = broker.spec(tmp_path, commands="all")
            async with bridge(spec, tmp_path, station.path):
                await found.ready()
                await station.stop()
                lost = order("lost", 1)
                await found.send(lost)
                assert "not running" in (await found.answer("lost"))["error"]
                await station.start()
                await found.send(lost)
                await until(lambda: len(found.at("answer")) == 2)
                assert "counter 1 is not above 1" in found.at("answer")[-1]
        assert station.commands == []

    play(tmp_path, body)


def test_what_a_site_no_longer_has_is_removed_from_the_broker(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """A rack that is gone leaves neither its topic nor its entities behind."""

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path, discovery="homeassistant")
        entity = "homeassistant/sensor/headworks_headworks_test/rack_b6_power/config"
        async with bridge(spec, tmp_path, station.path) as running:
            await until(lambda: "rack_b6_power" in (running.beside.fact("published") or ""))
        station.state["racks"] = [r for r in station.state["racks"] if r["name"] != "b6"]
        station.say()
        async with ear(broker) as found:
            await until(lambda: found.at("rack/b6"))
            async with bridge(spec, tmp_path, station.path):
                await until(lambda: found.at("rack/b6")[-1] == "")
                await until(lambda: (entity, "", False) in found.heard)
                assert found.at("rack/a1")[-1] != ""

    play(tmp_path, body)


def test_a_command_reaches_a_relay_and_stands_in_the_journal(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """With a real station: `off` keeps a rack off, journalled with mqtt, sender, role and id."""

    async def work(place: Substation) -> None:
        async with place.station():
            await until_view(place, lambda state: state["uptime_s"] > 0)
            spec = broker.spec(tmp_path, commands="take-power")
            async with ear(broker) as found, bridge(spec, tmp_path, place.socket):
                await found.ready()
                await found.send(order("4711", 1, action="off"))
                assert (await found.answer("4711"))["ok"] is True
                await until(lambda: '"operator-off"' in found.at("rack/a1")[-1])
        asked = [one for one in entries(place.state / "records") if one["kind"] == "asked"]
        assert [(one["who"], one["role"], one["code"]) for one in asked] == [
            ("scada", "operator", "off")
        ]
        assert asked[0]["origin"].startswith("mqtt, uid ")
        assert asked[0]["values"]["id"].endswith(" scada 4711")

    play_at_substation(tmp_path, work)


def test_a_retained_command_is_never_carried_out(broker: Mosquitto, tmp_path: Path) -> None:
    """Neither one that lay there before, nor one that is published as retained now."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            await found.send(order("before", 1), retain=True)
            spec = broker.spec(tmp_path, commands="all")
            async with bridge(spec, tmp_path, station.path) as running:
                await until(lambda: len(found.at("answer")) == 1)
                await found.send(order("now", 2), retain=True)
                await until(lambda: len(found.at("answer")) == 2)
                await found.send(order("good", 3))
                await found.answer("good")
                assert all("retained" in text for text in found.at("answer")[:2])
                await found.send("", retain=True)  # clears it, and is no command itself
                await found.send(order("last", 4))
                await found.answer("last")
                assert running.desk.refused == 2
        assert [one.id.split()[-1] for one in station.commands] == ["good", "last"]

    play(tmp_path, body)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("expired", {"issued": time.time() - 100, "expires": time.time() - 1}, "expired"),
    ("viewer", {"from": "wall"}, "the role viewer may not command"),
    ("stranger", {"from": "nobody"}, "not authentic"),
    ("technician", {"from": "phone", "action": "auto"}, "technician"),
    ("target", {"target": "zz"}, "no rack here is called"),
    ("action", {"action": "explode"}, "unknown action"),
]


def test_what_may_not_be_commanded_is_refused_and_told(broker: Mosquitto, tmp_path: Path) -> None:
    """Expired, of a viewer, of a stranger, beyond a technician, for nothing that is there."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            spec = broker.spec(tmp_path, commands="all")
            async with bridge(spec, tmp_path, station.path):
                await found.ready()
                for number, (id_, changes, text) in enumerate(BAD, 1):
                    await found.send(order(id_, number, **changes))
                    await until(lambda number=number: len(found.at("answer")) == number)
                    answer = json.loads(found.at("answer")[-1])
                    assert answer["ok"] is False
                    assert text in answer["error"]
                    assert answer.get("id") == (None if id_ == "stranger" else id_)
        assert station.commands == []

    play(tmp_path, body)


@pytest.mark.parametrize(("commands", "action"), [("none", "lock"), ("take-power", "auto")])
def test_the_site_file_says_which_commands_are_taken(
    broker: Mosquitto, tmp_path: Path, commands: str, action: str
) -> None:
    """None unless it says so; with take-power nothing that gives a rack power."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            spec = broker.spec(tmp_path, commands=commands)
            async with bridge(spec, tmp_path, station.path) as running:
                await found.ready()
                await found.send(order("x", 1, action=action))
                if commands == "none":
                    station.say(event(1))
                    await until(found.events)
                    assert running.desk.refused == 0  # it does not even listen
                else:
                    assert "take-power" in (await found.answer("x"))["error"]
                    await found.send(order("y", 2, action="off"))
                    assert (await found.answer("y"))["ok"] is True
        assert [c.action for c in station.commands] == (["off"] if commands != "none" else [])

    play(tmp_path, body)


def test_a_flood_gets_few_answers_and_holds_up_nobody(broker: Mosquitto, tmp_path: Path) -> None:
    """Hundreds of bad messages: few are answered, events go on, and a good command works."""

    async def body(station: Station) -> None:
        async with ear(broker) as found:
            spec = broker.spec(tmp_path, commands="all")
            async with bridge(spec, tmp_path, station.path) as running:
                await found.ready()
                for number in range(400):
                    await found.client.publish(f"{PREFIX}/command", f"{{{number}", qos=0)
                station.say(event(1))
                await until(found.events)
                await found.send("x" * 9000)
                for number in range(20):  # some may meet a full queue
                    await found.send(order(f"good-{number}", number + 1))
                    await asyncio.sleep(0.02)
                await until(lambda: station.commands)
                assert len(found.at("answer")) < 60
                assert "399" not in running.log.getvalue()
                assert running.log.getvalue().count("\n") < 20

    play(tmp_path, body)


@pytest.mark.parametrize("wrong", ["password", "authority", "name"])
def test_a_broker_that_is_not_ours_or_does_not_know_us_is_told(
    broker: Mosquitto, tmp_path: Path, wrong: str
) -> None:
    """One line with the cause, none with the password, and it is tried again."""
    (tmp_path / "other").mkdir()

    async def body(station: Station) -> None:
        spec = broker.spec(tmp_path)
        if wrong == "password":
            text = Path(spec.credentials).read_text().replace(PASSWORD, "wrong horse")
            Path(spec.credentials).write_text(text)
        elif wrong == "name":
            spec = replace(spec, broker=f"mqtts://localhost:{broker.port}")
        else:
            spec = replace(spec, ca="")
        async with bridge(spec, tmp_path, station.path) as running:
            await until(lambda: "tried again" in running.log.getvalue())
            said = running.log.getvalue()
            words = {
                "password": "Not authorized",
                "authority": "its certificate is not believed",
                "name": "its certificate is not believed: Hostname mismatch",
            }
            assert words[wrong].lower() in said.lower()
            assert "horse" not in said
            assert "Traceback" not in said

    play(tmp_path, body)


def test_what_the_broker_refuses_is_not_taken_for_delivered(tmp_path: Path) -> None:
    """A broker whose rules forbid a topic confirms with a refusal: it is told, nothing is lost."""
    rules = f"user station\ntopic read #\ntopic write {PREFIX}/bridge\n"
    broker = Mosquitto(tmp_path / "broker", rules=rules)
    broker.start()

    async def body(station: Station) -> None:
        async with bridge(broker.spec(tmp_path), tmp_path, station.path) as running:
            await until(lambda: "it refuses" in running.log.getvalue())
            station.say(event(1))
            await until(lambda: running.beside.waiting() == 1)
            await until(lambda: running.log.getvalue().count("it refuses") >= 1)
            assert running.beside.waiting() == 1

    try:
        play(tmp_path, body)
    finally:
        broker.kill()
