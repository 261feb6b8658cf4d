"""Every file of boards/interlock keeps its promises, and broken ones are refused with a way out."""

from typing import Any

import pytest
import tomli

from headworks.hardware.files import HardwareError, models
from headworks.site.sets import load_set, parse

SETS = sorted(models("interlock"))
FACT = {"about": ["name"], "source": "x", "confidence": "ours"}


@pytest.mark.parametrize("name", SETS)
def test_the_file_loads(name):
    """It is found without a list, and no two of its entries have one name."""
    found = load_set(name)
    assert found.name == name
    assert len({rule.name for rule in found.rules}) == len(found.rules) > 0


@pytest.mark.parametrize("name", SETS)
def test_every_statement_has_a_source_and_a_confidence(name):
    """No key of the file is without a fact behind it, and no fact speaks of a key that is not there."""
    data = tomli.loads(models("interlock")[name].read_text())
    stated = set(data) - {"fact"}
    assert {key for fact in data["fact"] for key in fact["about"]} == stated
    assert all(len(fact["source"]) > 20 for fact in data["fact"])


def test_what_is_unknown_is_unsafe_in_the_container():
    """Smoke and leak trip; a door never does, so that an unknown one only warns."""
    actions = {rule.name: rule.action for rule in load_set("container").rules}
    assert actions["smoke"] == actions["leak"] == "trip"
    assert actions["door"] == "warn"


def entry(**changes: Any) -> dict[str, Any]:
    """A good entry with changes; None takes a key away."""
    base = {"name": "hot", "channel": "intake_c", "above": 40, "shed": "zone", **changes}
    return {key: value for key, value in base.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel": None}, "channel is missing"),
        ({"tripp": "all"}, "unknown key 'tripp'"),
        ({"shed": None}, "has none of warn, block, shed, trip; write one"),
        ({"trip": "all"}, "has shed and trip of warn, block, shed, trip; write one"),
        ({"shed": "a1"}, "shed = 'a1'; write one of zone, all"),
        ({"above": None}, "has none of above, below, active; write one"),
        ({"below": 3}, "has above and below of above, below, active; write one"),
        ({"above": None, "active": True, "hysteresis": 1}, "hysteresis belongs to above or below"),
        ({"delay_s": -1}, "delay_s = -1; write 0 to 3600"),
        ({"hysteresis": 1e9}, "hysteresis = 1000000000.0; write 0 to 3600"),
        ({"reset": "local"}, "write latch = true"),
        ({"reset": "person", "latch": True}, "reset = 'person'; write one of local"),
        ({"above": "40"}, "above = '40' has the wrong type"),
    ],
)
def test_a_broken_entry_is_named(changes, words):
    """The entry, the key and what to write instead are in one line."""
    data = {"name": "x", "interlock": [entry(**changes)], "fact": [FACT]}
    with pytest.raises(ValueError, match="interlock 'hot': ") as told:
        parse("x", data)
    assert words in str(told.value)


def test_two_entries_of_one_name_are_refused():
    """A site file could replace only one of them."""
    with pytest.raises(ValueError, match="'hot' is there twice"):
        parse("x", {"name": "x", "interlock": [entry(), entry()], "fact": [FACT]})


def test_the_file_is_named(tmp_path, monkeypatch):
    """A mistake comes with the file that has it."""
    path = tmp_path / "bad.toml"
    path.write_text('name = "x"\ninterlock = []\n')
    monkeypatch.setattr("headworks.hardware.files.models", lambda _: {"bad": path})
    with pytest.raises(HardwareError, match=r"boards/interlock/bad.toml: fact is missing"):
        load_set("bad")
