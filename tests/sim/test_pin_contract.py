"""gpiozero's rules of a pin, the same tests against gpiozero's own mock and the simulator's."""

import threading
from types import SimpleNamespace

import pytest
from gpiozero import DigitalInputDevice, GPIOPinInUse, OutputDevice
from gpiozero.exc import (
    PinFixedPull,
    PinInvalidFunction,
    PinInvalidPin,
    PinInvalidPull,
    PinPWMUnsupported,
    PinSetInput,
)
from gpiozero.pins.mock import MockFactory

from headworks.sim.pins import SimFactory
from sim import running, sites

FREE_INPUT = 18  # hat.in8, which only the fault input-active drives
OUTPUT = 26  # hat.8


@pytest.fixture(scope="module", name="simulator")
def start_simulator(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sim")
    with running.InThread(sites.small("tcp://127.0.0.1:0"), folder) as started:
        yield SimpleNamespace(path=folder / "pins.sock", fault=started.fault)


@pytest.fixture(name="bench", params=["mock", "sim"])
def make_bench(request, simulator):
    """A factory, and a way to drive the free input from outside."""
    if request.param == "mock":
        factory = MockFactory()

        def drive(level):
            pin = factory.pin(FREE_INPUT)
            (pin.drive_high if level else pin.drive_low)()

        yield SimpleNamespace(factory=factory, drive=drive, same_thread=True)
        factory.close()
        return
    factory = SimFactory(simulator.path)
    yield SimpleNamespace(
        factory=factory,
        drive=lambda level: simulator.fault("input-active", "hat.in8", clear=level),
        same_thread=False,
    )
    factory.close()
    simulator.fault("input-active", "hat.in8", clear=True)


def test_one_object_per_line(bench):
    """The same line is the same object under each of its names; another line is another."""
    pin = bench.factory.pin(4)
    assert pin is bench.factory.pin("GPIO4") is bench.factory.pin("BOARD7")
    assert pin is not bench.factory.pin(5)
    assert repr(pin) == "GPIO4"


@pytest.mark.parametrize("name", [60, "GPIO99", "BOARD1"])
def test_what_is_no_gpio_is_refused(bench, name):
    """A name that is no GPIO line raises PinInvalidPin."""
    with pytest.raises(PinInvalidPin):
        bench.factory.pin(name)


def test_defaults(bench):
    """A new pin is a floating input at 0 that watches both edges for nobody."""
    pin = bench.factory.pin(4)
    assert (pin.function, pin.pull, pin.state, pin.edges) == ("input", "floating", 0, "both")
    assert (pin.bounce, pin.frequency, pin.when_changed) == (None, None, None)


def test_a_fixed_pull_stays(bench):
    """GPIO2 has a pull-up resistor on the board, which software cannot change."""
    pin = bench.factory.pin(2)
    assert (pin.pull, pin.state) == ("up", 1)
    with pytest.raises(PinFixedPull):
        pin.pull = "floating"
    assert pin.pull == "up"


def test_pulls_decide_an_undriven_input(bench):
    """An input that nothing drives follows its pull; only known pulls are taken."""
    pin = bench.factory.pin(4)
    for pull, level in (("up", 1), ("down", 0), ("up", 1)):
        pin.pull = pull
        assert (pin.pull, pin.state) == (pull, level)
    with pytest.raises(PinInvalidPull):
        pin.pull = "sideways"
    pin.input_with_pull("down")
    assert (pin.function, pin.state) == ("input", 0)


def test_outputs(bench):
    """An output takes levels, reads them back, and has no pull."""
    pin = bench.factory.pin(OUTPUT)
    with pytest.raises(PinSetInput):
        pin.state = 1
    pin.function = "output"
    assert (pin.function, pin.state) == ("output", 0)
    for wanted, level in ((1, 1), (0, 0), (0.5, 1), (False, 0), (True, 1)):
        pin.state = wanted
        assert pin.state == level
    with pytest.raises(PinFixedPull):
        pin.pull = "up"
    pin.function = "input"
    with pytest.raises(PinSetInput):
        pin.state = 0


@pytest.mark.parametrize("level", [0, 1])
def test_an_output_starts_at_its_level(bench, level):
    """output_with_state makes an output that is at this level."""
    pin = bench.factory.pin(OUTPUT)
    pin.output_with_state(level)
    assert (pin.function, pin.state) == ("output", level)


def test_unknown_functions_and_pwm_are_refused(bench):
    """Neither an alternate function nor PWM can be had."""
    pin = bench.factory.pin(OUTPUT)
    with pytest.raises(PinInvalidFunction):
        pin.function = "i2c"
    pin.frequency = None
    with pytest.raises(PinPWMUnsupported):
        pin.frequency = 100


def test_closing_makes_an_input(bench):
    """A closed pin drives nothing any more."""
    pin = bench.factory.pin(OUTPUT)
    pin.output_with_state(1)
    pin.close()
    assert pin.function == "input"
    assert pin.when_changed is None


@pytest.mark.parametrize(
    ("edges", "expected"),
    [("both", [0, 1, 0]), ("falling", [0, 0]), ("rising", [1]), ("none", [])],
)
def test_edges(bench, edges, expected):
    """when_changed hears of the chosen edges, once each and in order, with the new level."""
    pin = bench.factory.pin(FREE_INPUT)
    pin.input_with_pull("up")
    bench.drive(1)
    seen, last = [], threading.Event()

    def changed(_ticks, state):
        seen.append(int(state))

    pin.edges = edges
    assert pin.edges == edges
    pin.when_changed = changed
    for level in (0, 1, 0):
        bench.drive(level)
        running.until_blocking(lambda level=level: pin.state == level)
    running.until_blocking(lambda: len(seen) >= len(expected))
    assert not last.is_set()
    assert seen == expected


def test_nobody_is_called_after_the_end(bench):
    """Without when_changed an edge calls nobody."""
    pin = bench.factory.pin(FREE_INPUT)
    pin.input_with_pull("up")
    bench.drive(1)
    seen = []

    def changed(_ticks, state):
        seen.append(state)

    pin.when_changed = changed
    pin.when_changed = None
    bench.drive(0)
    running.until_blocking(lambda: pin.state == 0)
    assert seen == []


def test_reservations(bench):
    """A line belongs to one device; after its close another may have it."""
    with (
        OutputDevice(OUTPUT, pin_factory=bench.factory),
        pytest.raises(GPIOPinInUse),
    ):
        OutputDevice(f"GPIO{OUTPUT}", pin_factory=bench.factory)
    with OutputDevice(OUTPUT, pin_factory=bench.factory) as again:
        again.on()
        assert again.value == 1


@pytest.mark.parametrize("active_high", [True, False])
def test_output_devices(bench, active_high):
    """gpiozero's OutputDevice turns on and off at the right levels."""
    with OutputDevice(OUTPUT, active_high=active_high, pin_factory=bench.factory) as device:
        assert (device.value, device.pin.state) == (0, not active_high)
        device.on()
        assert (device.value, device.pin.state) == (1, active_high)
        device.toggle()
        assert (device.value, device.pin.state) == (0, not active_high)


def test_input_devices(bench):
    """gpiozero's DigitalInputDevice calls back on activation and deactivation."""
    with DigitalInputDevice(FREE_INPUT, pull_up=True, pin_factory=bench.factory) as device:
        on, off = threading.Event(), threading.Event()
        device.when_activated, device.when_deactivated = on.set, off.set
        bench.drive(0)
        assert on.wait(5)
        assert device.value == 1
        bench.drive(1)
        assert off.wait(5)
        assert device.value == 0
