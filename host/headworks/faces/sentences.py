"""The sentences of every reason code, fullest form first; the last form needs no figure.

Fields are the names of a reason's values (units in their names), and `subject` and `flow`,
which `words` adds. Data only.
"""

from collections.abc import Mapping

from headworks.faces.board_sentences import BOARDS
from headworks.faces.interlock_sentences import INTERLOCKS
from headworks.model.plan import RackState, ReasonCode

FORMS: Mapping[str, tuple[str, ...]] = {
    **BOARDS,
    **INTERLOCKS,
    # limits
    ReasonCode.EXPORT: (
        "{flow}, racks use {own_kw}, reserve {reserve_kw}.",
        "{flow} now.",
        "what is exported sets the limit.",
    ),
    ReasonCode.FEEDER: (
        "feeder {subject} is rated {rating_kw}, and others feed {fed_kw} into it.",
        "feeder {subject} is rated {rating_kw}, of which others use {other_kw}.",
        "the feeder is rated {rating_kw}, of which others use {other_kw}.",
        "the feeder's rating sets the limit.",
    ),
    ReasonCode.SETPOINT: (
        "the setpoint allows {limit_kw}.",
        "the setpoint sets no limit.",
    ),
    ReasonCode.CONTACT: (
        "the contact allows {limit_kw}.",
        "the contact is closed and sets no limit.",
    ),
    ReasonCode.SCHEDULE: (
        "the schedule allows {limit_kw} now.",
        "the schedule sets no limit now.",
    ),
    ReasonCode.DROOP: (
        "at {frequency_hz} the racks may draw {share} of their rated power.",
        "the grid frequency sets the limit.",
    ),
    ReasonCode.UNDER_FREQUENCY: (
        "off for low grid frequency: {frequency_hz}, tripped at {trip_hz}; "
        "at least {wait_s} to wait.",
        "off for low grid frequency: {frequency_hz}, tripped at {trip_hz}.",
        "off for low grid frequency.",
    ),
    ReasonCode.STALE: (
        "meter {meter} has given nothing new for {age_s}; at most {max_age_s} is trusted.",
        "{subject} is too old to be trusted.",
        "the last value is too old to be trusted.",
    ),
    ReasonCode.UNKNOWN: (
        "meter {meter} {quality}, which counts as no surplus.",
        "meter {meter} gives no {channel}, which counts as no surplus.",
        "{when} was {value} {began} and is unknown now, which counts as unsafe; "
        "a reset takes once it is known.",
        "board {unheard} {board_state}, so what it watches counts as unsafe.",
        "interlock {interlock} acts: {when} is unknown, which counts as unsafe.",
        "{subject} {quality}, which counts as no surplus.",
        "{subject} is unknown, which counts as no surplus.",
        "a source is unknown, which counts as no surplus.",
    ),
    ReasonCode.EXPIRED: (
        "{subject} ran out {ago_s} ago, which counts as no surplus.",
        "the last order ran out {ago_s} ago, which counts as no surplus.",
        "the last order ran out, which counts as no surplus.",
    ),
    ReasonCode.NO_SIGNAL: ("no signal that grants surplus is configured.",),
    ReasonCode.CAPACITY: (
        "nothing limits the racks; together they draw at most {kw} kW.",
        "nothing limits the racks.",
    ),
    # why a rack is on
    ReasonCode.RUNNING: ("running on surplus, drawing {power_kw}.", "running on surplus."),
    ReasonCode.STARTING: (
        "starting: {power_kw} so far, {claim_kw} more reserved.",
        "starting.",
    ),
    ReasonCode.MIN_ON: (
        "stays on another {wait_s} for its minimum on time; the surplus is {deficit_kw} short.",
        "stays on another {wait_s} for its minimum on time.",
        "stays on for its minimum on time.",
    ),
    ReasonCode.BUDGET: (
        "stays on: {deficit_kw} short, {used_kws} of {budget_kws} allowed are used.",
        "stays on through a small deficit.",
    ),
    ReasonCode.WELDED_ON: (
        "draws {power_kw} although it was told to be off.",
        "still closed although it was told to be off.",
    ),
    # why a rack is off
    ReasonCode.BOOT: ("just started: all racks are off until every switch is seen off.",),
    ReasonCode.NO_SURPLUS: (
        "waiting: {have_kw} of surplus, {need_kw} needed.",
        "waiting: {need_kw} of surplus needed.",
        "waiting for surplus.",
    ),
    ReasonCode.WAIT_SURPLUS: (
        "waiting: {have_kw} of surplus must last another {wait_s}.",
        "waiting: the surplus must last another {wait_s}.",
        "waiting: the surplus is enough, but has not lasted long enough.",
    ),
    ReasonCode.WAIT_SAMPLE: (
        "waiting for a new sample of meter {meter}.",
        "waiting for a sample newer than the last step.",
    ),
    ReasonCode.MIN_OFF: (
        "waiting {wait_s} for its minimum off time.",
        "waiting for its minimum off time.",
    ),
    ReasonCode.STARTS_HOUR: (
        "waiting {wait_s}: {starts} within the hour, no more are allowed.",
        "waiting: its starts of this hour are used.",
    ),
    ReasonCode.STARTS_DAY: (
        "waiting {wait_s}: {starts} within the day, no more are allowed.",
        "waiting: its starts of this day are used.",
    ),
    ReasonCode.START_WINDOW: (
        "waiting {wait_s} for its turn; {starts} at this site within {window_s}.",
        "waiting {wait_s} for its turn, since racks start in steps.",
        "waiting for its turn, since racks start in steps.",
    ),
    ReasonCode.RELEASED: (
        "switched off, since {source} {lost}.",
        "switched off, since the racks need {deficit_kw} more than {limit} allows.",
        "switched off because of {source}.",
        "switched off {since_s} ago, not yet seen open.",
        "switched off, since there is too little surplus.",
    ),
    ReasonCode.RELEASING: (
        "goes off in {wait_s}, since racks are switched off one after the other.",
        "goes off soon, since racks are switched off one after the other.",
    ),
    ReasonCode.NOTICE: (
        "stopping gracefully, at most {wait_s} more.",
        "stopping gracefully.",
    ),
    ReasonCode.OPERATOR_OFF: ("kept off by {by}.", "kept off by a person."),
    ReasonCode.LOCKED_OUT: (
        "locked out by {by}: {note}.",
        "locked out by {by}.",
        "locked out by a person.",
    ),
    ReasonCode.UPSTREAM_TRIPPED: (
        "held off while the breaker above is open for the welded rack {rack}; "
        "it may start when that one is reset.",
        "held off while the breaker above is open for a welded rack.",
    ),
    ReasonCode.FAILS_TO_CLOSE: (
        "told to close and did not, {tries}; check contactor and supply.",
        "told to close and did not; check contactor and supply.",
    ),
    ReasonCode.RETRY_WAIT: (
        "did not close, {tries} so far; tries again in {wait_s}.",
        "did not close; will try again.",
    ),
    ReasonCode.WELDED: (
        "told to open but draws {power_kw}, auxiliary contact {aux}; "
        "isolate it upstream, it will not close again without a reset.",
        "told to open and did not, auxiliary contact {aux}; "
        "isolate it upstream, it will not close again without a reset.",
        "told to open and did not; isolate it upstream, it will not close again without a reset.",
    ),
    ReasonCode.CHATTER: (
        "its contactor chatters: {changes} within {within_s} that nobody asked for.",
        "its contactor chatters.",
    ),
    ReasonCode.FEEDBACK_LOST: ("off, since its feedback cannot be read.",),
    ReasonCode.POWER_LOST: (
        "closed, yet nothing is drawn: its supply is gone; switched off until it starts anew.",
    ),
    ReasonCode.READBACK: (
        "its switch does not report what it was told, {tries}.",
        "its auxiliary contact is {aux}, which does not fit {power_kw} at its meter.",
        "its auxiliary contact is {aux}, which does not fit what it was told.",
        "its switch does not report what it was told.",
    ),
    # what became of a command
    ReasonCode.COMMAND: ("{actor} ordered {action}.", "an order was carried out."),
    ReasonCode.UNKNOWN_TARGET: (
        "nothing named {subject} takes this order.",
        "nothing of this name takes this order.",
    ),
    ReasonCode.NOTHING_TO_DO: (
        "{subject} is neither latched nor locked.",
        "nothing is latched or locked there.",
    ),
    ReasonCode.CAUSE_STAYS: (
        "no reset while interlock {interlock} sees its cause, or cannot see.",
        "no reset yet: the contactor has moved just now; try again in {wait_s}.",
        "no reset yet: {latch}, or did so until just now; look, then try again.",
        "no reset while the cause lasts.",
    ),
    # the station itself
    ReasonCode.STORAGE: (
        "what must last cannot be written: {error}.",
        "what must last cannot be written; check the disk.",
    ),
    ReasonCode.STORAGE_CORRUPT: (
        "what was kept is unreadable and is set aside as {path}; it began anew.",
        "what was kept is unreadable; it began anew.",
    ),
    ReasonCode.MEMORY_DROPPED: (
        "{name} is no longer in the site file; what was remembered of it is gone.",
        "something remembered is no longer in the site file.",
    ),
    ReasonCode.SCAN_LATE: (
        "a scan came {late_s} late; check the load of this machine.",
        "a scan came late; check the load of this machine.",
    ),
    ReasonCode.DEADMAN_HELD: (
        "the dead-man output stands still: the switch of {racks} has not said that it is off.",
        "held off, since the dead-man output stood still and no rack had power.",
    ),
    ReasonCode.RESTART_NEEDED: (
        "{file} has changed; restart the station to use it.",
        "the site file has changed; restart the station to use it.",
    ),
    ReasonCode.SITE_REFUSED: (
        "the changed site file is refused and the old one still runs: {error}.",
        "the changed site file is refused and the old one still runs.",
    ),
}

