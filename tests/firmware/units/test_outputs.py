"""Leases, latches and local rules."""

from firmware.units.fakes import WRAP, Contact, Pin
from headworks_fw.outputs import Outputs, Refused


def _outputs(active_high=1):
    pins = []

    def make_pin(number, level):
        pins.append(Pin(number, level))
        return pins[-1]

    entry = {"name": "permit", "pin": 15, "active_high": active_high, "max_ms": 5000}
    entry["trips"] = ["smoke", "leak"]
    outputs = Outputs([entry], make_pin)
    outputs.log = lambda text: None
    outputs.contacts = {"smoke": Contact("smoke"), "leak": Contact("leak")}
    return outputs, pins[0]


def _code(work, *args):
    try:
        work(*args)
    except Refused as refused:
        return refused.code
    return None


def test_an_output_is_off_from_its_first_moment():
    """The pin becomes an output with the level that means off, whichever that is."""
    assert _outputs(1)[1].levels == [0]
    assert _outputs(0)[1].levels == [1]


def test_a_lease_ends_and_latches():
    """On until the lease ends, then off and latched until armed."""
    outputs, pin = _outputs()
    outputs.command("permit", 1, 400, 1000)
    outputs.check(1399)
    assert pin.value() == 1
    outputs.check(1400)
    assert pin.value() == 0
    assert outputs.state() == {"permit": [0, "lease"]}
    assert _code(outputs.command, "permit", 1, 400, 1500) == "latched"
    outputs.arm("permit")
    outputs.command("permit", 1, 400, 1500)
    assert pin.value() == 1


def test_a_renewed_lease_lasts_across_the_wrap():
    """Renewing moves the end, and the wrap of the clock is no end."""
    outputs, pin = _outputs()
    outputs.command("permit", 1, 400, WRAP - 200)
    outputs.command("permit", 1, 400, WRAP - 100)
    outputs.check(299)
    assert pin.value() == 1
    outputs.check(300)
    assert pin.value() == 0


def test_an_active_low_output_is_driven_low():
    """On is the level that the configuration says."""
    outputs, pin = _outputs(0)
    outputs.command("permit", 1, 400, 0)
    assert pin.value() == 0
    outputs.off()
    assert pin.value() == 1


def test_a_contact_opens_and_latches():
    """A local rule acts at once, names its contact, and is armed only when that is at rest."""
    outputs, pin = _outputs()
    outputs.command("permit", 1, 400, 0)
    outputs.contacts["smoke"].active = 1
    outputs.check(1)
    assert pin.value() == 0
    assert outputs.state() == {"permit": [0, "smoke"]}
    assert _code(outputs.arm, "permit") == "unarmed-cause"
    outputs.contacts["smoke"].active = 0
    outputs.check(2)
    assert outputs.state() == {"permit": [0, "smoke"]}
    outputs.arm("permit")
    assert outputs.state() == {"permit": [0, ""]}


def test_the_first_contact_stays_named_and_outranks_the_lease():
    """A person sees what came first; a contact replaces a mere lease."""
    outputs, _ = _outputs()
    outputs.command("permit", 1, 400, 0)
    outputs.check(400)
    outputs.contacts["leak"].active = 1
    outputs.check(401)
    outputs.contacts["smoke"].active = 1
    outputs.check(402)
    assert outputs.state() == {"permit": [0, "leak"]}


def test_a_contact_that_is_active_keeps_the_output_off():
    """A command in the very pass in which the contact closed is refused."""
    outputs, pin = _outputs()
    outputs.contacts["smoke"].active = 1
    assert _code(outputs.command, "permit", 1, 400, 0) == "latched"
    assert pin.levels[-1] == 0
    assert 1 not in pin.levels


def test_nonsense_is_refused_with_its_code():
    """Each wrong command has its own code, and moves nothing."""
    outputs, pin = _outputs()
    assert _code(outputs.command, "heater", 1, 400, 0) == "unknown"
    assert _code(outputs.command, "permit", 2, 400, 0) == "form"
    assert _code(outputs.command, "permit", 1, "400", 0) == "form"
    assert _code(outputs.command, "permit", 1, 5001, 0) == "range"
    assert _code(outputs.command, "permit", 1, 0, 0) == "range"
    assert 1 not in pin.levels


def test_locked_outputs_stay_off():
    """Before a restart and in safe mode nothing is switched on or armed; off is still taken."""
    outputs, pin = _outputs()
    outputs.locked = "about to restart"
    assert _code(outputs.command, "permit", 1, 400, 0) == "busy"
    assert _code(outputs.arm, "permit") == "busy"
    assert _code(outputs.command, "permit", 0, 0, 0) is None
    assert 1 not in pin.levels


def test_a_button_clears_a_trip_once_its_cause_is_over():
    """Pressed while there is smoke, or held since then, it clears nothing; pressed afterwards it does."""
    entry = {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000}
    entry.update({"trips": ["smoke"], "reset": "button"})
    outputs = Outputs([entry], Pin)
    outputs.log = lambda text: None
    smoke, button = Contact("smoke"), Contact("button")
    outputs.contacts = {"smoke": smoke, "button": button}
    latches = []
    for smoke.active, button.active in ((1, 0), (1, 1), (0, 1), (0, 0), (0, 1), (0, 0)):
        outputs.check(0)
        latches.append(outputs.all[0].latch)
    assert latches == ["smoke", "smoke", "smoke", "smoke", "", ""]
    assert outputs.all[0].on == 0


def test_a_button_held_at_the_start_is_no_press():
    """A stuck button arms nothing, ever."""
    entry = {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000}
    entry.update({"trips": ["smoke"], "reset": "button"})
    outputs = Outputs([entry], Pin)
    outputs.log = lambda text: None
    outputs.contacts = {"smoke": Contact("smoke", 1), "button": Contact("button", 1)}
    outputs.check(0)
    outputs.contacts["smoke"].active = 0
    outputs.check(1)
    assert outputs.all[0].latch == "smoke"
