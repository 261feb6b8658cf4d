"""What a site file says, checked and frozen. `headworks.site` makes it; nothing else does.

Every default is [ours] unless a source stands beside it: a setting to be measured when the
site is commissioned.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from headworks.model.outside import MqttSpec, NotifySpec
from headworks.model.tariff import Tariff


class RackKind(StrEnum):
    """What hangs on a rack. A `gpu` rack usually wants notice before it loses power."""

    ASIC = "asic"
    GPU = "gpu"


class Sign(StrEnum):
    """Which way the meter counts; explicit, and checked at commissioning with a load step."""

    IMPORT_POSITIVE = "import-positive"
    EXPORT_POSITIVE = "export-positive"


@dataclass(frozen=True, slots=True)
class Control:
    """How the decision behaves. Powers in kW, times in s."""

    reserve_kw: float = 0.0  # export to leave untouched
    margin_kw: float = 5.0  # surplus wanted above a rack's rated power before a start
    trip_kw: float = 20.0  # a deficit beyond this sheds in the scan that sees it
    deficit_kws: float = 60.0  # energy budget of smaller deficits
    start_delay_s: float = 30.0  # how long the surplus must have lasted
    stagger_s: float = 1.0  # between two closings, against summed inrush
    window_s: float = 60.0  # the window of the next two
    starts_per_window: int = 4
    step_kw: float | None = None  # kW of starts per window; None = no limit
    release_kw_per_s: float | None = None  # ramp of ordinary releases; None = at once
    stop_s: float = 2.0  # time a contactor and the meter are given to show a stop
    close_s: float = 2.0  # time a contactor is given to show that it closed
    close_retries: int = 2  # further tries before a rack is faulted
    retry_s: float = 30.0  # pause before such a try
    chatter_changes: int = 3  # unasked changes within chatter_s latch the rack
    chatter_s: float = 10.0
    weld_kw: float = 0.5  # power of a rack that is told to be off and yet draws


@dataclass(frozen=True, slots=True)
class MeterSpec:
    """A meter on a connection. `connect`: tcp://HOST:PORT, rtu+tcp://HOST:PORT, serial:PATH."""

    name: str
    model: str
    connect: str
    unit: int
    sign: Sign
    max_age_s: float = 3.0
    poll_s: float = 0.25
    timeout_s: float = 0.5
    frozen_s: float = 30.0
    baud: int = 9600
    parity: str = "N"
    stop_bits: int = 1
    scale: float = 1.0  # current-transformer ratio where the meter does not know it
    lag_s: float = 1.0  # a change is shown in full after this; meters average over a window


@dataclass(frozen=True, slots=True)
class FeederSpec:
    """A metered branch with a rating. Feeders nest: a rack counts at all of its parents."""

    name: str
    rating_kw: float
    meter: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class ExportSignal:
    """Surplus = export at the meter + own running load - reserve."""

    name: str
    meter: str


@dataclass(frozen=True, slots=True)
class SetpointSignal:
    """A SCADA master writes a kW limit, its validity and a heartbeat to our registers."""

    name: str
    listen: str  # tcp://HOST:PORT
    unit: int = 1
    heartbeat_s: float = 30.0  # a heartbeat that stands still this long is a dead master
    allow: tuple[str, ...] = ()  # addresses that may write; empty = any


@dataclass(frozen=True, slots=True)
class ContactSignal:
    """A dry contact. Closed grants `closed_kw` (None = no limit of its own); open is zero."""

    name: str
    input: str  # "hat.in4"
    closed_kw: float | None = None
    debounce_s: float = 0.05  # a closing must last this long; open counts at once


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the week in the site's time zone. `to` at or before `start` ends next day."""

    days: tuple[int, ...]  # 0 = Monday
    start_min: int
    end_min: int
    limit_kw: float | None = None  # None = no limit of its own


@dataclass(frozen=True, slots=True)
class ScheduleSignal:
    """Time of use: inside a window its limit, outside zero; of several the tightest.

    A window that starts on an excepted date does not open. One that started the day before
    keeps its hours.
    """

    name: str
    windows: tuple[Window, ...]
    except_dates: tuple[str, ...] = ()  # "2026-12-25"
    unsynced_ok: bool = False  # accept a clock that no time service keeps (set by hand, with RTC)


@dataclass(frozen=True, slots=True)
class FrequencySignal:
    """Under-frequency trip with its delay, and a droop between two frequencies.

    Pakistan's Grid Code 2005 permits automatic shedding at 49.4 Hz, nominal 50 Hz.
    """

    name: str
    meter: str
    trip_hz: float = 49.4
    trip_delay_s: float = 0.0
    restore_hz: float = 49.8
    restore_s: float = 300.0
    droop_from_hz: float | None = None  # full power at and above
    droop_to_hz: float | None = None  # zero at and below


SignalSpec = ExportSignal | SetpointSignal | ContactSignal | ScheduleSignal | FrequencySignal


