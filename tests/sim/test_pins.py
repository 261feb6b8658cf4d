"""Pins wired to contactors: closing and feeding back, ownership, death, pulses, dead-man."""

import os
import signal
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from gpiozero import DigitalInputDevice, GPIOPinInUse, OutputDevice

from headworks.hardware.switch import load_switch
from headworks.model.site import RackKind, RackSpec, SwitchSpec
from headworks.sim.pins import SimFactory, SimLostError
from headworks.sim.where import pin_socket
from sim import running, sites

ANY = "tcp://127.0.0.1:0"
HAT = load_switch("relay-hat-8")
A1, A2, DEADMAN = (HAT.outlets[n] for n in ("1", "2", "8"))
AUX1, AUX2, GRID_OK = (HAT.inputs[n] for n in ("in1", "in2", "in4"))


@pytest.fixture(name="sim")
def start(tmp_path):
    with running.InThread(sites.small(ANY), tmp_path) as started:
        yield started


@pytest.fixture(name="factory")
def connect(sim, tmp_path):
    with SimFactory(tmp_path / "pins.sock") as factory:
        yield factory


def relay(factory, pin, **more):
    return OutputDevice(pin, active_high=False, pin_factory=factory, **more)


def contact(factory, pin):
    return DigitalInputDevice(pin, pull_up=True, pin_factory=factory)


def rack(sim, place=0):
    return sim.simulator.world.state.racks[place]


def test_a_relay_closes_its_contactor_and_the_contact_shows_it(sim, factory):
    """Output on: contactor closes, power flows, both kinds of auxiliary contact show it."""
    with relay(factory, A1) as a1, contact(factory, AUX1) as aux:
        assert aux.value == 0
        a1.on()
        assert aux.wait_for_active(5)
        running.until_blocking(lambda: rack(sim).power_kw > 30)
        a1.off()
        assert aux.wait_for_inactive(5)
        assert rack(sim).power_kw == 0.0
    with relay(factory, A2) as a2, contact(factory, AUX2) as opens:  # feedback_closed = False
        assert opens.value == 1
        a2.on()
        assert opens.wait_for_inactive(5)


def test_no_edge_to_on_at_start_or_end(sim, factory):
    """Claiming and releasing an active-low relay never energises it, not for an instant."""
    told, tell = [], sim.simulator.world.tell
    sim.simulator.world.tell = lambda outlet, on, t_s: (told.append(on), tell(outlet, on, t_s))
    with relay(factory, A1):
        pass
    with relay(factory, A2):  # answered after everything above
        pass
    assert told
    assert not any(told)


def test_a_burst_of_writes_arrives_whole_and_in_order(sim, factory):
    """Thousands of writes faster than they are read are all done, the last one last."""
    told, tell = [], sim.simulator.world.tell
    with relay(factory, A1) as a1:
        sim.simulator.world.tell = lambda outlet, on, t_s: (told.append(on), tell(outlet, on, t_s))
        for count in range(4001):
            a1.value = count % 2 == 0
        a1.value = True  # said before: nothing to send
        running.until_blocking(lambda: len(told) >= 4001)
        assert told == [count % 2 == 0 for count in range(4001)]


def test_a_dry_contact_follows_its_fault(sim, factory):
    """A contact signal's input is closed until the fault contact-open."""
    with contact(factory, GRID_OK) as grid_ok:
        assert grid_ok.value == 1
        sim.fault("contact-open", "grid-ok")
        assert grid_ok.wait_for_inactive(5)
        sim.fault("contact-open", "grid-ok", clear=True)
        assert grid_ok.wait_for_active(5)


def test_lines_belong_to_one_process(sim, factory, tmp_path):
    """A second claim is refused and names who holds the line; the first goes on."""
    with relay(factory, A1) as a1, SimFactory(tmp_path / "pins.sock") as other:
        with pytest.raises(GPIOPinInUse, match=rf"GPIO{A1} is held by .*\({os.getpid()}\)"):
            relay(other, A1)
        a1.on()
        running.until_blocking(lambda: rack(sim).contactor.closed)
    with SimFactory(tmp_path / "pins.sock") as later, relay(later, A1) as free_again:
        assert free_again.value == 0


