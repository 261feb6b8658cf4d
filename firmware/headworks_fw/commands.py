"""The host's `do`: carried out once, answered the same each time it is asked again."""

from . import ticks
from .link import plain
from .outputs import Refused

NO_MEMORY = "there is no memory free for this; try again"
LINE_LENGTH = 150  # letters of an `x` line, so that it fits with its quotes escaped


class Commands:
    """`board` is what the commands act on."""

    def __init__(self, board):
        self._board = board
        self._number = None
        self._answer = []

    def do(self, fields):
        """Carries out a command and queues its answer."""
        link = self._board.link
        number = fields.get("i")
        if not isinstance(number, int):
            link.reply("no", {"i": 0, "e": "form", "s": "do needs a number i"})
            return
        if link.address or _is_off(fields):
            link.forget()  # the host asks anew: it no longer waits for the rest of an answer
        if self._answer and link.waits(self._answer[-1]):
            if number != self._number:
                link.reply("no", {"i": number, "e": "busy", "s": "an answer is still under way"})
        elif number == self._number:
            for frame in self._answer:
                link.again(frame)
        else:
            self._number = number
            self._answer = []
            try:
                self._answer = self._carry_out(number, fields, link)
            except MemoryError:
                link.forget()  # lines of an answer that has no room
                self._answer = [link.reply("no", {"i": number, "e": "busy", "s": NO_MEMORY})]

    def rest(self):
        """The host has had its three tries: of a long answer the end is enough."""
        self._answer = self._answer[-1:]

    def _carry_out(self, number, fields, link):
        frames: list[object] = []
        try:
            lines = self._run(fields)
        except Refused as refused:
            answer = {"i": number, "e": refused.code, "s": plain(str(refused))[:LINE_LENGTH]}
            return [link.reply("no", answer)]
        for line in lines:
            text = plain(line)[:LINE_LENGTH]
            frames.append(link.reply("x", {"i": number, "k": len(frames), "s": text}))
        frames.append(link.reply("ok", {"i": number}))
        return frames

    def _run(self, fields):
        command, board, now = fields.get("c"), self._board, ticks.now()
        by = fields.get("by", now)
        if not isinstance(by, int) or not 0 <= by < 1 << ticks.BITS:
            raise Refused("form", "by is a count of ticks")
        own = board.identity["bt"]
        if (ticks.diff(by, now) < 0 or fields.get("bt", own) != own) and not _is_off(fields):
            raise Refused("late", "this came too late and is not done; ask again")
        if command == "out":
            on, ms, renews = fields.get("on"), fields.get("ms", 0), fields.get("rn", 0)
            board.outputs.command(fields.get("o"), on, ms, now, renews)
        elif command == "arm":
            board.outputs.arm(fields.get("o"), fields.get("l"))
            left = board.outputs.named(fields.get("o"))
            return [left.told()] if left.latched else []
        elif command == "con":
            line = fields.get("l")
            if not isinstance(line, str):
                raise Refused("form", "con needs a line l")
            return board.console(line)
        elif command == "blink":
            board.light.blink(_milliseconds(fields), now)
        elif command in ("maint", "restart"):
            board.leave(command)
        else:
            raise Refused("unknown", "there is no command %s" % str(command)[:16])
        return []


def _is_off(fields):
    """Whether it only takes power away: such a one is carried out at any time."""
    return fields.get("c") == "out" and fields.get("on") == 0


def _milliseconds(fields):
    ms = fields.get("ms")
    if not isinstance(ms, int) or not 0 < ms <= 600000:
        raise Refused("range", "blink takes 1 to 600000 ms")
    return ms
