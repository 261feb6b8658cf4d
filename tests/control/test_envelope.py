"""Limits to envelope: every kind of limit, unknown values, nested feeders, and which one binds."""

from dataclasses import replace

import pytest

from control.build import QUICK, Run, allows, feeder, good, meter, rack, site
from headworks.control.compiled import compile_site
from headworks.control.envelope import export_limit, feeder_limit, signal_limit, tightest
from headworks.control.frequency import advance, droop
from headworks.control.view import MeterView
from headworks.model.live import Quality, Reading, SignalValue
from headworks.model.memory import FrequencyMemory
from headworks.model.plan import Limit, Reason, ReasonCode
from headworks.model.site import (
    ContactSignal,
    ExportSignal,
    FrequencySignal,
    ScheduleSignal,
    SetpointSignal,
)

NAN, INF = float("nan"), float("inf")
SETPOINT = SetpointSignal("sp", "tcp://h:1")
CONTACT = ContactSignal("contact", "hat.in9")
SCHEDULE = ScheduleSignal("tou", ())
EXPORT = ExportSignal("export", "incomer")
HERTZ = FrequencySignal("hz", "incomer", restore_s=10.0)


def first_limit(run: Run) -> Limit:
    return run.step().envelope.limits[0]


@pytest.mark.parametrize(
    ("power_kw", "reserve_kw", "kw"),
    [
        (-100.0, 0.0, 100.0),
        (-100.0, 25.0, 75.0),
        (30.0, 0.0, 0.0),
        (-20.0, 25.0, 0.0),
        (0.0, 0.0, 0.0),
    ],
)
def test_export_is_surplus_less_the_reserve(power_kw, reserve_kw, kw):
    """Export less the reserve is the envelope, and import is zero, never less."""
    run = Run(
        site(*[rack(f"a{k}") for k in range(1, 5)], control=replace(QUICK, reserve_kw=reserve_kw))
    )
    run.power = {"incomer": power_kw}
    limit = first_limit(run)
    assert (limit.kw, limit.reason.code, limit.firm) == (kw, ReasonCode.EXPORT, False)
    assert run.plan.envelope.kw == kw
    assert run.plan.envelope.binding == limit


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (None, ReasonCode.UNKNOWN),
        (Reading("incomer", 1001.0, 1, Quality.NEVER), ReasonCode.UNKNOWN),
        (Reading("incomer", 1001.0, 1, Quality.SILENT, -100.0), ReasonCode.UNKNOWN),
        (Reading("incomer", 1001.0, 1, Quality.FROZEN, -100.0), ReasonCode.UNKNOWN),
        (good("incomer", 997.9, -100.0), ReasonCode.STALE),
        (good("incomer", 1003.0, -100.0), ReasonCode.UNKNOWN),
        (good("incomer", 1001.0, None), ReasonCode.UNKNOWN),
        (good("incomer", 1001.0, NAN), ReasonCode.UNKNOWN),
        (good("incomer", 1001.0, -INF), ReasonCode.UNKNOWN),
        (good("incomer", 1001.0, 1e300), ReasonCode.UNKNOWN),
        (Reading("incomer", NAN, 1, Quality.GOOD, -100.0), ReasonCode.UNKNOWN),
    ],
)
def test_an_unusable_reading_is_zero_surplus(reading, code):
    """Silent, bad, stale, future, missing, NaN and infinite readings are zero, firm, a trip."""
    run = Run(site(rack("a1")))
    run.readings = {} if reading is None else {"incomer": reading}
    limit = first_limit(run)
    assert (limit.kw, limit.firm, limit.trips, limit.reason.code) == (0.0, True, True, code)
    assert run.plan.envelope.kw == 0.0


@pytest.mark.parametrize(
    ("age_s", "kw"), [(0.0, 100.0), (3.0, 100.0), (3.001, 0.0), (-0.5, 100.0), (-1.5, 0.0)]
)
def test_a_reading_ends_at_max_age(age_s, kw):
    """A reading counts up to max_age_s, by the snapshot's time, and a little ahead of it."""
    run = Run(site(*[rack(f"a{k}") for k in range(1, 5)]))
    run.readings = {"incomer": good("incomer", 1001.0 - age_s, -100.0)}
    assert first_limit(run).kw == kw


