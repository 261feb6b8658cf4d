"""Every reason is one plain sentence, whatever figures it brings or lacks."""

import math
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.faces.sentences import FORMS, STATES
from headworks.faces.words import clean, sentence, state_word
from headworks.model.plan import RackState, ReasonCode

# as control and station give them
GIVEN: list[tuple[str, Mapping[str, float | str], str]] = [
    (
        "export",
        {"export_kw": 40.04, "own_kw": 72.0, "reserve_kw": 25.0},
        "Exporting 40 kW, racks use 72 kW, reserve 25 kW.",
    ),
    (
        "export",
        {"export_kw": -3.26, "own_kw": 0.0, "reserve_kw": 0.0},
        "Importing 3.3 kW, racks use 0 kW, reserve 0 kW.",
    ),
    (
        "feeder",
        {"rating_kw": 630.0, "other_kw": 412.3},
        "Feeder tx1 is rated 630 kW, of which others use 412 kW.",
    ),
    ("setpoint", {"limit_kw": 0.0}, "The setpoint allows 0 kW."),
    ("setpoint", {}, "The setpoint sets no limit."),
    ("contact", {}, "The contact is closed and sets no limit."),
    ("schedule", {"limit_kw": 400.0}, "The schedule allows 400 kW now."),
    (
        "droop",
        {"frequency_hz": 49.61, "share": 0.366},
        "At 49.61 Hz the racks may draw 37 % of their rated power.",
    ),
    (
        "under-frequency",
        {"frequency_hz": 49.3, "trip_hz": 49.4, "wait_s": 300.0},
        "Off for low grid frequency: 49.30 Hz, tripped at 49.40 Hz; at least 5 min to wait.",
    ),
    (
        "stale",
        {"meter": "incomer", "age_s": 3.24, "max_age_s": 3.0},
        "Meter incomer has given nothing new for 3.2 s; at most 3 s is trusted.",
    ),
    (
        "unknown",
        {"meter": "incomer", "quality": "silent"},
        "Meter incomer does not answer, which counts as no surplus.",
    ),
    (
        "unknown",
        {"meter": "incomer", "channel": "frequency_hz"},
        "Meter incomer gives no frequency, which counts as no surplus.",
    ),
    (
        "unknown",
        {"interlock": "stop", "when": "hat.in8"},
        "Interlock stop acts: hat.in8 is unknown, which counts as unsafe.",
    ),
    ("unknown", {"quality": "never"}, "tx1 has not been heard yet, which counts as no surplus."),
    ("expired", {"ago_s": 75.0}, "tx1 ran out 1 min 15 s ago, which counts as no surplus."),
    ("running", {"power_kw": 35.94}, "Running on surplus, drawing 36 kW."),
    (
        "starting",
        {"power_kw": 1.23, "claim_kw": 34.8},
        "Starting: 1.2 kW so far, 35 kW more reserved.",
    ),
    ("no-surplus", {"need_kw": 41.0, "have_kw": 31.2}, "Waiting: 31 kW of surplus, 41 kW needed."),
    (
        "no-surplus",
        {"need_kw": 41.0, "have_kw": 40.98},
        "Waiting: 40.9 kW of surplus, 41 kW needed.",
    ),
    ("no-surplus", {"need_kw": 41.0, "have_kw": math.inf}, "Waiting: 41 kW of surplus needed."),
    (
        "wait-surplus",
        {"wait_s": 12.3, "need_kw": 41.0, "have_kw": 55.0},
        "Waiting: 55 kW of surplus must last another 12 s.",
    ),
    ("min-off", {"wait_s": 3725.0}, "Waiting 1 h 2 min for its minimum off time."),
    ("min-off", {"wait_s": 0.01}, "Waiting 0.1 s for its minimum off time."),
    ("min-off", {"wait_s": 0.0}, "Waiting for its minimum off time."),
    (
        "starts-hour",
        {"wait_s": 59.7, "starts": 6.0},
        "Waiting 1 min: 6 starts within the hour, no more are allowed.",
    ),
    (
        "start-window",
        {"wait_s": 0.4, "starts": 1.0, "window_s": 60.0},
        "Waiting 0.4 s for its turn; 1 start at this site within 1 min.",
    ),
    (
        "budget",
        {"deficit_kw": 8.0, "used_kws": 24.0, "budget_kws": 60.0},
        "Stays on: 8 kW short, 24 kW·s of 60 kW·s allowed are used.",
    ),
    (
        "released",
        {"deficit_kw": 32.4, "limit": "export", "source": "surplus"},
        "Switched off, since the racks need 32 kW more than the surplus allows.",
    ),
    (
        "released",
        {"deficit_kw": 324.0, "limit": "unknown", "source": "surplus"},
        "Switched off, since surplus is unknown.",
    ),
    ("released", {"since_s": 1.5}, "Switched off 1.5 s ago, not yet seen open."),
    ("locked-out", {"by": "amina", "note": "fan swap"}, "Locked out by amina: fan swap."),
    ("locked-out", {"by": "amina", "note": ""}, "Locked out by amina."),
    (
        "tripped",
        {"interlock": "stop", "when": "hat.in8", "value": "active"},
        "Tripped by interlock stop: hat.in8 was active; it waits for a reset.",
    ),
    (
        "interlock",
        {"interlock": "low", "when": "incomer.voltage_l1_v", "value": 198.437},
        "Interlock low acts: incomer.voltage_l1_v is 198.4 V.",
    ),
    (
        "welded",
        {"aux": "closed", "power_kw": 33.0},
        "Told to open but draws 33 kW, auxiliary contact closed; "
        "isolate it upstream, it will not close again without a reset.",
    ),
    (
        "retry-wait",
        {"wait_s": 30.0, "tries": 1.0},
        "Did not close, 1 try so far; tries again in 30 s.",
    ),
    (
        "cause-stays",
        {"action": "reset", "actor": "amina", "role": "operator", "latch": "welded"},
        "No reset yet: the contactor stays closed, or did so until just now; look, then try again.",
    ),
    (
        "local-only",
        {"action": "reset", "interlock": "smoke", "contact": "hat.in5"},
        "Interlock smoke is reset at the racks only: press hat.in5 when its cause is gone.",
    ),
    (
        "local-reset",
        {"interlock": "smoke", "contact": "hat.in5"},
        "Interlock smoke was reset by hat.in5.",
    ),
    (
        "cause-stays",
        {"action": "reset", "latch": "welded", "wait_s": 7.0},
        "No reset yet: the contactor has moved just now; try again in 7 s.",
    ),
    ("command", {"action": "off", "actor": "amina", "role": "operator"}, "amina ordered off."),
    ("storage", {"error": "No space left"}, "What must last cannot be written: No space left."),
]


