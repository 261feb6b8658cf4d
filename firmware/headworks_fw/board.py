"""One board: its parts, and one pass of its loop. Reads no file and resets nothing by itself."""

from . import modules, ticks, wire
from .commands import NO_MEMORY, Commands
from .events import Events
from .health import Task
from .link import plain
from .outputs import Refused

PASS_MS = 20  # longest pause between two looks at the outputs
SECOND_MS = 1000
CONSOLE_MS = 10000  # after a line the console's words leave memory again
LEAVE_MS = 300  # for the answer to reach the host
STALE_TIMES = 3  # a sensor's period
_OWN_KINDS = ("hello", "t", "st", "ev", "log", "ok", "no", "x", "idle")


class Board:
    """Put together by app; `identity` holds the fields of `hello` in their order."""

    def __init__(self, identity, hal, outputs, link, health, log, light):
        self.identity = identity
        self.hal, self.outputs, self.link = hal, outputs, link
        self.health, self.log, self.light = health, log, light
        self.sensors = []
        self.contacts = []
        self.greeted = False  # a host has asked who this is
        self.asked = None  # what the console waits to have confirmed
        self.leaving = None  # the reason, once a restart is due
        self._latching: tuple[str, ...] = ()
        self._console_ms: object = None  # the last line, while the words are in memory
        self._hear = self._heard  # bound once, as each look at it makes an object
        self._commands = Commands(self)
        self._events = Events(identity["bt"])
        now = ticks.now()
        self._began = now
        self.tasks = [
            Task(health.collect, now),
            Task(self._second, now),
            Task(light.step, now),
        ]
        log.sink = self._send_log

    def add(self, sensor):
        """A sensor or tach takes part from now on."""
        self.sensors.append(sensor)
        self.tasks.append(Task(sensor.step, ticks.now()))

    def add_contact(self, contact, latches):
        """A contact takes part from now on; whether it latches."""
        self.contacts.append(contact)
        self.outputs.contacts[contact.name] = contact
        self.tasks.append(Task(contact.step, ticks.now()))
        if latches:
            self._latching += (contact.name,)
            contact.rose = bool(contact.active)  # active from the start is an event too

    def every(self, ms, work):
        """Runs work(now) each so many ms, the first time after as many; its answer is ignored."""

        def again(now):
            work(now)
            return ms

        self.tasks.append(Task(again, ticks.now(), ms))

    def step(self):
        """One pass; in how many ms the next one is due."""
        now = ticks.now()
        wait = PASS_MS
        for task in self.tasks:
            wait = min(wait, task.run(now))
        self._look_at_contacts(now)
        self.outputs.check(now)
        for sensor in self.sensors:
            if sensor.fresh:
                sensor.fresh = False
                self._read(sensor, sensor.sample_ms)
        self.link.receive(self._hear)
        self.link.flush()
        self.health.feed(now, self.tasks)  # here, as the outputs have been looked at
        self.health.lap(now, ticks.now())
        return wait

    def hello(self, number=0):
        """Queues a `hello`."""
        self.link.reply("hello", dict(self.identity, n=number), first=True)

    def leave(self, why):
        """Outputs off, and a restart is due once the answer is out."""
        self.outputs.off()
        self.outputs.locked = "the board is about to restart"
        self.leaving = why

    def console(self, line):
        """What a person typed, as lines to show. Raises Refused."""
        try:
            return modules.load("shell").Shell(self).run(line)
        except MemoryError:
            raise Refused("busy", NO_MEMORY) from None
        finally:
            self._console_ms = ticks.now()

    def all_sensors(self):
        """Sensors, tachs and contacts."""
        return self.sensors + self.contacts

    def _look_at_contacts(self, now):
        changed = False
        for contact in self.contacts:
            if contact.fresh:
                contact.fresh = False
                changed = True
            if contact.rose:
                contact.rose = False
                if contact.name in self._latching:
                    self.link.news("ev", self._events.rose(contact.name, now))
        if changed:
            self._send_contacts(now)

    def _send_contacts(self, now):
        for contact in self.contacts:
            contact.read(self.hal.values, self.hal.faults)
        names = [contact.name for contact in self.contacts]
        self.link.readings(now, names, self.hal.values, self.hal.faults)

    def _read(self, sensor, m):
        sensor.read(self.hal.values, self.hal.faults)
        self.link.readings(m, sensor.channels, self.hal.values, self.hal.faults)

    def _second(self, now):
        if self._console_ms is not None and ticks.diff(now, self._console_ms) > CONSOLE_MS:
            self._console_ms = None
            modules.drop("shell")
            modules.drop("selftest")
            self._commands.rest()
        if self.asked and ticks.diff(self.asked[2], now) <= 0:
            self.asked = None
        fields = self.health.figures()
        fields["m"] = now
        fields["ce"], fields["dr"] = self.link.refused, self.link.dropped
        fields["o"] = self.outputs.state()
        self.link.news("st", fields)
        self._send_contacts(now)
        for event in self._events.waiting():
            if event["m"] != now:  # later or earlier: the counter's half span is 6 days
                self.link.news("ev", event)
        for sensor in self.sensors:
            last = self._began if sensor.sample_ms is None else sensor.sample_ms
            if ticks.diff(now, last) > STALE_TIMES * sensor.every_ms:
                self._stale(sensor, now)
        return SECOND_MS

    def _stale(self, sensor, now):
        for channel in sensor.channels:
            self.hal.values.pop(channel, None)
            self.hal.faults[channel] = "STALE"
        self.link.readings(now, sensor.channels, self.hal.values, self.hal.faults)

    def _send_log(self, m, text):
        self.link.news("log", {"m": m, "s": plain(text)})

    def _heard(self, item):
        if isinstance(item, wire.Text):
            self._typed(item.text)
        elif not _own(item):
            self._asked(item.kind, item.fields)
            if self.link.address and item.kind != "ack":
                self.link.answer()

    def _asked(self, kind, fields):
        if kind == "hi":
            self.greeted = True
            self.hello(fields.get("n", 0))
        elif kind == "beat":
            self.link.reply("beat", {"i": fields.get("i"), "m": ticks.now()}, first=True)
        elif kind == "ack":
            self._events.acknowledge(fields.get("e"), fields.get("bt"))
        elif kind == "do":
            self._commands.do(fields)
        elif kind != "poll":
            sentence = "there is no kind " + plain(kind[:16])
            self.link.reply("no", {"i": 0, "e": "unknown", "s": sentence})

    def _typed(self, line):
        try:
            lines = self.console(line)
        except Refused as refused:
            lines = [str(refused)]
        for text in lines:
            self.link.text(text)


def _own(frame):
    """Whether it is the board's own word, from a port that echoes: it gets no answer."""
    return frame.kind in _OWN_KINDS or (frame.kind == "beat" and "m" in frame.fields)