VALUES = [
    (SETPOINT, allows(1001.0, 50.0), 50.0, ReasonCode.SETPOINT, False, False),
    (SETPOINT, allows(1001.0, None), None, ReasonCode.SETPOINT, False, False),
    (SETPOINT, allows(1001.0, 0.0), 0.0, ReasonCode.SETPOINT, True, False),
    (SETPOINT, allows(1001.0, -5.0), 0.0, ReasonCode.SETPOINT, True, False),
    (SETPOINT, allows(1001.0, NAN), 0.0, ReasonCode.UNKNOWN, True, True),
    (SETPOINT, allows(1001.0, INF), 0.0, ReasonCode.UNKNOWN, True, True),
    (SETPOINT, allows(1001.0, 50.0, valid_s=0.0), 50.0, ReasonCode.SETPOINT, False, False),
    (SETPOINT, allows(1001.0, 50.0, valid_s=-0.1), 0.0, ReasonCode.EXPIRED, True, True),
    (SETPOINT, allows(1001.0, 50.0, valid_s=NAN), 0.0, ReasonCode.EXPIRED, True, True),
    (SETPOINT, None, 0.0, ReasonCode.UNKNOWN, True, True),
    (
        SETPOINT,
        SignalValue(1001.0, Quality.SILENT, 50.0, 2000.0),
        0.0,
        ReasonCode.UNKNOWN,
        True,
        True,
    ),
    (CONTACT, allows(1001.0, None), None, ReasonCode.CONTACT, False, False),
    (CONTACT, allows(1001.0, 0.0), 0.0, ReasonCode.CONTACT, True, True),
    (SCHEDULE, allows(1001.0, 0.0), 0.0, ReasonCode.SCHEDULE, True, False),
    (SCHEDULE, allows(1001.0, 70.0), 70.0, ReasonCode.SCHEDULE, False, False),
]


@pytest.mark.parametrize(("signal", "value", "kw", "code", "firm", "trips"), VALUES)
def test_outside_signals(signal, value, kw, code, firm, trips):
    """None is no limit, 0 is zero watts and firm, an open contact trips, the unusable is zero."""
    run = Run(site(rack("a1"), signals=(signal,)))
    run.signals = {} if value is None else {signal.name: value}
    limit = first_limit(run)
    assert (limit.kw, limit.reason.code, limit.firm, limit.trips) == (kw, code, firm, trips)


def test_a_limit_tells_until_when_it_holds():
    """A setpoint's limit carries the end of its validity and the figure it came with."""
    run = Run(site(rack("a1"), signals=(SETPOINT,)))
    run.signals = {"sp": allows(1001.0, 50.0)}
    limit = first_limit(run)
    assert (limit.source, limit.scope, limit.until_s) == ("sp", "", 1061.0)
    assert limit.reason.values == (("limit_kw", 50.0),)


@pytest.mark.parametrize("signals", [(), (HERTZ,)])
def test_feeders_and_frequency_grant_nothing(signals):
    """Without export, setpoint, contact or schedule there is no surplus."""
    run = Run(site(rack("a1"), signals=signals, feeders=(feeder("tx", 500.0),)))
    run.power, run.hertz = {"incomer": -500.0}, {"incomer": 50.0}
    assert first_limit(run).reason.code is ReasonCode.NO_SIGNAL
    assert run.plan.envelope.kw == 0.0


def test_the_tightest_valid_limit_binds():
    """All limits together: the smallest figure binds, whatever its kind."""
    run = Run(site(*[rack(f"a{k}") for k in range(1, 9)], signals=(EXPORT, SETPOINT, SCHEDULE)))
    run.power = {"incomer": -200.0}
    run.signals = {"sp": allows(1001.0, 120.0), "tou": allows(1001.0, None)}
    plan = run.step()
    assert (plan.envelope.kw, plan.envelope.binding.source) == (120.0, "sp")
    assert [limit.kw for limit in plan.envelope.limits] == [200.0, 120.0, None]


def test_equal_limits_are_ordered_by_what_they_do():
    """Between equal figures a tripping limit binds before a firm one, before the first."""
    plain = Limit("plain", "", 0.0, Reason(ReasonCode.EXPORT))
    firm = plain._replace(source="firm", firm=True)
    trip = firm._replace(source="trip", trips=True)
    none = plain._replace(source="none", kw=None)
    assert tightest([plain, firm, trip]) is trip
    assert tightest([firm, plain]) is firm
    assert tightest([plain, firm]) is firm
    assert tightest([plain, plain._replace(source="second")]) is plain
    assert tightest([none, plain]) is plain
    assert tightest([firm._replace(kw=5.0), none, plain]) is plain
    assert tightest([none]) is none


