"""Frames and console text over one stream: what waits to be sent, what came, and what was lost.

Answers go before news; when news pile up the oldest are dropped and counted. On a shared line
(`address` is not 0) nothing is sent but one frame by `answer()`. Knows what no message means.
"""

from . import ticks, wire

NEWS = 16  # frames
ANSWERS = 4096  # bytes; the longest answer of the console is shorter
ROOM = wire.LONGEST - 56  # bytes for the readings in a frame of them, beside all the rest
HOST_MS = 30000  # without a frame from it there is no host
QUIET_MS = 10000  # after a key, so that news do not tear a person's screen apart
TYPED = 80  # letters of a typed line; a longer one is noise
EACH = 32  # bytes that an answer costs beside its own
_RUBOUT = (8, 127)
_TAB = 9  # completes at other consoles; here it spoils no line
SHOWN = "| "  # begins every line of text from the board; no word does, so an echo is no command


class Line(wire.Reader):
    """The line under way, with what a person at a terminal expects of it."""

    def __init__(self):
        super().__init__()
        self._noise = False

    def take(self, byte):
        """One byte in; the Frame, Text or Bad that it completes, else None. Noise is nothing."""
        if byte in (10, 13):
            if self._noise:
                self._noise, self._line = False, bytearray()
            return self._end()
        if byte in _RUBOUT and self.is_text():
            self._line = self._line[:-1]
        elif byte == _TAB and self.is_text():
            return None
        elif self.is_text() and (len(self._line) >= TYPED or not 32 <= byte < 127):
            self._noise = True
        elif len(self._line) < wire.LONGEST:
            self._line.append(byte)
        else:
            self._cut = True
        return None

    def echo(self, byte):
        """What a terminal should see of the byte just about to be taken."""
        if not self.is_text() or byte == 126 or self._noise:
            return b""
        if byte in _RUBOUT:
            return b"\b \b" if self._line else b""
        if byte in (10, 13):
            return b"\r\n" if self._line else b""
        return bytes((byte,)) if 32 <= byte < 127 and len(self._line) < TYPED else b""


class Link:
    """One stream to the host."""

    def __init__(self, stream, address=0):
        self.address = address
        self.refused = 0  # frames that came broken
        self.dropped = 0  # frames that nobody took
        self._stream = stream
        self._line = Line()
        self._q = 0
        self._answers = []
        self._waiting = 0  # bytes in them, and EACH for each
        self._news = []
        self._under_way = None
        self._sent = 0
        self._heard_ms = ticks.add(ticks.now(), -HOST_MS)  # the last frame from a host
        self._typed_ms = ticks.add(ticks.now(), -QUIET_MS)  # the last key of a person

    def receive(self, handle):
        """Calls handle(item) for each Frame for this board and each Text that has come."""
        data = self._stream.read()
        if not data:
            return
        shown = bytearray()
        for byte in data:
            if not self.address:
                shown.extend(self._line.echo(byte))
            item = self._line.take(byte)
            if item is not None:
                self._show(shown)
                shown = bytearray()
                self._sort(item, handle)
        self._show(shown)

    def wait(self, ms):
        """Until bytes come, or for ms; not at all while there is something to send."""
        if not self.address and (self._under_way or self._answers or self._news):
            ms = min(ms, 2)
        self._stream.wait(ms)

    def news(self, kind, fields):
        """Queues a frame that nobody asked for; `t`, `st` and `log` are counted by `q`."""
        if self._is_console():
            return
        if kind != "ev":
            fields["q"] = self._q
            self._q = (self._q + 1) & 0xFFFF
        if len(self._news) == NEWS:
            self._news.pop(0)
            self.dropped += 1
        self._news.append(self._encode(kind, fields))

    def readings(self, m, channels, values, faults):
        """Queues the readings of these channels, in as many `t` frames as they need."""
        good: dict[str, object] = {}
        bad: dict[str, str] = {}
        room = ROOM
        for channel in channels:
            reading = values.get(channel, faults.get(channel))
            if reading is None:
                continue
            if isinstance(reading, float):
                reading = _finite(reading)
            room -= len(channel) + len(str(reading)) + 6
            if room < 0:
                self.news("t", {"m": m, "v": good, "f": bad})
                good, bad = {}, {}
                room = ROOM - len(channel) - len(str(reading)) - 6
            (bad if isinstance(reading, str) else good)[channel] = reading
        if good or bad:
            self.news("t", {"m": m, "v": good, "f": bad})

    def reply(self, kind, fields, first=False):
        """Queues a frame of an answer and returns it, so that it can be sent again."""
        frame = self._encode(kind, fields)
        self.again(frame, 0 if first else len(self._answers))
        return frame

    def again(self, frame, at=ANSWERS):
        """Queues an answer, or a part of it, as it was."""
        if self._waiting + len(frame) + EACH <= ANSWERS:
            self._waiting += len(frame) + EACH
            self._answers.insert(at, frame)
        else:
            self.dropped += 1

    def text(self, line):
        """Queues a line of console text; not on a shared line."""
        if not self.address:
            self.again(("\r\n" + SHOWN + plain(line) + "\r\n").encode())

    def forget(self):
        """Drops the answers that wait."""
        self._answers.clear()
        self._waiting = 0

    def waits(self, frame):
        """Whether this answer is still to be sent."""
        return frame in self._answers

    def answer(self):
        """On a shared line: the one frame that the host's question allows."""
        frame = self._next()
        self._stream.write(self._encode("idle", {}) if frame is None else frame)

    def flush(self, passes=8):
        """Sends what the stream takes without waiting; not on a shared line."""
        while passes and not self.address:
            passes -= 1
            if self._under_way is None:
                self._under_way, self._sent = self._next(), 0
                if self._under_way is None:
                    return
            sent = self._stream.write(memoryview(self._under_way)[self._sent :])
            if not sent:
                return
            self._sent += sent
            if self._sent == len(self._under_way):
                self._under_way = None

    def _sort(self, item, handle):
        if isinstance(item, wire.Bad):
            self.refused += 1
        elif isinstance(item, wire.Text):
            if not self.address and _is_typed(item.text):
                handle(item)
        elif item.address == self.address:
            self._heard_ms = ticks.now()
            handle(item)

    def _show(self, typed):
        if typed and self._waiting < ANSWERS // 4:
            self.again(bytes(typed))
            self._typed_ms = ticks.now()

    def _is_console(self):
        now = ticks.now()
        if ticks.diff(now, self._typed_ms) >= QUIET_MS:
            self._typed_ms = ticks.add(now, -QUIET_MS)  # so that it does not come again by the wrap
            return False
        return ticks.diff(now, self._heard_ms) >= HOST_MS

    def _next(self):
        if self._answers:
            frame = self._answers.pop(0)
            self._waiting -= len(frame) + EACH
            return frame
        return self._news.pop(0) if self._news else None

    def _encode(self, kind, fields):
        try:
            return wire.encode(kind, fields, self.address)
        except wire.WireError as error:
            return wire.encode("log", {"q": self._q, "m": 0, "s": str(error)[:80]}, self.address)


def plain(text):
    """Printable ASCII, with question marks for all the rest."""
    data = bytearray(text.encode("utf-8", "replace"))
    for at, byte in enumerate(data):
        if not 32 <= byte < 127:
            data[at] = 63
    return data.decode()


def _finite(number):
    """A finite number with two decimals; what is not finite is a fault."""
    if number - number != 0:
        return "RANGE"
    return round(number, 2)


def _is_typed(text):
    """Whether it can be a person's word, and no echo of the board's own."""
    first = text.lstrip()[:1]
    return first == "?" or first.isalpha()
