"""The schema of signals: one table per kind, one row per key; and what all tables share."""

from headworks.site.formats import addresses, clock, dates, days, listen
from headworks.site.schema import Key, Section
from headworks.site.values import choice, flag, name, number, point, text, whole

SIGNAL_KINDS = ("export", "setpoint", "contact", "schedule", "frequency")
LATER_KINDS = ("mqtt", "openadr")
MOST_KW = 2000.0  # one rack, or one container that is switched as a whole
SITE_KW = 100_000.0  # more than any site: 100 MW
NO_ZERO_AGE = "would make every value too old at once; leave it out for the default"


def name_row(example: str, *, needed: bool = True) -> Key:
    """The row of an entry's name."""
    return Key("name", name, needed=needed, example=f'"{example}"')


WINDOW = Section(
    "signal.window",
    (
        Key("days", days, needed=True, example='"daily"'),
        Key("from", clock, needed=True, field="start_min", example='"22:00"'),
        Key("to", clock, needed=True, field="end_min", example='"06:00"'),
        Key(
            "limit_kw",
            number,
            0,
            SITE_KW,
            "kW",
            zero_means="means zero watts in this window; leave it out for no limit",
        ),
    ),
)

_KIND = Key("kind", choice, needed=True, example='"export"', choices=SIGNAL_KINDS)
_METER = Key("meter", text, needed=True, example='"incomer"')

SIGNALS: dict[str, Section] = {
    "export": Section("signal", (name_row("export", needed=False), _KIND, _METER)),
    "setpoint": Section(
        "signal",
        (
            name_row("scada", needed=False),
            _KIND,
            Key("listen", listen, needed=True, example='"tcp://0.0.0.0:1502"'),
            Key("unit", whole, 1, 247),
            Key("heartbeat_s", number, 0.5, 3600, "s", zero=NO_ZERO_AGE),
            Key("allow", addresses, example='["10.0.0.5"]'),
        ),
    ),
    "contact": Section(
        "signal",
        (
            name_row("permit", needed=False),
            _KIND,
            Key("input", point, needed=True, example='"hat.in1"'),
            Key(
                "closed_kw",
                number,
                0,
                SITE_KW,
                "kW",
                zero_means="means zero watts even when closed; leave it out for no limit",
            ),
            Key("debounce_s", number, 0, 10, "s"),
        ),
    ),
    "schedule": Section(
        "signal",
        (
            name_row("night", needed=False),
            _KIND,
            Key("except_dates", dates, example='["2026-12-25"]'),
            Key("unsynced_ok", flag),
        ),
        child=WINDOW,
    ),
    "frequency": Section(
        "signal",
        (
            name_row("frequency", needed=False),
            _KIND,
            _METER,
            Key("trip_hz", number, 40, 65, "Hz"),
            Key("trip_delay_s", number, 0, 60, "s"),
            Key("restore_hz", number, 40, 65, "Hz"),
            Key("restore_s", number, 0, 86400, "s"),
            Key("droop_from_hz", number, 40, 65, "Hz"),
            Key("droop_to_hz", number, 40, 65, "Hz"),
        ),
    ),
}

# of a signal whose kind is not known yet
ANY_SIGNAL = Section("signal", (_KIND,), child=WINDOW)
