"""Every fault of the simulator: where it is put, what must become of it, and how fast.

One row a fault and target; a fault without a row fails a test. `within_s` counts from the
injection to the last outlet that was told, as the simulator saw it. The expectations are in
`expect`.
"""

from collections.abc import Callable
from typing import NamedTuple

from endtoend import expect, expect_boards
from endtoend.play import Play

POLL_S, TIMEOUT_S, SCAN_S = 0.06, 0.2, 0.2  # of site.toml
SLACK_S = 0.4  # [ours] two busy cores share three processes
SEEN_S = POLL_S + SLACK_S  # a bad value is seen at the next poll
SILENT_S = 2 * POLL_S + TIMEOUT_S + SLACK_S  # within 2 polls and one timeout
CONTACT_S = 0.1 + SCAN_S + SLACK_S  # debounced, sent at once, seen in the next scan
SAMPLE_S = 2.0 + CONTACT_S  # of temperatures and humidities
LOST_S = 5.0 + SCAN_S + SLACK_S  # a board that says nothing
FROZEN_S = 1.0 + 0.2 + POLL_S + SLACK_S  # frozen_s, ten polls


class Row(NamedTuple):
    """One fault on one target."""

    fault: str
    target: str
    says: str
    expect: Callable[[Play, "Row"], None]
    within_s: float = SEEN_S
    value: float | None = None
    quality: str = ""  # of the meter, while the fault acts

    @property
    def name(self) -> str:
        """For the test's id."""
        return f"{self.fault}-{self.target}" if self.target else self.fault


def _incomer(fault: str, says: str, quality: str, within_s: float = SEEN_S, **more: float) -> Row:
    """The meter of the export signal is lost: everything goes, with the meter as the cause."""
    return Row(fault, "incomer", says, expect.all_off, within_s, quality=quality, **more)


_TCP = (
    _incomer("meter-silent", "A silent export meter takes all racks off.", "silent", SILENT_S),
    _incomer(
        "half-open", "A connection that only looks alive is a silent meter.", "silent", SILENT_S
    ),
    _incomer("refuse", "A closed port is a silent meter.", "silent", SILENT_S),
    _incomer("late-reply", "A reply after the timeout is never taken.", "silent", SILENT_S),
    _incomer("bad-crc", "A broken frame is never taken.", "silent error", SILENT_S),
    _incomer("partial-frame", "Half a frame is never taken.", "silent error", SILENT_S),
    *(
        _incomer(f"exception-{n}", "A meter that refuses is no meter.", "silent error", SILENT_S)
        for n in (1, 2, 3, 4, 7, 8, 10, 11)
    ),
    _incomer("exception-5", "A meter that is never done is no meter.", "error", SILENT_S),
    _incomer("exception-6", "A meter that is busy for good is no meter.", "error", SILENT_S),
    _incomer("frozen", "A value that never changes under load is no value.", "frozen", FROZEN_S),
    _incomer("nan", "Not a number is not available.", "not-available implausible"),
    _incomer("infinite", "Infinity is not available.", "not-available implausible"),
    _incomer(
        "sentinel",
        "The meter's own mark is not available, never a number.",
        "not-available implausible",
    ),
    _incomer("word-swap", "Swapped words are implausible.", "implausible"),
    Row(
        "slow",
        "incomer",
        "Slow replies within the timeout change nothing.",
        expect.rides_through,
        value=0.12,
    ),
    Row(
        "joined-frames", "incomer", "A reply that comes twice is taken once.", expect.rides_through
    ),
    Row("two-masters", "incomer", "Another master's frames are not ours.", expect.rides_through),
    Row("stale", "incomer", "An old value starts nothing new.", expect.lies_unnoticed, value=1.0),
    Row("sign-flip", "incomer", "Export shown as import sheds everything.", expect.flipped),
    Row(
        "spike",
        "incomer",
        "One spike of export starts no rack.",
        expect.spike_starts_nothing,
        value=10.0,
    ),
    Row("frequency-lost", "incomer", "An unknown frequency is never 50 Hz.", expect.frequency_lost),
)

_BUS = (
    *(
        Row(fault, "meter-a", says, expect.row_off, SILENT_S, quality=quality)
        for fault, says, quality in (
            (
                "meter-silent",
                "A silent feeder meter takes its own racks off, and no others.",
                "silent",
            ),
            ("half-open", "A dead bus takes the racks off that depend on it.", "silent"),
            ("refuse", "A serial device that refuses is silent.", "silent"),
            ("late-reply", "A late reply on RTU is not taken as another meter's.", "silent"),
            ("bad-crc", "A bad checksum is discarded.", "silent error"),
            ("partial-frame", "Half a frame on RTU is discarded.", "silent error"),
            ("exception-2", "A feeder meter that refuses is unknown.", "error"),
            ("exception-6", "A feeder meter that is busy for good is unknown.", "error"),
            ("sentinel", "A feeder without a value is unknown.", "not-available implausible"),
            ("word-swap", "Swapped words of a feeder meter are implausible.", "implausible"),
        )
    ),
    Row(
        "frozen",
        "meter-a",
        "A frozen feeder meter is unknown.",
        expect.row_off,
        FROZEN_S,
        quality="frozen",
    ),
    Row(
        "two-masters",
        "meter-a",
        "Foreign frames on RTU are told as what they are, and nothing wrong is taken.",
        expect.contended,
        SILENT_S,
        quality="error",
    ),
    Row("joined-frames", "meter-a", "A doubled reply on RTU spoils nothing.", expect.rides_through),
    Row(
        "sign-flip", "meter-g1", "A rack that exports is unknown, not idle.", expect.rack_meter_lies
    ),
    Row(
        "meter-silent",
        "meter-g1",
        "A rack whose own meter is silent counts at its rating.",
        expect.rack_meter_lies,
    ),
)

