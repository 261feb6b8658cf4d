"""The words of the console, the same at a plain terminal and through the host.

They read; what could energise something says what it will do and wants to be confirmed.
"""

from . import modules, ticks
from .outputs import Refused

CONFIRM_MS = 10000
IDENTIFY_MS = 10000
HELP = """\
help      this list
info      what this board is and runs
sensors   every reading and fault
outputs   every output, its latch, and the contacts that trip it
selftest  checks sensors, memory and flash; moves no output
log       the last lines worth keeping
counters  figures on memory, loop and link
identify  the board's light blinks for 10 s
maint     outputs off, then a restart to the MicroPython prompt
restart   outputs off, then a restart
set       set OUTPUT off | on | arm; set learn takes new DS18B20 sensors
confirm   confirm OUTPUT: does what set has announced"""
INFO = "nm name,bd model,st state,fw firmware,sha manifest,cfg config,uid uid,sl slot,"
INFO += "why reset by,bt boot id,p protocol"  # fields of `hello`, and their words for people


class Shell:
    """Runs a line and returns lines; raises Refused. Made for each line, and keeps nothing."""

    def __init__(self, board):
        self._board = board

    def run(self, line):
        """What a person typed, as lines to show."""
        words = line.split()
        if not words:
            return []
        name = "help" if words[0] == "?" else words[0].lower()
        if name not in _words():
            raise Refused("unknown", "there is no word %s; %s" % (name[:16], _nearest(name)))
        return getattr(self, "_" + name)(words[1:])

    def _help(self, _):
        return HELP.split("\n")

    def _info(self, _):
        identity = self._board.identity
        pairs = [pair.split(" ", 1) for pair in INFO.split(",")]
        return ["%-10s %s" % (word, identity[key]) for key, word in pairs]

    def _sensors(self, _):
        hal = self._board.hal
        names = [name for sensor in self._board.all_sensors() for name in sensor.channels]
        return ["%-24s %s" % (n, hal.values.get(n, hal.faults.get(n, "not yet"))) for n in names]

    def _outputs(self, _):
        lines = []
        for output in self._board.outputs.all:
            state = "on" if output.on else "off"
            latch = ", latched by " + " and ".join(output.latched) if output.latched else ""
            trips = ", opens on " + " or ".join(output.trips) if output.trips else ""
            lines.append("%s is %s%s%s" % (output.name, state, latch, trips))
        return lines or ["this board has no outputs"]

    def _selftest(self, _):
        return modules.load("selftest").selftest(self._board)

    def _log(self, _):
        now = ticks.now()
        lines = self._board.log.lines
        return ["%d s ago: %s" % (ticks.diff(now, m) // 1000, text) for m, text in lines]

    def _counters(self, _):
        figures, link = self._board.health.figures(), self._board.link
        return [
            "up %d s" % figures["up"],
            "least free heap %d bytes" % figures["hp"],
            "longest collection %d ms" % figures["gc"],
            "longest loop %d ms" % figures["lp"],
            "frames refused %d" % link.refused,
            "frames dropped %d" % link.dropped,
        ]

    def _identify(self, _):
        self._board.light.blink(IDENTIFY_MS, ticks.now())
        return ["the light blinks for 10 s"]

    def _maint(self, _):
        self._board.leave("maint")
        return ["outputs are off; restarting to the MicroPython prompt"]

    def _restart(self, _):
        self._board.leave("restart")
        return ["outputs are off; restarting"]

    def _set(self, words):
        if words == ["learn"]:
            return self._learn()
        if len(words) != 2 or words[1] not in ("on", "off", "arm"):
            raise Refused("form", "set OUTPUT off | on | arm, or set learn")
        output = self._board.outputs.named(words[0])
        if words[1] == "off":
            output.set(0)
            return ["%s is off" % output.name]
        if words[1] == "on" and output.latch:
            output.lease(1, ticks.now())  # says why not
        until = ticks.add(ticks.now(), CONFIRM_MS)
        latched = tuple(output.latched)
        self._board.asked = (output.name, words[1], until, latched)
        clears = "clears the latch %s and " % " and ".join(latched) if latched else ""
        what = "%slets the host switch %s on again" % (clears, output.name)
        if words[1] == "on":
            what = "switches %s on for %d ms" % (output.name, output.max_ms)
        raise Refused("confirm", "this %s; within 10 s type: confirm %s" % (what, output.name))

    def _learn(self):
        strings = [sensor for sensor in self._board.sensors if hasattr(sensor, "learn")]
        for string in strings:
            string.learn()
        return ["the order is learned anew once all answer"] if strings else ["nothing to learn"]

    def _confirm(self, words):
        asked, self._board.asked = self._board.asked, None
        if not asked or words != [asked[0]] or ticks.diff(asked[2], ticks.now()) <= 0:
            raise Refused("confirm", "nothing waits to be confirmed; type set OUTPUT on first")
        output = self._board.outputs.named(asked[0])
        if asked[1] == "arm":
            for latch in asked[3] or ("",):
                self._board.outputs.arm(output.name, latch)
            return [output.told() if output.latched else "%s is armed" % output.name]
        self._board.outputs.command(output.name, 1, output.max_ms, ticks.now())
        return ["%s is on for %d ms" % (output.name, output.max_ms)]


def _words():
    return [line.split()[0] for line in HELP.split("\n")]


def _nearest(name):
    near = [word for word in _words() if _distance(word, name[:16]) <= 2 or word.startswith(name)]
    return "did you mean %s?" % " or ".join(near) if near else "help lists them all"


def _distance(one, other):
    """Letters to change, add or drop to make one word of the other."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        last, row[0] = row[0], i + 1
        for j, b in enumerate(other):
            last, row[j + 1] = row[j + 1], min(last + (letter != b), row[j] + 1, row[j + 1] + 1)
    return row[-1]
