"""A dry contact as a signal: open is zero watts at once, closed counts when it has lasted.

The switch that reads the input has filtered its bounces already; the debounce here only holds
back power. Pure: time and the input's observation are arguments. Reads no pin.
"""

from typing import NamedTuple

from headworks.model.live import Observation, Quality, SignalValue
from headworks.model.site import ContactSignal

MAX_AGE_S = 3.0  # an input not seen for so long is unknown [ours]


class Contact(NamedTuple):
    """The contact. `closed` None is unknown; `raw` has been seen since `since_s`."""

    closed: bool | None = None
    raw: bool | None = None
    since_s: float = float("-inf")

    @property
    def pending(self) -> bool:
        """Whether a closing waits for its debounce time to pass."""
        return self.raw is True and self.closed is not True


def update(
    contact: Contact, spec: ContactSignal, seen: Observation | None, t_s: float
) -> tuple[Contact, SignalValue]:
    """The contact after one look. Open counts at once, closed after `debounce_s`."""
    fault = _fault(seen, t_s)
    if seen is None or fault is not None:
        return Contact(), fault or SignalValue(t_s, Quality.NEVER, 0.0)
    raw = bool(seen.value)
    since_s = contact.since_s if raw == contact.raw else t_s
    settled = not raw or t_s >= since_s + spec.debounce_s
    now = Contact(raw if settled else contact.closed, raw, since_s)
    return now, _value(now, spec, seen)


def _fault(seen: Observation | None, t_s: float) -> SignalValue | None:
    if seen is None:
        return SignalValue(t_s, Quality.NEVER, 0.0, note="the input has not been read yet")
    if seen.quality is not Quality.GOOD:
        return SignalValue(seen.t_s, seen.quality, 0.0, note=seen.cause)
    if not isinstance(seen.value, bool):
        return SignalValue(seen.t_s, Quality.IMPLAUSIBLE, 0.0, note="the input is not a contact")
    if t_s - seen.t_s > MAX_AGE_S:
        note = f"the input was not read for {t_s - seen.t_s:.1f} s"
        return SignalValue(seen.t_s, Quality.SILENT, 0.0, note=note)
    return None


def _value(contact: Contact, spec: ContactSignal, seen: Observation) -> SignalValue:
    until_s = seen.t_s + MAX_AGE_S
    if contact.closed is None:
        return SignalValue(seen.t_s, Quality.NEVER, 0.0, until_s, "the contact is settling")
    if not contact.closed:
        return SignalValue(seen.t_s, Quality.GOOD, 0.0, until_s, "the contact is open")
    return SignalValue(seen.t_s, Quality.GOOD, spec.closed_kw, until_s, "the contact is closed")