@dataclass(frozen=True, slots=True)
class SwitchSpec:
    """A relay board or PDU. `connect` as for meters, or empty for GPIO."""

    name: str
    model: str
    connect: str = ""
    unit: int = 1
    poll_s: float = 0.5
    timeout_s: float = 0.5
    baud: int = 9600
    parity: str = "N"
    stop_bits: int = 1


@dataclass(frozen=True, slots=True)
class RackSpec:
    """A switchable load."""

    name: str
    kind: RackKind
    rated_kw: float
    feeder: str | None
    switch: str  # "hat.1"
    feedback: str | None = None  # auxiliary contact: "hat.in1"
    feedback_closed: bool = True  # the input is active when the contactor is closed
    meter: str | None = None
    priority: int = 10  # higher runs first and stops last
    min_on_s: float = 300.0
    min_off_s: float = 180.0
    starts_per_hour: int = 6
    starts_per_day: int = 24
    settle_s: float = 600.0  # the longest a claim lasts (miners ramp for minutes)
    settle_share: float = 0.8  # this share of rated power ends the claim
    notice_s: float = 0.0  # a graceful stop may take this long


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """A sensor board on a link. `connect`: serial:PATH, or usb:SERIAL wherever that is plugged in.

    `zone` are the racks that it watches. `permissive` is its output whose relay stands in
    series with their contactors.
    """

    name: str
    model: str
    connect: str
    uid: str = ""  # another board at that port is refused; empty = any
    address: int = 0  # on a shared RS-485 line
    baud: int = 115200  # of an RS-485 line
    zone: tuple[str, ...] = ()
    permissive: str | None = None


class InterlockAction(StrEnum):
    """What an interlock does. Each only takes power away."""

    WARN = "warn"  # an alarm, nothing else
    BLOCK = "block"  # no new start
    SHED = "shed"  # off while the condition holds, ordinary stop
    TRIP = "trip"  # off at once, no minimum times


@dataclass(frozen=True, slots=True)
class InterlockSpec:
    """Cause and effect. Exactly one of `above`, `below`, `active` is set."""

    name: str
    when: str  # "air.smoke", "hat.in8", "incomer.voltage_l1_v"
    action: InterlockAction
    racks: tuple[str, ...]  # resolved: all, a feeder's, or named ones
    above: float | None = None
    below: float | None = None
    active: bool | None = None  # a contact: act when the observation equals this
    hysteresis: float = 0.0
    delay_s: float = 0.0
    max_age_s: float = 3.0
    latch: bool = False
    minus: str = ""  # a second channel that is subtracted: "air.intake_dew_point_c"
    local_reset: str = ""  # a contact at the racks, the only thing that clears the latch
    origin: str = ""  # the set or the board it comes with; empty = the site file


@dataclass(frozen=True, slots=True)
class GpioSpec:
    """Which GPIO the switches without a connection use. Never a silent fallback."""

    factory: str = "lgpio"  # an entry point of gpiozero_pin_factories; "headworks-sim" trains
    chip: int = 0
    connect: str = ""  # of the simulator: the path of its pin socket


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """What is kept on disk, how long and how much of it at most."""

    interval_min: int = 15  # of the energy ledger: 15 or 30
    baseline_kwh: tuple[float, ...] = ()  # import of January to December before; empty = none
    fine_days: float = 7.0  # samples of every second
    middle_days: float = 92.0  # of every 10 s: minimum, mean, maximum
    coarse_days: float = 1827.0  # of every minute, likewise
    long_days: float = 3653.0  # of every ten minutes and of every hour, likewise
    samples_mb: float = 4000.0  # all samples together
    recorder_hours: float = 72.0  # full snapshots and plans
    recorder_mb: float = 1500.0
    trips_mb: float = 500.0  # frozen copies of them around trips


@dataclass(frozen=True, slots=True)
class Site:
    """A whole site. `source` and `sha256` tell which file it was."""

    name: str
    timezone: str
    scan_s: float
    control: Control
    meters: tuple[MeterSpec, ...]
    feeders: tuple[FeederSpec, ...]
    signals: tuple[SignalSpec, ...]
    switches: tuple[SwitchSpec, ...]
    racks: tuple[RackSpec, ...]
    boards: tuple[BoardSpec, ...] = ()
    interlocks: tuple[InterlockSpec, ...] = ()
    deadman: str | None = None  # "hat.8": toggles after every healthy scan
    deadman_s: float = 0.5  # least time between two toggles
    upstream_trip: str | None = None  # "hat.7": opens the breaker above a welded contactor
    gpio: GpioSpec = field(default_factory=GpioSpec)
    record: RecordSpec = field(default_factory=RecordSpec)
    tariff: Tariff | None = None
    mqtt: MqttSpec | None = None
    notify: NotifySpec | None = None
    source: str = ""
    sha256: str = ""
