"""The schema of a site file: one table per section, one row per key. A new key is a new row.

Defaults are those of `headworks.model.site`, so that they stand in one place. Ranges are [ours]:
wide enough for any site we know, tight enough to catch a slipped unit.
"""

from headworks.site.formats import (
    board_connect,
    board_name,
    connect,
    interval,
    months,
    names,
    pin_factory,
    timezone,
    uid,
)
from headworks.site.outside_rows import MQTT, NOTIFY
from headworks.site.schema import Key, Section
from headworks.site.signal_rows import ANY_SIGNAL, MOST_KW, NO_ZERO_AGE, SITE_KW, name_row
from headworks.site.tariff_rows import TARIFF
from headworks.site.values import choice, flag, number, point, text, whole

ACTIONS = ("warn", "block", "shed", "trip")


_LINE = (  # of everything that is on a serial line
    Key("baud", whole, 300, 921600, "Bd"),
    Key("parity", choice, choices=("N", "E", "O")),
    Key("stop_bits", whole, 1, 2),
)

SITE = Section(
    "site",
    (
        Key("name", text, needed=True, example='"my-site"'),
        Key("timezone", timezone, needed=True, example='"Asia/Karachi"'),
        Key("scan_s", number, 0.05, 10, "s"),
        Key("reserve_kw", number, 0, SITE_KW, "kW"),
        Key("interlocks", names, example='["container"]'),
        Key("local_reset", point, example='"hat.in5"'),
    ),
    many=False,
)

CONTROL = Section(
    "control",
    (
        Key("margin_kw", number, 0, MOST_KW, "kW"),
        Key("trip_kw", number, 0, MOST_KW, "kW"),
        Key("deficit_kws", number, 0, 1e5, "kW·s"),
        Key("start_delay_s", number, 0, 3600, "s"),
        Key("stagger_s", number, 0, 600, "s"),
        Key("window_s", number, 1, 3600, "s"),
        Key("starts_per_window", whole, 1, 1000, zero="lets no rack start; write 1 or more"),
        Key(
            "step_kw",
            number,
            0.1,
            SITE_KW,
            "kW",
            zero="lets no rack start; leave it out for no limit",
        ),
        Key(
            "release_kw_per_s",
            number,
            0.01,
            SITE_KW,
            "kW/s",
            zero="would never let go of a rack; leave it out to release at once",
        ),
        Key("stop_s", number, 0.1, 60, "s"),
        Key("close_s", number, 0.1, 60, "s"),
        Key("close_retries", whole, 0, 10),
        Key("retry_s", number, 1, 3600, "s"),
        Key("chatter_changes", whole, 2, 100),
        Key("chatter_s", number, 1, 3600, "s"),
        Key("weld_kw", number, 0.01, 100, "kW", zero="would take noise for a weld; write 0.5"),
    ),
    many=False,
)

METER = Section(
    "meter",
    (
        name_row("incomer"),
        Key("model", text, needed=True, example='"pm5560"'),
        Key("connect", connect, needed=True, example='"tcp://10.0.0.11:502"'),
        Key("unit", whole, 0, 255, needed=True, example="1"),
        Key(
            "sign",
            choice,
            needed=True,
            example='"import-positive"',
            choices=("import-positive", "export-positive"),
        ),
        Key("max_age_s", number, 0.1, 300, "s", zero=NO_ZERO_AGE),
        Key("poll_s", number, 0.02, 60, "s", zero="is no pause at all; write 0.25"),
        Key("timeout_s", number, 0.02, 30, "s", zero="gives no time to answer; write 0.5"),
        Key("lag_s", number, 0, 60, "s"),
        Key("frozen_s", number, 1, 86400, "s", zero="takes every value for frozen; write 30"),
        *_LINE,
        Key("scale", number, 1e-3, 1e5, zero="makes every power zero; write 1"),
    ),
)

FEEDER = Section(
    "feeder",
    (
        name_row("tx1"),
        Key(
            "rating_kw",
            number,
            0,
            SITE_KW,
            "kW",
            needed=True,
            example="630",
            zero_means="means zero watts, so that no rack below it ever runs",
        ),
        Key("meter", text),
        Key("parent", text),
    ),
)

SWITCH = Section(
    "switch",
    (
        name_row("hat"),
        Key("model", text, needed=True, example='"relay-hat-8"'),
        Key("connect", connect),
        Key("unit", whole, 0, 255),
        Key("poll_s", number, 0.05, 10, "s", zero="is no pause at all; write 0.5"),
        Key("timeout_s", number, 0.02, 10, "s", zero="gives no time to answer; write 0.5"),
        *_LINE,
    ),
)