def test_no_limit_is_what_all_racks_can_draw():
    """Where every signal grants without a figure, the envelope is the racks' own capacity."""
    run = Run(site(rack("a1"), rack("a2"), signals=(CONTACT,)))
    run.signals = {"contact": allows(1001.0, None)}
    envelope = run.step().envelope
    assert (envelope.kw, envelope.binding.reason.code) == (72.0, ReasonCode.CAPACITY)
    assert envelope.binding.kw == 72.0
    assert (envelope.binding.source, envelope.binding.scope) == ("site", "")
    assert envelope.binding.reason.values == (("kw", 72.0),)


NESTED = {
    "signals": (CONTACT,),
    "meters": (meter("incomer"), meter("north")),
}


@pytest.mark.parametrize(
    ("tx", "north", "south", "kw", "binding"),
    [
        (500.0, 500.0, 500.0, 180.0, "site"),  # nothing binds
        (100.0, 500.0, 500.0, 136.0, "tx"),  # the parent, and the rack beside it
        (500.0, 40.0, 500.0, 148.0, "north"),  # one child
        (500.0, 40.0, 30.0, 142.0, "south"),  # both children, the narrowest is named
        (60.0, 40.0, 30.0, 96.0, "south"),
        (500.0, 72.0, 36.0, 180.0, "site"),  # as much as the racks take is no limit
        (500.0, 30.0, 30.0, 132.0, "north"),  # equals: the first
        (500.0, 0.0, 0.5, 72.5, "north"),  # and zero is the narrowest
        (0.0, 500.0, 500.0, 36.0, "tx"),  # zero is zero
    ],
)
def test_nested_feeders_make_one_figure(tx, north, south, kw, binding):
    """A rack counts at its feeder and at all above; the envelope is what gets through."""
    racks = [rack("a1", feeder="north"), rack("a2", feeder="north"), rack("a3", feeder="south")]
    run = Run(
        site(
            *racks, rack("a4", feeder="tx"), rack("a5"),
            signals=(CONTACT,),
            feeders=(
                feeder("tx", tx), feeder("north", north, None, "tx"), feeder("south", south, None, "tx"),
            ),
        )
    )  # fmt: skip
    run.signals = {"contact": allows(1001.0, None)}
    envelope = run.step().envelope
    assert (envelope.kw, envelope.binding.source) == (kw, binding)
    assert envelope.feeder_kw == {"tx": tx, "north": north, "south": south}


def test_a_feeder_leaves_what_other_load_does_not_take():
    """A metered feeder's limit is its rating less the load that is not ours."""
    run = Run(
        site(
            rack("a1", feeder="tx"),
            feeders=(feeder("tx", 100.0, "tx"),),
            signals=(CONTACT,),
            meters=(meter("tx"),),
        )
    )
    run.signals = {"contact": allows(1001.0, None, 1e6)}
    run.power = {"tx": 70.0}
    limit = run.step().envelope.limits[1]
    assert (limit.kw, limit.reason.code, limit.scope) == (30.0, ReasonCode.FEEDER, "tx")
    assert limit.reason.values == (("rating_kw", 100.0), ("other_kw", 70.0))
    run.power = {"tx": 170.0}
    assert run.step().envelope.limits[1].kw == 0.0


def test_a_stale_feeder_meter_is_zero_for_its_racks_only():
    """A feeder without a sample is zero and trips for its racks; others go on."""
    run = Run(
        site(
            rack("a1", feeder="tx"),
            rack("a2"),
            feeders=(feeder("tx", 100.0, "tx"),),
            signals=(CONTACT,),
            meters=(meter("tx"),),
        )
    )
    run.signals = {"contact": allows(1001.0, None, 1e6)}
    run.power = {"tx": 10.0}
    run.until(12.0)
    assert run.on() == ["a1", "a2"]
    run.hold = {"tx"}
    run.until(4.0)
    assert run.on() == ["a2"]
    limit = run.plan.envelope.limits[1]
    assert (limit.kw, limit.trips, limit.firm, limit.scope) == (0.0, True, True, "tx")
    assert run.plan.envelope.feeder_kw == {"tx": 0.0}


F = FrequencyMemory
SLOW = FrequencySignal(
    "hz", "incomer", trip_hz=49.4, trip_delay_s=2.0, restore_hz=49.8, restore_s=10.0
)


