"""Sites for the simulator's tests, built in Python so that no other part is needed."""

import socket

from headworks.model.site import (
    ContactSignal,
    Control,
    ExportSignal,
    FeederSpec,
    GpioSpec,
    MeterSpec,
    RackKind,
    RackSpec,
    Sign,
    Site,
    SwitchSpec,
)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def meter(name: str, connect: str, unit: int = 1, model: str = "sdm630", **more) -> MeterSpec:
    more.setdefault("sign", Sign.IMPORT_POSITIVE)
    return MeterSpec(name, model, connect, unit, **more)


def rack(name: str, number: int, **more) -> RackSpec:
    more.setdefault("feeder", "tx1")
    more.setdefault("switch", f"hat.{number}")
    return RackSpec(name, RackKind.ASIC, 36.0, **more)


def site(meters, racks, *, signals=None, feeders=None, switches=None, **more) -> Site:
    """A site with one feeder at the point of connection unless told otherwise."""
    return Site(
        name="test",
        timezone="UTC",
        scan_s=0.2,
        control=Control(),
        meters=tuple(meters),
        feeders=feeders or (FeederSpec("tx1", 1000.0, meter="incomer"),),
        signals=signals if signals is not None else (ExportSignal("export", "incomer"),),
        switches=switches or (SwitchSpec("hat", "relay-hat-8"),),
        racks=tuple(racks),
        **more,
    )


def small(connect: str = "tcp://127.0.0.1:5020", **more) -> Site:
    """Two racks with feedback on one relay HAT, a meter at the incomer and one at rack a1."""
    return site(
        [meter("incomer", connect), meter("a1-meter", connect, unit=2)],
        [
            rack("a1", 1, feedback="hat.in1", meter="a1-meter"),
            rack("a2", 2, feedback="hat.in2", feedback_closed=False),
        ],
        signals=(ExportSignal("export", "incomer"), ContactSignal("grid-ok", "hat.in4")),
        gpio=GpioSpec("headworks-sim"),
        **more,
    )