QUALITIES: Mapping[str, str] = {
    "never": "has not been heard yet",
    "silent": "does not answer",
    "error": "answers with errors",
    "not-available": "says that it has no value",
    "frozen": "shows values that never change",
    "implausible": "shows values that cannot be",
    "not-a-number": "gives a value that is no number",
    "good": "is good",
}

LIMITS: Mapping[str, str] = {
    ReasonCode.EXPORT: "the surplus",
    ReasonCode.FEEDER: "the feeder",
    ReasonCode.SETPOINT: "the setpoint",
    ReasonCode.CONTACT: "the contact",
    ReasonCode.SCHEDULE: "the schedule",
    ReasonCode.DROOP: "the grid frequency",
    ReasonCode.UNDER_FREQUENCY: "the grid frequency",
    ReasonCode.STALE: "a source that is too old",
    ReasonCode.UNKNOWN: "an unknown source",
    ReasonCode.EXPIRED: "an order that ran out",
    ReasonCode.NO_SIGNAL: "a site without a signal",
    ReasonCode.CAPACITY: "the site",
}

LOST: Mapping[str, str] = {
    ReasonCode.STALE: "is too old to be trusted",
    ReasonCode.UNKNOWN: "is unknown",
    ReasonCode.EXPIRED: "has run out",
}

CHANNELS: Mapping[str, str] = {
    "power_kw": "power",
    "frequency_hz": "frequency",
}

LATCHES: Mapping[str, str] = {
    ReasonCode.WELDED: "the contactor stays closed",
    ReasonCode.CHATTER: "the contactor chatters",
    ReasonCode.READBACK: "the switch reports something else than it was told",
    ReasonCode.FAILS_TO_CLOSE: "the contactor stays open",
}

STATES: Mapping[str, str] = {
    RackState.OFF: "off",
    RackState.STARTING: "starting",
    RackState.RUNNING: "running",
    RackState.STOPPING: "stopping",
    RackState.FAULTED: "faulted",
    RackState.TRIPPED: "tripped",
    RackState.LOCKED_OUT: "locked out",
}