RACK = Section(
    "rack",
    (
        name_row("a1"),
        Key("kind", choice, needed=True, example='"asic"', choices=("asic", "gpu")),
        Key(
            "rated_kw",
            number,
            0.05,
            MOST_KW,
            "kW",
            needed=True,
            example="36",
            zero="is a rack that draws nothing; write its rated power, such as 36",
        ),
        Key("feeder", text),
        Key("switch", point, needed=True, example='"hat.1"'),
        Key("feedback", point, example='"hat.in1"'),
        Key("feedback_closed", flag),
        Key("meter", text),
        Key("priority", whole, -1000, 1000),
        Key("min_on_s", number, 0, 86400, "s"),
        Key("min_off_s", number, 0, 86400, "s"),
        Key("starts_per_hour", whole, 1, 3600, zero="lets it never start; write 1 or more"),
        Key("starts_per_day", whole, 1, 86400, zero="lets it never start; write 1 or more"),
        Key("settle_s", number, 1, 7200, "s", zero="ends its claim before it draws; write 600"),
        Key(
            "settle_share",
            number,
            0.05,
            1,
            zero="ends its claim before it draws; write a share from 0.05 to 1, such as 0.8",
        ),
        Key("notice_s", number, 0, 3600, "s"),
    ),
)

BOARD = Section(
    "board",
    (
        Key("name", board_name, needed=True, example='"air"'),
        Key("model", text, needed=True, example='"pico-air"'),
        Key("connect", board_connect, needed=True, example='"serial:/dev/serial/by-id/usb-…"'),
        Key("uid", uid, example='"e6614103e7174c2f"'),
        Key("address", whole, 1, 247),
        Key("baud", whole, 300, 921600, "Bd"),
        Key("zone", names, example='"all"'),
        Key("permissive", text, example='"permit"'),
    ),
)

INTERLOCK = Section(
    "interlock",
    (
        name_row("smoke", needed=False),
        Key("when", point, needed=True, example='"hat.in8"'),
        Key("minus", point, example='"air.intake_dew_point_c"'),
        *(Key(action, names, example='"all"') for action in ACTIONS),
        Key("above", number, -1e9, 1e9),
        Key("below", number, -1e9, 1e9),
        Key("active", flag),
        Key("hysteresis", number, 0, 1e9),
        Key("delay_s", number, 0, 3600, "s"),
        Key("max_age_s", number, 0.1, 300, "s", zero=NO_ZERO_AGE),
        Key("latch", flag),
        Key("local_reset", point, example='"hat.in5"'),
    ),
)

OUTPUTS = Section(
    "outputs",
    (
        Key("deadman", point, example='"hat.8"'),
        Key("upstream_trip", point, example='"hat.7"'),
        Key("deadman_s", number, 0.05, 10, "s", zero="toggles without a pause; write 0.5"),
    ),
    many=False,
)

GPIO = Section(
    "gpio",
    (
        Key("factory", pin_factory, example='"lgpio"'),
        Key("chip", whole, 0, 63),
        Key("connect", text, example='"/run/headworks/pins.sock"'),
    ),
    many=False,
)

RECORD = Section(
    "record",
    (
        Key("interval_min", interval, example="15"),
        Key("baseline_kwh", months, 0, 1e9, "kWh", example="[5000, …] with 12 figures"),
        Key("fine_days", number, 1, 400, "d", zero="keeps no seconds at all; write 7"),
        Key("middle_days", number, 1, 4000, "d", zero="keeps no 10 s at all; write 92"),
        Key("coarse_days", number, 1, 40000, "d", zero="keeps no minutes at all; write 1827"),
        Key("long_days", number, 30, 40000, "d", zero="keeps no hours at all; write 3653"),
        Key("samples_mb", number, 10, 1e6, "MB", zero="keeps no samples at all; write 4000"),
        Key("recorder_hours", number, 1, 10000, "h", zero="keeps no recording; write 72"),
        Key("recorder_mb", number, 10, 1e6, "MB", zero="keeps no recording; write 1500"),
        Key("trips_mb", number, 10, 1e6, "MB", zero="keeps nothing around trips; write 500"),
    ),
    many=False,
)

SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        SITE,
        CONTROL,
        METER,
        FEEDER,
        ANY_SIGNAL,
        SWITCH,
        RACK,
        BOARD,
        INTERLOCK,
        OUTPUTS,
        GPIO,
        RECORD,
        TARIFF,
        MQTT,
        NOTIFY,
    )
}
