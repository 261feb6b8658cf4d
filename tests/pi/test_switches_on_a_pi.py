"""The switches on an emulated Raspberry Pi 3B: Debian's kernel, its real GPIO driver, lgpio.

Two boots side by side: one whose kernel lets outputs go when their process dies, one whose kernel
keeps them (`pinctrl_bcm2835.persist_gpio_outputs`). Row numbers are those of the fault catalogue.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from pi.image import CannotBuildError, image, missing
from pi.machine import boot

REQUIRED = os.environ.get("HEADWORKS_REQUIRE_ALL") == "1"
OUTLETS = ("5", "6", "13", "16", "19", "20", "21", "26")  # of relay-hat-8, active low
TRIALS = {
    "N": ["start_and_stop", "plain_gpiozero", "sigkill", "busy", "no_folder"],
    "Y": ["start_and_stop", "sigkill"],
}
ON, OFF = "out 0", "out 1"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def pi(tmp_path_factory):
    """What the trials of both boots found: results by persistence, then by trial."""
    try:
        reason = missing()
        made = None if reason else image()
    except CannotBuildError as error:
        reason, made = str(error), None
    if made is None:
        (pytest.fail if REQUIRED else pytest.skip)(f"no emulated Pi: {reason}")
    with ThreadPoolExecutor() as pool:
        boots = {
            persist: pool.submit(boot, made, tmp_path_factory.mktemp(persist), trials, persist)
            for persist, trials in TRIALS.items()
        }
        return {persist: one.result() for persist, one in boots.items()}


def test_every_trial_came_to_its_end(pi):
    """No part ended in a traceback: what is looked at below is what the driver did."""
    for persist, trials in TRIALS.items():
        assert list(pi[persist]) == trials
        for found in pi[persist].values():
            assert found.get("code", 0) == 0, found.get("error")


@pytest.mark.parametrize("persist", ["N", "Y"])
def test_no_edge_to_on_at_start(pi, persist):
    """Every outlet is claimed once, with its off level in the claim, and was never on (row 30)."""
    started = pi[persist]["start_and_stop"]["started"]
    claims = [call for call in started if str(call["pin"]) in OUTLETS]
    assert [str(call["pin"]) for call in claims] == list(OUTLETS)
    assert all(call["call"] == "gpio_claim_output" for call in claims)
    assert all(call["rest"] == [1] and call["then"] == OFF for call in claims)


def test_the_watching_sees_the_edge_that_gpiozero_makes(pi):
    """The same way of looking shows the blip of the library as it is, so it could show ours."""
    then = [call["then"] for call in pi["N"]["plain_gpiozero"]["calls"]]
    assert then[:3] == ["in", ON, OFF]


def test_a_command_reaches_the_pin_and_is_read_back_from_it(pi):
    """Outlet 1 on is GPIO 5 low, and the read-back agrees."""
    found = pi["N"]["start_and_stop"]
    assert (found["on"], found["readback"]) == (ON, True)


def test_the_dead_man_output_moves_with_each_call(pi):
    """Three calls, three edges."""
    assert pi["N"]["start_and_stop"]["deadman"] == [OFF, ON, OFF, ON]


@pytest.mark.parametrize(("persist", "after"), [("N", "in"), ("Y", OFF)])
def test_no_edge_to_on_at_exit(pi, persist, after):
    """A clean end drives every outlet off before it lets go; no claim and no on comes after."""
    found = pi[persist]["start_and_stop"]
    calls = [call for call in found["stopped"] if str(call["pin"]) in OUTLETS]
    assert {call["call"] for call in calls} == {"gpio_write"}
    assert {str(call["pin"]) for call in calls} == set(OUTLETS)
    last = {str(call["pin"]): call["then"] for call in calls}
    assert set(last.values()) == {OFF}
    assert set(found["after"].values()) == {after}


def test_sigkill_lets_the_outputs_go_where_the_kernel_does_not_keep_them(pi):
    """Racks that were on lose their drive within 0.5 s of SIGKILL (row 23)."""
    found = pi["N"]["sigkill"]
    assert [found["before"][pin] for pin in OUTLETS[:3]] == [ON, ON, OFF]
    assert set(found["after"].values()) == {"in"}
    assert found["took_s"] < 0.5


def test_sigkill_leaves_racks_on_where_the_kernel_keeps_outputs(pi):
    """This is why doctor asks for the setting and why a dead-man contactor belongs in series."""
    found = pi["Y"]["sigkill"]
    assert [found["after"][pin] for pin in OUTLETS[:3]] == [ON, ON, OFF]


def test_a_line_of_another_program_is_refused_with_its_name(pi):
    """Start fails naming GPIO, use and consumer; the lines claimed before it are free again (row 25)."""
    found = pi["N"]["busy"]
    assert found["refused"].startswith("switch hat: GPIO 13 (outlet 3) is held by 'relayd'; stop")
    assert found["after"]["5"] == found["after"]["6"] == "in"


def test_a_folder_that_cannot_be_written_is_named(pi):
    """lgpio wants a FIFO: where it cannot have one, the error says where and what to set."""
    refused = pi["N"]["no_folder"]["refused"]
    assert "/proc/headworks" in refused
    assert "HEADWORKS_RUNTIME" in refused
