"""Leases, latches and local rules."""

from firmware.units.fakes import WRAP, Contact, Latches, Pin
from headworks_fw.outputs import Outputs, Refused


def _outputs(active_high=1, latches=None):
    pins = []

    def make_pin(number, level):
        pins.append(Pin(number, level))
        return pins[-1]

    entry = {"name": "permit", "pin": 15, "active_high": active_high, "max_ms": 5000}
    entry["trips"] = ["smoke", "leak"]
    outputs = Outputs([entry], make_pin, latches or Latches())
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
    assert outputs.named("permit").latched == ["leak", "smoke"]


def test_an_arm_that_names_one_of_two_leaves_the_other():
    """Smoke and then a leak: whoever was shown the smoke has not looked for the leak."""
    latches = Latches()
    outputs, _ = _outputs(latches=latches)
    for active in (1, 0):
        for name in ("smoke", "leak"):
            outputs.contacts[name].active = active
            outputs.check(active)
    assert latches.kept == {"permit": ["smoke", "leak"]}
    outputs.arm("permit", "smoke")
    assert outputs.state() == {"permit": [0, "leak"]}
    assert latches.kept == {"permit": ["leak"]}
    assert _code(outputs.arm, "permit", "smoke") == "latched"
    again, _ = _outputs(latches=latches)
    again.restore(0)
    assert again.state() == {"permit": [0, "leak"]}
    again.arm("permit", "leak")
    assert again.state() == {"permit": [0, ""]}
    assert latches.kept == {}


def test_a_contact_that_is_active_keeps_the_output_off():
    """A command in the very pass in which the contact closed is refused."""
    outputs, pin = _outputs()
    outputs.contacts["smoke"].active = 1
    assert _code(outputs.command, "permit", 1, 400, 0) == "latched"
    assert pin.levels[-1] == 0
    assert 1 not in pin.levels


def test_an_arm_clears_the_latch_that_it_names_and_no_other():
    """A lease ended and smoke came after it: who means the lease does not clear the smoke."""
    outputs, _ = _outputs()
    outputs.command("permit", 1, 400, 0)
    outputs.check(400)
    outputs.contacts["smoke"].active = 1
    outputs.check(401)
    outputs.contacts["smoke"].active = 0
    for named in ("lease", "leak", "", 7):
        assert _code(outputs.arm, "permit", named) == "latched"
    assert outputs.state() == {"permit": [0, "smoke"]}
    outputs.arm("permit", "smoke")
    assert outputs.state() == {"permit": [0, ""]}
    outputs.arm("permit", "lease")


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
    outputs = Outputs([entry], Pin, Latches())
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
    outputs = Outputs([entry], Pin, Latches())
    outputs.log = lambda text: None
    outputs.contacts = {"smoke": Contact("smoke", 1), "button": Contact("button", 1)}
    outputs.check(0)
    outputs.contacts["smoke"].active = 0
    outputs.check(1)
    assert outputs.all[0].latch == "smoke"


def test_a_trip_is_kept_over_a_restart_until_it_is_armed():
    """Off goes before the writing; a restart finds it latched, and arming removes it for good."""
    latches = Latches()
    outputs, pin = _outputs(latches=latches)
    outputs.restore(0)
    outputs.command("permit", 1, 400, 0)
    levels, save = [], latches.save

    def watched(causes):
        levels.append(pin.value())
        return save(causes)

    latches.save = watched
    outputs.contacts["smoke"].active = 1
    outputs.check(1)
    assert (latches.kept, levels) == ({"permit": ["smoke"]}, [0])
    again, pin = _outputs(latches=latches)
    again.restore(0)
    assert again.state() == {"permit": [0, "smoke"]}
    assert _code(again.command, "permit", 1, 400, 0) == "latched"
    assert 1 not in pin.levels
    again.arm("permit")
    last, _ = _outputs(latches=latches)
    last.restore(0)
    assert last.state() == {"permit": [0, ""]}


