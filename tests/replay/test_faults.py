"""Faults in a backtest: what each does to the demo's site, and which are refused with a reason."""

from importlib.resources import files

import numpy as np
import pytest

from headworks.model.site import Site
from headworks.replay.backtest import Backtest
from headworks.replay.fault_aims import CLOUD
from headworks.replay.faults import SUPPORTED, Injected, split_faults
from headworks.replay.plant import PlantOptions
from headworks.sim.faults.active import FaultError
from headworks.sim.faults.kinds import KINDS
from headworks.site import check
from replay.build import block, twelve

BEGIN, END, ROWS = 100.0, 140.0, 200


@pytest.fixture(scope="module")
def demo() -> Site:
    """The demo's site: three boards, the set of the container, contacts of its contactors."""
    site, problems = check(files("headworks.cli").joinpath("demo_site.toml").read_text())
    assert site is not None, problems
    return site


def played(site: Site, name: str, target: str = "") -> tuple[np.ndarray, set[str]]:
    """Racks on by row, and what was told by events from the fault's begin on."""
    run = Backtest(site, PlantOptions(5.0), [Injected(name, target, BEGIN, END)])
    found = run.play(block(np.full(ROWS, -400.0)))
    told = {str(event.reason.code) for event in found.events if event.t_s >= BEGIN}
    return found.on.sum(axis=0), told


OFF = [
    ("smoke", "safety", True),  # latched: only the button at the racks brings them back
    ("leak", "safety", False),
    ("hot-intake", "", True),
    ("sensor-absent", "air.intake_c", False),
    ("fan-stopped", "safety.fan1_percent", False),
]


@pytest.mark.parametrize(("name", "target", "latched"), OFF, ids=[row[0] for row in OFF])
def test_what_boards_see_takes_racks_off(demo, name, target, latched):
    """An interlock of the container acts in a backtest as on site, and its latch holds."""
    on, _ = played(demo, name, target)
    assert on[int(BEGIN) - 1] > 0
    assert on[int(END) - 1] < on[int(BEGIN) - 1]
    assert bool(on[-1] == on[int(END) - 1]) is latched


def test_a_door_warns_and_takes_nothing(demo):
    """An open door is told and leaves the racks on."""
    on, told = played(demo, "door", "safety")
    assert on[int(BEGIN) :].min() == on[int(BEGIN) - 1] > 0
    assert told


def test_a_stuck_auxiliary_contact_is_found(demo):
    """A contact that stays open while its rack is told on is a failure to close, told as such."""
    run = Backtest(demo, PlantOptions(5.0), [Injected("aux-stuck", "a1", 0.0, END)])
    events = run.play(block(np.full(20, -400.0))).events
    faults = {(event.source, str(event.reason.code)) for event in events if event.kind == "fault"}
    assert faults == {("a1", "fails-to-close")}


def test_every_fault_is_played_or_refused_with_a_reason(demo):
    """Each name of the catalogue is played, or refused in one line that says why and what plays it."""
    for name in KINDS:
        if name == CLOUD:
            continue
        try:
            Backtest(demo, faults=[Injected(name, "all")])
        except FaultError as error:
            said = str(error)
            assert "\n" not in said
            assert ("In a backtest there are: " in said) is (name not in SUPPORTED), said
            assert name in SUPPORTED or f"headworks sim fault {name}" in said


def test_what_would_change_nothing_is_refused():
    """A fault of which no interlock and no contact would tell is refused, not taken for harmless."""
    for name, target, text in (
        ("smoke", "all", "this site has no board with a smoke contact"),
        ("hot-intake", "", "no interlock of this site watches what it changes"),
        ("aux-stuck", "r1", "rack r1 has no `feedback` contact"),
    ):
        with pytest.raises(FaultError, match=text):
            Backtest(twelve(), faults=[Injected(name, target)])


def test_clouds_are_for_the_rows():
    """A cloud is split off with its share and times; one that takes more than all is refused."""
    meter, cloud = Injected("spike", "incomer"), Injected("cloud", "", 5.0, 9.0, 0.25)
    faults, clouds = split_faults([meter, cloud, Injected("cloud")])
    assert faults == [meter]
    assert [tuple(one) for one in clouds] == [(5.0, 9.0, 0.25), (0.0, float("inf"), 0.8)]
    with pytest.raises(FaultError, match="write the share that it takes"):
        split_faults([cloud._replace(value=1.5)])