@pytest.mark.parametrize(
    ("past", "hertz", "now", "new"),
    [
        (F(), 50.0, 0.0, F()),
        (F(), None, 0.0, F()),
        (F(), 49.41, 0.0, F()),
        (F(), 49.4, 5.0, F(under_since_s=5.0)),
        (F(under_since_s=5.0), 49.3, 6.9, F(under_since_s=5.0)),
        (F(under_since_s=5.0), 49.3, 7.0, F(under_since_s=5.0, tripped=True)),
        (F(under_since_s=5.0), 49.5, 6.0, F()),
        (F(tripped=True), 49.7, 9.0, F(tripped=True)),
        (F(tripped=True), 49.8, 9.0, F(tripped=True, above_since_s=9.0)),
        (F(tripped=True, above_since_s=9.0), 49.8, 18.9, F(tripped=True, above_since_s=9.0)),
        (F(tripped=True, above_since_s=9.0), 49.7, 18.9, F(tripped=True)),
        (F(tripped=True, above_since_s=9.0), None, 18.9, F(tripped=True)),
        (F(tripped=True, above_since_s=9.0), 49.8, 19.0, F()),
    ],
)
def test_under_frequency_trip_and_return(past, hertz, now, new):
    """It trips after its delay, and returns after an unbroken time above restore."""
    assert advance(SLOW, past, hertz, now) == new


def test_a_time_without_scans_is_no_healthy_frequency():
    """After a gap in the scans the restore time of a trip begins anew."""
    run = Run(site(rack("a1"), signals=(EXPORT, SLOW)))
    run.power = {"incomer": -500.0}
    for hertz, t_s in ((49.0, 3.0), (50.0, 2.0)):
        run.hertz = {"incomer": hertz}
        run.until(t_s)
    run.step(dt=60.0)
    assert run.memory.frequency[0].tripped
    assert run.memory.frequency[0].above_since_s == run.t_s
    run.until(9.0)
    assert run.memory.frequency[0].tripped
    run.step()
    assert run.memory.frequency == (F(),)


@pytest.mark.parametrize(
    ("hertz", "share"), [(50.0, 1.0), (49.9, 1.0), (49.7, 0.5), (49.5, 0.0), (49.0, 0.0)]
)
def test_droop_between_two_frequencies(hertz, share):
    """Full power at and above the upper frequency, zero at and below the lower one."""
    spec = replace(HERTZ, droop_from_hz=49.9, droop_to_hz=49.5)
    assert droop(spec, hertz) == pytest.approx(share)
    assert droop(replace(spec, droop_to_hz=None), hertz) == 1.0


@pytest.mark.parametrize(
    ("hertz", "kw", "code", "trips"),
    [
        (50.0, None, ReasonCode.DROOP, False),
        (49.7, 36.0, ReasonCode.DROOP, False),
        (49.5, 0.0, ReasonCode.DROOP, False),
        (49.4, 0.0, ReasonCode.UNDER_FREQUENCY, True),
        (0.0, 0.0, ReasonCode.UNKNOWN, True),
        (NAN, 0.0, ReasonCode.UNKNOWN, True),
        (None, 0.0, ReasonCode.UNKNOWN, True),
    ],
)
def test_frequency_as_a_limit(hertz, kw, code, trips):
    """Healthy is no limit, droop is a share of rated power, low or unknown is zero and a trip."""
    spec = replace(HERTZ, droop_from_hz=49.9, droop_to_hz=49.5)
    run = Run(site(rack("a1"), rack("a2"), signals=(EXPORT, spec)))
    run.power, run.hertz = {"incomer": -500.0}, {"incomer": hertz}
    limit = run.step().envelope.limits[1]
    assert limit.kw == (None if kw is None else pytest.approx(kw))
    assert (limit.reason.code, limit.trips, limit.firm) == (code, trips, kw == 0.0)
    assert (limit.source, limit.scope) == ("hz", "")


WHY = Reason(ReasonCode.STALE, (("meter", "incomer"), ("age_s", 9.0)))
KNOWN = MeterView([-100.0], [50.0], [1.0], [None])
DARK = MeterView([None], [None], [1.0], [WHY])


def zero(source: str, scope: str, reason: Reason) -> Limit:
    return Limit(source, scope, 0.0, reason, firm=True, trips=True)


