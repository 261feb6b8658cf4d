"""The site of the trials: one relay HAT, active low, two racks, a dead-man output."""

from headworks.model.site import Control, GpioSpec, RackKind, RackSpec, Site, SwitchSpec


def one_board() -> Site:
    """Racks at outlets 1 and 2, the first with its auxiliary contact at input 1."""
    return Site(
        name="pi",
        timezone="UTC",
        scan_s=1.0,
        control=Control(),
        meters=(),
        feeders=(),
        signals=(),
        switches=(SwitchSpec("hat", "relay-hat-8"),),
        racks=(
            RackSpec("a1", RackKind.ASIC, 36.0, None, "hat.1", feedback="hat.in1"),
            RackSpec("a2", RackKind.ASIC, 36.0, None, "hat.2"),
        ),
        deadman="hat.8",
        deadman_s=0.0,
        gpio=GpioSpec(factory="lgpio", chip=0),
    )