def test_the_end_of_a_lease_is_not_kept():
    """The host arms it by itself, and a restart ends it; no flash is worn by a cable."""
    latches = Latches()
    outputs, _ = _outputs(latches=latches)
    outputs.command("permit", 1, 400, 0)
    outputs.check(400)
    outputs.arm("permit")
    assert latches.writes == 0


def test_contacts_that_flap_are_written_once_each():
    """The file is written at the edge to latched and when it is armed, and never in between."""
    latches = Latches()
    outputs, _ = _outputs(latches=latches)
    for now in range(1000):
        outputs.contacts["smoke"].active = now & 1
        outputs.contacts["leak"].active = now & 2
        outputs.check(now)
    assert latches.writes == 2
    outputs.contacts["smoke"].active = outputs.contacts["leak"].active = 0
    outputs.arm("permit")
    outputs.arm("permit")
    assert latches.writes == 3


def test_what_is_kept_and_cannot_be_understood_latches():
    """A broken file, an output or a contact that is none any more: latched by `flash`, and told."""
    for latches in (
        Latches(is_broken=True),
        Latches({"heater": ["smoke"]}),
        Latches({"permit": ["wind"]}),
    ):
        outputs, _ = _outputs(latches=latches)
        told = []
        outputs.log = told.append
        outputs.restore(0)
        assert outputs.state() == {"permit": [0, "flash"]}
        assert told
        assert latches.kept == {"permit": ["flash"]}
        outputs.arm("permit")
        assert latches.kept == {}


def test_a_flash_that_cannot_be_written_leads_to_the_safe_side():
    """A trip is told and tried again each minute; arming is refused; a start latches."""
    latches = Latches()
    outputs, _ = _outputs(latches=latches)
    told = []
    outputs.log = told.append
    outputs.contacts["smoke"].active = 1
    latches.refuses = True
    for now in range(0, 119000, 500):
        outputs.check(now)
    refusals = [text for text in told if "refuses" in text]
    assert len(refusals) == 2
    latches.refuses = False
    outputs.check(120000)
    assert latches.kept == {"permit": ["smoke"]}
    outputs.contacts["smoke"].active = 0
    latches.refuses = True
    assert _code(outputs.arm, "permit") == "busy"
    assert outputs.state() == {"permit": [0, "smoke"]}
    fresh = Latches()
    fresh.refuses = True
    outputs, _ = _outputs(latches=fresh)
    outputs.restore(0)
    assert outputs.state() == {"permit": [0, "flash"]}


def test_a_button_that_the_flash_refuses_arms_nothing():
    """It is told in the log, and the latch stays."""
    entry = {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000}
    entry.update({"trips": ["smoke"], "reset": "button"})
    latches, told = Latches({"permit": ["smoke"]}), []
    outputs = Outputs([entry], Pin, latches)
    outputs.log = told.append
    outputs.contacts = {"smoke": Contact("smoke"), "button": Contact("button")}
    outputs.restore(0)
    outputs.check(0)
    latches.refuses = True
    outputs.contacts["button"].active = 1
    outputs.check(1)
    assert "stays latched" in told[-1]
    assert outputs.all[0].latch == "smoke"


def test_locked_outputs_show_what_is_kept_and_touch_no_file():
    """As in safe mode, where no contact trips anything."""
    latches = Latches({"permit": ["smoke"]})
    entry = {"name": "permit", "pin": 15, "active_high": 1, "max_ms": 5000}
    entry.update({"trips": [], "causes": ["smoke"]})
    outputs = Outputs([entry], Pin, latches)
    outputs.log = lambda text: None
    outputs.locked = "safe mode"
    outputs.restore(0)
    outputs.check(0)
    assert outputs.state() == {"permit": [0, "smoke"]}
    assert _code(outputs.arm, "permit") == "busy"
    assert (latches.kept, latches.writes) == ({"permit": ["smoke"]}, 0)