@pytest.mark.parametrize(
    ("meters", "background_kw", "limit"),
    [
        (
            KNOWN,
            -130.0,
            Limit(
                "export",
                "",
                120.0,
                Reason(
                    ReasonCode.EXPORT,
                    (("export_kw", 100.0), ("own_kw", 30.0), ("reserve_kw", 10.0)),
                ),
            ),
        ),
        (KNOWN, None, zero("export", "", Reason(ReasonCode.UNKNOWN))),
        (DARK, -130.0, zero("export", "", WHY)),
        (DARK, None, zero("export", "", WHY)),
    ],
)
def test_all_of_an_export_limit(meters, background_kw, limit):
    """The figures of an export limit, and of one that is not known."""
    assert export_limit("export", 0, meters, background_kw, 10.0) == limit


def test_all_of_an_unknown_feeder_limit():
    """A feeder without its meter says which one and why."""
    c = compile_site(site(rack("a1", feeder="tx"), feeders=(feeder("tx", 100.0, "incomer"),)))
    assert feeder_limit(c, 0, DARK, [None]) == zero("tx", "tx", WHY)


UNKNOWN = ReasonCode.UNKNOWN


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (None, zero("sp", "", Reason(UNKNOWN, (("quality", "never"),)))),
        (
            SignalValue(1.0, Quality.SILENT, 50.0, 2000.0),
            zero("sp", "", Reason(UNKNOWN, (("quality", "silent"),))),
        ),
        (
            SignalValue(1.0, Quality.GOOD, 50.0, 7.0),
            zero("sp", "", Reason(ReasonCode.EXPIRED, (("ago_s", 3.0),))),
        ),
        (
            SignalValue(1.0, Quality.GOOD, NAN, 20.0),
            zero("sp", "", Reason(UNKNOWN, (("quality", "not-a-number"),))),
        ),
        *(
            (
                SignalValue(1.0, Quality.GOOD, kw, 20.0),
                zero("sp", "", Reason(UNKNOWN, (("quality", "not-a-number"),))),
            )
            for kw in (1e9, -1e9)
        ),
        (
            SignalValue(1.0, Quality.GOOD, None, 20.0),
            Limit("sp", "", None, Reason(ReasonCode.SETPOINT), until_s=20.0),
        ),
        (
            SignalValue(1.0, Quality.GOOD, 50.0, 20.0),
            Limit("sp", "", 50.0, Reason(ReasonCode.SETPOINT, (("limit_kw", 50.0),)), until_s=20.0),
        ),
        (
            SignalValue(1.0, Quality.GOOD, 0.5, 20.0),
            Limit("sp", "", 0.5, Reason(ReasonCode.SETPOINT, (("limit_kw", 0.5),)), until_s=20.0),
        ),
        (
            SignalValue(1.0, Quality.GOOD, 0.0, 20.0),
            Limit(
                "sp", "", 0.0, Reason(ReasonCode.SETPOINT, (("limit_kw", 0.0),)), True, False, 20.0
            ),
        ),
    ],
)
def test_all_of_a_signal_s_limit(value, limit):
    """Every field of what a signal makes, at t = 10 s."""
    assert signal_limit(SETPOINT, value, 10.0) == limit


def test_a_signal_as_tight_as_the_feeders_is_the_one_that_is_named():
    """At equal figures the signal binds, as it holds for all racks."""
    run = Run(
        site(
            rack("a1", feeder="tx"),
            rack("a2", feeder="tx"),
            signals=(SETPOINT,),
            feeders=(feeder("tx", 50.0),),
        )
    )
    run.signals = {"sp": allows(1000.0, 50.0, 1e6)}
    assert run.step().envelope.binding.source == "sp"
    run.signals = {"sp": allows(1000.0, 50.1, 1e6)}
    assert run.step().envelope.binding.source == "tx"


def test_surplus_beyond_what_the_racks_can_take_is_shown_as_it_is():
    """The racks' own capacity is no limit: the page shows all of the surplus."""
    run = Run(site(rack("a1")))
    run.power = {"incomer": -500.0}
    envelope = run.step().envelope
    assert (envelope.kw, envelope.binding.source) == (500.0, "export")


class Figure(float):
    """A figure that can be no key, as a backtest's are."""

    __hash__ = None


def test_a_figure_that_cannot_be_kept_gives_the_same_limit():
    """What a feeder leaves does not depend on the kind of number that its meter's reading is."""
    c = compile_site(site(rack("a1", feeder="tx"), feeders=(feeder("tx", 100.0, "incomer"),)))
    limits = [feeder_limit(c, 0, KNOWN, [kind(30.0)]) for kind in (float, Figure)]
    assert limits[0] == limits[1]
    assert limits[0].kw == 70.0