_RACKS = (
    Row(
        "weld",
        "a1",
        "A welded rack latches, trips upstream and is never closed again.",
        expect.welded,
    ),
    Row("weld", "g1", "A weld that draws current is seen on a coil board too.", expect.welded),
    Row(
        "fails-to-close",
        "a1",
        "Tries are capped, then the rack is faulted until a reset.",
        expect.fails_to_close,
    ),
    Row("fails-to-close", "g1", "The same on a coil board.", expect.fails_to_close),
    Row("chatter", "a1", "A chattering contactor is latched off.", expect.chatters, 1.5),
    Row("chatter", "g2", "The same on a coil board.", expect.chatters, 2.5),
    Row(
        "aux-stuck",
        "a1",
        "Without a meter a contact that stays closed counts as a weld.",
        expect.aux_blind,
    ),
    Row(
        "aux-stuck",
        "g1",
        "With a meter that shows nothing it is the contact, and no weld.",
        expect.aux_metered,
    ),
)

_BOARDS = (
    Row(
        "relay-board-deaf",
        "box",
        "Offs that are not obeyed end in the dead-man contactor.",
        expect.deaf_box,
    ),
    Row(
        "relay-board-deaf",
        "hat",
        "A deaf board with the dead-man output lets the power go.",
        expect.deaf_hat,
    ),
    Row(
        "board-silent",
        "box",
        "A silent board's racks lose power by the dead-man contactor.",
        expect.silent_box,
    ),
)

_SENSOR_BOARDS = (
    Row("smoke", "safety", "Smoke opens all, and only the button at the racks ends it.", expect_boards.smoke, CONTACT_S),
    Row("leak", "safety", "A leak takes its zone off.", expect_boards.off_and_told, 0.2 + CONTACT_S),
    Row("door", "safety", "An open door is a warning.", expect_boards.warned),
    Row("reset-pressed", "safety", "A button that is held resets and stops nothing.", expect.rides_through),
    Row("board-unplugged", "safety", "An unplugged board's zone is off.", expect_boards.relay_opens, LOST_S),
    Row("board-unplugged", "thermal", "What an unplugged board watched is unknown.", expect_boards.off_and_told, LOST_S),
    Row("board-mute", "safety", "A board that says nothing is lost.", expect_boards.off_and_told, LOST_S),
    Row("board-mute", "air", "A silent board on a shared line is lost.", expect_boards.off_and_told, LOST_S),
    Row("board-crash", "safety", "A crash opens the relay; the board restarts and the racks come back.",
        expect_boards.crashed, 1.0 + CONTACT_S),
    Row("board-crash", "thermal", "A board that restarts again and again is left alone.", expect_boards.quarantined),
    Row("board-hang", "safety", "A board that stands still is lost until its watchdog has bitten.", expect_boards.hung, LOST_S),
    Row("board-boot-loop", "safety", "A board whose firmware does not start drives nothing.", expect_boards.boot_loop, LOST_S),
    Row("wrong-config", "thermal", "Another configuration is not the site's: its values are unknown.",
        expect_boards.off_and_told, LOST_S),
    Row("board-noise", "safety", "Garbled bytes cost frames and no rack.", expect.rides_through, value=0.2),
    Row("board-lost-frames", "safety", "Lost frames are asked for again and cost no rack.", expect.rides_through, value=10.0),
    Row("sensor-absent", "air.intake", "A sensor that is gone is unknown, never a number.", expect_boards.off_and_told, SAMPLE_S),
    Row("sensor-crc", "air.intake", "A wrong checksum is unknown, never a number.", expect_boards.off_and_told, SAMPLE_S),
    Row("sensor-por85", "thermal.row1", "A power-on value of 85 °C is unknown, never a number.",
        expect_boards.off_and_told, 1.0 + SAMPLE_S),
    Row("sensor-stuck", "air.intake", "A value that stands still counts until it has stood too long.", expect.rides_through),
    Row("fan-stopped", "safety.fan1", "A fan that stands sheds its zone after the delay.",
        expect_boards.off_and_told, 1.0 + 0.5 + 1.0 + CONTACT_S),
    Row("hot-intake", "", "Far too hot: all off, latched, and back one by one.", expect_boards.too_hot, SAMPLE_S),
    Row("humid", "", "Humid air lets nothing start and stops nothing.", expect_boards.no_start, SAMPLE_S),
)  # fmt: skip

_SITE = (
    Row("contact-open", "permit", "An open contact takes all off at once.", expect.all_off, 0.05 + SLACK_S),
    Row("input-active", "hat.in8", "An emergency stop latches until a person resets it.", expect.emergency_stop),
    Row("under-frequency", "", "All off within the delay, and off until the return has lasted.",
        expect.under_frequency, 0.3 + POLL_S + SCAN_S + SLACK_S),
    Row("cloud", "", "A deficit sheds in the scan that sees it, and no more than it must.", expect.deficit, value=0.5),
    Row("load-step", "", "A load that comes sheds in the scan that sees it.", expect.deficit, value=180.0),
    Row("export-lost", "", "No power at the point of connection is zero surplus.", expect.all_off),
    Row("persist-outputs", "", "Harmless while the station lives.", expect.rides_through),
    Row("deadman-stuck", "", "Harmless while the station lives.", expect.rides_through),
)  # fmt: skip

ROWS: tuple[Row, ...] = (*_TCP, *_BUS, *_RACKS, *_BOARDS, *_SENSOR_BOARDS, *_SITE)