@pytest.mark.parametrize(
    ("code", "values", "words"), GIVEN, ids=[f"{n}-{g[0]}" for n, g in enumerate(GIVEN)]
)
def test_sentences(code: str, values: Mapping[str, float | str], words: str) -> None:
    """Figures are rounded sensibly and carry their units."""
    assert sentence(code, values, "tx1") == words


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_code_has_a_sentence(code: ReasonCode) -> None:
    """Each code of the model has forms of its own, and the last needs no figure at all."""
    assert code in FORMS
    assert "{" not in FORMS[code][-1]
    _plain(sentence(code, {}))


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_form_can_be_reached(code: ReasonCode) -> None:
    """A form's own figures give that form: an earlier one never hides it."""
    for form in FORMS[code]:
        names = re.findall(r"{(\w+)}", form)
        values: dict[str, float | str] = {
            name: 1.5 for name in names if name not in ("subject", "flow", "lost")
        }
        if "flow" in names:
            values["export_kw"] = 1.5
        if "lost" in names:
            values["limit"] = "unknown"
        text = sentence(code, values, "tx1" if "subject" in names else "")
        _plain(text)
        fixed = re.split(r"{\w+}", form)
        assert all(part.lower() in text.lower() for part in fixed), form


def _plain(text: str) -> None:
    """One sentence without anything of a program in it."""
    assert text.endswith(".")
    assert "\n" not in text
    assert not re.search(r"[{}]|None|nan|inf\b|\(\(|ReasonCode|<|'\w+'", text), text


_VALUES = st.one_of(
    st.floats(),
    st.integers(),
    st.text(max_size=20),
    st.none(),
    st.lists(st.integers()),
    st.booleans(),
)
_NAMES = sorted({n for forms in FORMS.values() for f in forms for n in re.findall(r"{(\w+)}", f)})


@given(
    st.one_of(st.sampled_from(list(ReasonCode)), st.text(max_size=20)),
    st.dictionaries(st.sampled_from([*_NAMES, "export_kw", "kw"]), _VALUES, max_size=9),
    st.text(max_size=20),
)
def test_nothing_breaks_a_sentence(code: str, values: dict[str, object], subject: str) -> None:
    """Any figures of any type, and any names, give printable text and no exception."""
    text = sentence(code, values, subject)  # type: ignore[arg-type]
    assert text.isprintable()
    assert text.endswith(".")


@pytest.mark.parametrize("value", ["x", "", True, math.nan, 41.0])
def test_equal_figures_of_any_kind_give_a_sentence(value: float | str) -> None:
    """A need and a surplus that look the same, even as text, break nothing."""
    assert sentence("no-surplus", {"have_kw": value, "need_kw": value}).startswith("Waiting")


def test_terminal_escapes_are_made_visible() -> None:
    """Escapes, line ends and marks of writing direction in names cannot steer a terminal."""
    assert clean("a\x1b[31m\nb\u202e\x9b") == "a\\x1b[31m\\x0ab\\u202e\\x9b"
    assert clean("سب کچھ – fine") == "سب کچھ – fine"
    text = sentence("locked-out", {"by": "\x1b]0;x\x07", "note": "{note}"})
    assert text == "Locked out by \\x1b]0;x\\x07: {note}."


def test_unknown_code_speaks_for_itself() -> None:
    """A code of a newer station is shown in its own words."""
    assert sentence("brown-out", {"x": 1.0}) == "Brown out."
    assert sentence("", {}) == "Unknown."


@pytest.mark.parametrize("state", list(RackState))
def test_every_state_has_a_word(state: RackState) -> None:
    """Each state of a rack has a word; one of a newer station is shown as it is."""
    assert state_word(state) == STATES[state]
    assert "-" not in state_word(state)
    assert state_word("half-on") == "half on"