HOLDER = """
import sys
from gpiozero import OutputDevice
from headworks.sim.pins import SimFactory
relay = OutputDevice(int(sys.argv[2]), active_high=False, initial_value=True,
                     pin_factory=SimFactory(sys.argv[1]))
print("on", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("persist", [False, True])
def test_death_of_the_process(sim, tmp_path, persist):
    """SIGKILL drops the outputs; with persist-outputs they stay until that ends."""
    if persist:
        sim.fault("persist-outputs")
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "pins.sock"), str(A1)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"on\n"
        running.until_blocking(lambda: rack(sim).contactor.closed)
        holder.send_signal(signal.SIGKILL)
        holder.wait(5)
    if persist:
        with SimFactory(tmp_path / "pins.sock") as other:  # served after the death was seen
            other.pin(AUX1)
        assert rack(sim).contactor.closed
        sim.fault("persist-outputs", clear=True)
    running.until_blocking(lambda: not rack(sim).contactor.closed)


def test_without_a_simulator_nothing_is_known(tmp_path):
    """No simulator: no factory. It goes away: no level may be read or written any more."""
    with pytest.raises(SimLostError, match=r"no simulator at .*start `headworks sim serve`"):
        SimFactory(tmp_path / "pins.sock")
    with running.InThread(sites.small(ANY), tmp_path):
        factory = SimFactory(tmp_path / "pins.sock")
        output, inputs = factory.pin(A1), factory.pin(AUX1)
        output.output_with_state(1)
    running.until_blocking(lambda: factory.link.lost)
    for act in (lambda: output.state, lambda: inputs.state, lambda: setattr(output, "state", 0)):
        with pytest.raises(SimLostError, match="has gone"):
            act()
    factory.close()


def test_installed_under_its_name(monkeypatch, tmp_path):
    """gpiozero finds the factory by its entry point, and the environment names its socket."""
    (found,) = entry_points(group="gpiozero_pin_factories", name="headworks-sim")
    assert found.load() is SimFactory
    monkeypatch.setenv("HEADWORKS_SIM_PINS", str(tmp_path / "x.sock"))
    assert pin_socket() == tmp_path / "x.sock"


def test_bounce_hides_quick_edges(sim, factory):
    """Within the bounce time after an edge no further one is reported."""
    pin = factory.pin(GRID_OK)
    pin.input_with_pull("up")
    pin.bounce = 60.0
    seen = []

    def changed(_ticks, state):
        seen.append(int(state))

    pin.when_changed = changed
    for clear, level in ((False, 1), (True, 0), (False, 1)):
        sim.fault("contact-open", "grid-ok", clear=clear)
        running.until_blocking(lambda level=level: pin.state == level)
    assert seen == [1]


def test_pulsed_outlets_latch(tmp_path):
    """A pulse on the on pin latches an outlet, it stays when the process goes, a pulse opens it."""
    profile = load_switch("pdu-gpio-pulse-4")
    site = sites.site(
        [sites.meter("incomer", ANY)],
        [RackSpec("a1", RackKind.ASIC, 36.0, "tx1", "pdu.1")],
        switches=(SwitchSpec("pdu", profile.model),),
    )
    with running.InThread(site, tmp_path) as sim:

        def pulse(pin):
            high = profile.active_high
            with (
                SimFactory(tmp_path / "pins.sock") as factory,
                OutputDevice(pin, active_high=high, pin_factory=factory) as out,
            ):
                out.on()
                out.off()

        pulse(profile.outlets["1"])
        running.until_blocking(lambda: rack(sim).contactor.closed)
        pulse(profile.outlets["2"])
        assert rack(sim).contactor.closed
        pulse(profile.off_outlets["1"])
        running.until_blocking(lambda: not rack(sim).contactor.closed)


@pytest.mark.parametrize("stuck", [False, True])
def test_the_deadman_wants_toggling(tmp_path, stuck):
    """Without toggles the dead-man contactor takes all power; stuck, it does not."""
    site = sites.small(ANY, deadman="hat.8")
    with (
        running.InThread(site, tmp_path, deadman_s=0.4) as sim,
        SimFactory(tmp_path / "pins.sock") as factory,
    ):
        if stuck:
            sim.fault("deadman-stuck")
        with relay(factory, A1) as a1, relay(factory, DEADMAN) as deadman:
            a1.on()
            running.until_blocking(lambda: rack(sim).contactor.closed)
            assert stuck or rack(sim).power_kw == 0.0  # never toggled yet
            deadman.toggle()
            running.until_blocking(lambda: rack(sim).power_kw > 0)
            began = sim.simulator.clock()
            if stuck:
                running.until_blocking(lambda: sim.simulator.clock() > began + 0.8)
                assert rack(sim).power_kw > 0
            else:
                running.until_blocking(lambda: rack(sim).power_kw == 0.0)
                assert rack(sim).contactor.closed


@pytest.mark.parametrize("line", [b"nonsense\n", b"set 99 1\n", b"claim 5 maybe\n", b"x" * 5000])
def test_a_bad_client_is_hung_up_on(sim, factory, tmp_path, line):
    """Bytes that are not of the protocol end that connection and touch no other."""
    import socket

    with socket.socket(socket.AF_UNIX) as bad:
        bad.settimeout(5)
        bad.connect(str(tmp_path / "pins.sock"))
        bad.sendall(line)
        while True:
            try:
                if not bad.recv(4096):
                    break
            except ConnectionError:
                break
    with relay(factory, A1) as a1:
        a1.on()
        running.until_blocking(lambda: rack(sim).contactor.closed)
