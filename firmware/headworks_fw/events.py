"""Contacts that latch: an event for each that became active, repeated until the host has it."""


class Events:
    """One event at most per contact; a contact that rises again gets a new number."""

    def __init__(self, boot_id):
        self._boot_id = boot_id
        self._last = 0
        self._open = {}

    def rose(self, channel, m):
        """A latching contact became active: the event's fields."""
        self._last += 1
        self._open[channel] = (self._last, m)
        return self._fields(channel)

    def waiting(self):
        """The fields of every event that nobody has acknowledged."""
        return [self._fields(channel) for channel in self._open]

    def acknowledge(self, number, boot_id):
        """The host has it; numbers of an earlier start mean nothing here."""
        if boot_id == self._boot_id:
            for channel, (mine, _) in list(self._open.items()):
                if mine == number:
                    del self._open[channel]

    def _fields(self, channel):
        number, m = self._open[channel]
        return {"e": number, "m": m, "c": channel, "on": 1}
