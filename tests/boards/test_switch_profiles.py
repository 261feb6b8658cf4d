"""Every file of boards/switch keeps its promises, and broken ones are refused with a way out."""

import pytest
import tomli

from headworks.hardware.files import HardwareError, models
from headworks.hardware.switch import FAMILIES, load_switch, parse

MODELS = sorted(models("switch"))
ACTIVE_HIGH = [m for m in MODELS if load_switch(m).pins() and load_switch(m).active_high]
BOOT_PULL_UP = range(9)  # GPIO 0 to 8 are pulled up at reset (BCM2835 ARM Peripherals, table 6-31)


def test_there_are_boards_of_every_family():
    """No family is without a board that shows how to write one."""
    assert {load_switch(model).family for model in MODELS} == set(FAMILIES)


@pytest.mark.parametrize("model", MODELS)
def test_the_file_loads(model):
    """It is found without a list, has outlets from 1 on, and inputs named in1 and on."""
    profile = load_switch(model)
    assert profile.model == model
    assert list(profile.outlets) == [str(n + 1) for n in range(len(profile.outlets))]
    assert list(profile.inputs) == [f"in{n + 1}" for n in range(len(profile.inputs))]


@pytest.mark.parametrize("model", MODELS)
def test_every_statement_has_a_source_and_a_confidence(model):
    """No key of the file is without a fact behind it, and no fact speaks of a key that is not there."""
    data = tomli.loads(models("switch")[model].read_text())
    stated = set(data) - {"fact"}
    told = {key for fact in data["fact"] for key in fact["about"]}
    assert stated <= told, f"no source for {sorted(stated - told)}"
    assert told <= stated, f"sources for keys that are not there: {sorted(told - stated)}"
    assert all(len(fact["source"]) > 20 for fact in data["fact"])


@pytest.mark.parametrize("model", MODELS)
def test_pins_are_free_of_what_the_pi_needs(model):
    """Neither the HAT's identity bus (0, 1), nor I2C (2, 3), nor the console (14, 15)."""
    assert not set(load_switch(model).pins()) & {0, 1, 2, 3, 14, 15}


@pytest.mark.parametrize("model", ACTIVE_HIGH)
def test_an_active_high_outlet_is_not_pulled_up_while_the_pi_boots(model):
    """Such a pin would be half on before any program runs."""
    profile = load_switch(model)
    for pin in (*profile.outlets.values(), *profile.off_outlets.values()):
        assert pin not in BOOT_PULL_UP


@pytest.mark.parametrize("model", MODELS)
def test_what_stays_on_without_us_says_so(model):
    """Pulse-driven devices always, coil boards unless a watchdog of theirs is documented."""
    profile = load_switch(model)
    documented = {
        key for fact in profile.provenance if fact.confidence == "documented" for key in fact.about
    }
    if profile.family == "gpio-pulse":
        assert profile.latching
    if profile.family == "coil" and not profile.latching:
        assert "latching" in documented
        assert "watchdog" in profile.notes


def test_a_model_that_is_not_there_names_those_that_are():
    """The error helps to write the right name."""
    with pytest.raises(HardwareError, match=r"no switch model 'hat'; known: .*relay-hat-8"):
        load_switch("hat")


GOOD = """
name = "x"
family = "gpio"
latching = false
[outlets]
1 = 5
2 = 6
[inputs]
in1 = 17
[[fact]]
about = ["name"]
source = "somewhere"
confidence = "ours"
"""

BROKEN = [
    ('name = "x"\n', "", "name is missing"),
    ("latching = false", 'latching = "no"', "latching = 'no' has the wrong type"),
    ("latching", "latches = true\nlatching", "unknown key 'latches'"),
    ('"gpio"', '"relay"', "family = 'relay'; write one of gpio, gpio-pulse, coil"),
    ("latching", 'pull = "high"\nlatching', "pull = 'high'; write one of up, down, none"),
    ("1 = 5\n2 = 6\n", "", "name at least outlet 1"),
    ("2 = 6", "3 = 6", r"\[outlets\] must name 1, 2 in this order"),
    ("in1 = 17", "1 = 17", r"\[inputs\] must name in1 in this order"),
    ("2 = 6", "2 = 28", r"\[outlets\] 2 = 28; write a number from 0 to 27"),
    ("2 = 6", '2 = "6"', r"\[outlets\] 2 = '6'; write a number"),
    ("2 = 6", "2 = true", r"\[outlets\] 2 = True; write a number"),
    ("2 = 6", "2 = 17", "GPIO 17 is both outlet 2 and input in1"),
    ("2 = 6", "2 = 5", "GPIO 5 is both outlet 1 and outlet 2"),
    ('"gpio"', '"gpio-pulse"', r"\[off_outlets\] must give the off pin of every outlet"),
    ("[inputs]", "[off_outlets]\n1 = 7\n2 = 8\n[inputs]", "belongs to the family gpio-pulse only"),
    ("latching", "debounce_s = 2\nlatching", "debounce_s must lie between 0.0 and 1.0 s"),
    ("latching", "debounce_s = true\nlatching", "debounce_s = True has the wrong type"),
    ("latching", "input_function = 3\nlatching", "input_function must be 1"),
    ('"ours"', '"sure"', "confidence = 'sure'; write one of documented"),
    ('source = "somewhere"\n', "", "has exactly about, source and confidence"),
]


@pytest.mark.parametrize(("old", "new", "text"), BROKEN, ids=[row[2][:30] for row in BROKEN])
def test_a_broken_file_is_refused_with_what_to_write(old, new, text):
    """Each mistake has its own plain sentence."""
    assert old in GOOD
    with pytest.raises(ValueError, match=text):
        parse("x", tomli.loads(GOOD.replace(old, new, 1)))


def test_a_pulse_device_cannot_claim_to_drop():
    """It keeps its state by nature, so the file may not say otherwise."""
    text = GOOD.replace('"gpio"', '"gpio-pulse"').replace(
        "[inputs]", "[off_outlets]\n1 = 7\n2 = 8\n[inputs]"
    )
    with pytest.raises(ValueError, match="a pulse-driven device stays on"):
        parse("x", tomli.loads(text))


def test_coils_with_a_gap_are_refused():
    """They are written in one request, which would touch the coils between."""
    text = GOOD.replace('"gpio"', '"coil"').replace("2 = 6", "2 = 8")
    with pytest.raises(ValueError, match="must follow each other"):
        parse("x", tomli.loads(text))


def test_the_pins_of_a_board_are_told_with_their_use():
    """The site's check finds two boards on one pin by this."""
    pins = load_switch("pdu-gpio-pulse-4").pins()
    assert pins[16] == "outlet 1"
    assert pins[20] == "outlet 1 off"
    assert pins[24] == "input in1"
    assert load_switch("coil-8").pins() == {}
