"""Outputs that are on only while the host renews their lease, and the local rules that open them.

Off first thing; a lease that ends or a contact that trips latches. What a contact latched is kept
over restarts, until it is armed. Knows no message.
"""

from . import ticks
from .latches import BROKEN

LEASE = "lease"  # this latch is not kept: the host arms it by itself
AGAIN_MS = 60000  # between two tries to write what the flash refuses


class Refused(Exception):
    """A command is not carried out. `code` as in firmware/LINK.md; the text is a sentence."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


class Output:
    """One output. `make_pin(number, level)` gives a pin that starts at this level."""

    def __init__(self, entry, make_pin):
        self.name = entry["name"]
        self.max_ms = entry["max_ms"]
        self.trips = entry.get("trips", [])
        self.causes = entry.get("causes", self.trips)  # in safe mode contacts trip nothing
        self.reset = entry.get("reset")  # a button's contact: armed when it is pressed
        self.was_pressed = 1  # a button that is held from the start is no press
        self.on = 0
        self.latched = []  # what keeps it open, the first to come first
        self._until = 0
        self._active_high = entry["active_high"]
        self._pin = make_pin(entry["pin"], 0 if self._active_high else 1)

    @property
    def latch(self):
        """The first of what keeps it open; empty where nothing does."""
        return self.latched[0] if self.latched else ""

    def set(self, on):
        """Drives the pin; every pass, so that a disturbed pin does not stay disturbed."""
        self.on = on
        self._pin.value(on if self._active_high else 1 - on)

    def lease(self, ms, now):
        """On for so long. Raises Refused."""
        if self.latch:
            raise Refused("latched", self.told())
        if not 0 < ms <= self.max_ms:
            raise Refused("range", "%s takes 1 to %d ms" % (self.name, self.max_ms))
        self._until = ticks.add(now, ms)
        self.set(1)

    def told(self):
        """What keeps it open, as a sentence."""
        return "%s is latched by %s" % (self.name, " and ".join(self.latched))

    def expired(self, now):
        """Whether its lease is over."""
        return self.on and ticks.diff(self._until, now) <= 0


class Outputs:
    """All outputs of the board; `contacts` is filled in by name once there are any.

    `latches` keeps what contacts have latched; nothing is read from it before `restore`.
    """

    def __init__(self, entries, make_pin, latches):
        self.all = [Output(entry, make_pin) for entry in entries]
        self._latches = latches
        self._write_ms = None  # when the latches are due to be written
        self.contacts = {}
        self.locked = ""  # why nothing may be switched on any more
        self.log = _print

    def off(self):
        """All off, without a latch."""
        for output in self.all:
            output.set(0)

    def restore(self, now):
        """Latches what was latched before the start; all, where that cannot be known or kept."""
        kept = self._latches.load() if self.all else {}
        names = [output.name for output in self.all]
        if kept is None or not all(name in names for name in kept):
            self.log("the file of latches cannot be read: every output is latched")
            kept = dict.fromkeys(names, BROKEN)
        for output in self.all:
            for cause in kept.get(output.name, ()):
                known = cause if cause in output.causes else BROKEN
                if known not in output.latched:
                    output.latched.append(known)
            if output.latched:
                self.log("%s is still latched: %s" % (output.name, " ".join(output.latched)))
        if self.all and not self.locked and not self._keep(now):
            for output in self.all:  # a trip could not be kept either
                output.latched = output.latched or [BROKEN]

    def check(self, now):
        """Opens what must be open now; only then are new latches written."""
        for output in self.all:
            if output.expired(now):
                self._open(output, LEASE, now)
            for trip in output.trips:
                if trip not in output.latched and self.contacts[trip].active:
                    self._open(output, trip, now)
            button = self.contacts.get(output.reset)
            if button is not None:  # safe mode has no contacts
                self._look_at_button(output, button.active)
            output.set(output.on)
        if self._write_ms is not None and ticks.diff(now, self._write_ms) >= 0:
            self._keep(now)

    def _look_at_button(self, output, pressed):
        """Only a press after the cause is over arms; the host decides what comes then."""
        before, output.was_pressed = output.was_pressed, pressed
        causes = [trip for trip in output.trips if self.contacts[trip].active]
        if pressed and not before and output.latch and not causes and not self.locked:
            try:
                self._clear(output, [])
            except Refused as refused:
                self.log(str(refused))
            else:
                self.log("%s armed by %s" % (output.name, output.reset))

    def named(self, name):
        """The output. Raises Refused."""
        for output in self.all:
            if output.name == name:
                return output
        raise Refused("unknown", "there is no output %s" % str(name)[:16])

    def command(self, name, on, ms, now, renews=0):
        """The host's `out`; one that renews closes nothing that has opened. Raises Refused."""
        output = self.named(name)
        if on and self.locked:
            raise Refused("busy", self.locked)
        if on not in (0, 1) or not isinstance(ms, int):
            raise Refused("form", "out needs o, on (0 or 1) and ms")
        if on:
            self.check(now)  # a contact that just closed goes before
            if renews and not output.on and not output.latch:
                raise Refused("off", "%s is off; there is nothing to renew" % output.name)
            output.lease(ms, now)
        else:
            output.set(0)

    def arm(self, name, latch=None):
        """Clears what keeps an output open, once all its causes are over. Raises Refused.

        With `latch`, this alone; what else keeps it open stays.
        """
        output = self.named(name)
        if self.locked:
            raise Refused("busy", self.locked)
        for trip in output.trips:
            if self.contacts[trip].active:
                raise Refused("unarmed-cause", "%s is still active" % trip)
        if latch is not None and output.latched and latch not in output.latched:
            raise Refused("latched", output.told())
        self._clear(output, [one for one in output.latched if latch not in (None, one)])

    def state(self):
        """Name -> [on, latch]."""
        return {output.name: [output.on, output.latch] for output in self.all}

    def _open(self, output, cause, now):
        was = output.on
        output.set(0)
        if cause == LEASE and output.latched:
            return  # a contact outranks it
        output.latched = [one for one in output.latched if one != LEASE] + [cause]
        if cause != LEASE:
            self._write_ms = now
        self.log("%s %s: %s" % (output.name, "opened" if was else "latched", cause))

    def _clear(self, output, left):
        """All but these, in the file first. Raises Refused where the flash does not take that."""
        before, output.latched = output.latched, left
        if before not in (left, [LEASE]) and not self._latches.save(self._kept()):
            output.latched = before
            raise Refused(
                "busy", "%s stays latched: the board's flash refuses to write" % output.name
            )

    def _keep(self, now):
        """Whether the latches are written; where not, again later."""
        kept = self._latches.save(self._kept())
        self._write_ms = None if kept else ticks.add(now, AGAIN_MS)
        if not kept:
            self.log("the flash refuses to write: a restart loses what is latched")
        return kept

    def _kept(self):
        return {one.name: one.latched for one in self.all if one.latch not in ("", LEASE)}


def _print(text: str) -> None:
    print(text)
