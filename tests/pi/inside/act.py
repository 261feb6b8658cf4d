"""The parts that are played on the emulated Pi with the real driver; prints one JSON line."""

import asyncio
import json

import kernel
from trial_site import one_board

CALLS: list[dict[str, object]] = []
WATCHED = ("gpio_claim_output", "gpio_claim_input", "gpio_write", "gpio_free")


def watch_lgpio() -> None:
    """Note each call into lgpio, and right after it what the kernel says of that line."""
    from headworks.field.switches.factory import _working_directory
    from headworks.paths import runtime_dir

    with _working_directory(runtime_dir()):
        import lgpio
    for name in WATCHED:
        setattr(lgpio, name, noted(name, getattr(lgpio, name)))


def noted(name, call):
    """The same call, written down."""

    def wrapper(handle, pin, *rest):
        result = call(handle, pin, *rest)
        CALLS.append({"call": name, "pin": pin, "rest": list(rest), "then": kernel.level(pin)})
        return result

    return wrapper


def show(**found: object) -> None:
    """The result of this part."""
    print(json.dumps(found), flush=True)


async def start_and_stop() -> None:
    """Start, one outlet on and off, dead-man three times, stop; all calls and levels."""
    from headworks.field.switches import Switches

    watch_lgpio()
    switches = Switches(one_board(), lambda: None)
    await switches.start()
    started = list(CALLS)
    deadman = [kernel.level(26)]
    switches.command("hat.1", True)
    on = kernel.level(5)
    seen = switches.feedback()["a1"].readback
    for _ in range(3):
        switches.toggle_deadman()
        deadman.append(kernel.level(26))
    CALLS.clear()
    await switches.stop()
    show(started=started, on=on, readback=seen, deadman=deadman, stopped=CALLS)


async def plain_gpiozero() -> None:
    """The same claim through gpiozero as it is: what the watching must be able to see."""
    watch_lgpio()
    from gpiozero import OutputDevice
    from gpiozero.pins.lgpio import LGPIOFactory

    OutputDevice(5, active_high=False, initial_value=False, pin_factory=LGPIOFactory(chip=0))
    show(calls=CALLS)


async def hold() -> None:
    """Two racks on, until the process is killed."""
    from headworks.field.switches import Switches

    switches = Switches(one_board(), lambda: None)
    await switches.start()
    switches.command("hat.1", True)
    switches.command("hat.2", True)
    show(holding=True)
    await asyncio.sleep(60)


async def busy() -> None:
    """Another program has GPIO 13."""
    from headworks.field.switches import SwitchError, Switches

    kernel.hold(13, "relayd")
    try:
        await Switches(one_board(), lambda: None).start()
    except SwitchError as error:
        show(refused=str(error))


async def no_folder() -> None:
    """lgpio cannot make its FIFO."""
    import os

    from headworks.field.switches import SwitchError, Switches

    os.environ["HEADWORKS_RUNTIME"] = "/proc/headworks"
    try:
        await Switches(one_board(), lambda: None).start()
    except SwitchError as error:
        show(refused=str(error))
