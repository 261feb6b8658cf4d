"""The last lines worth keeping, in memory; the oldest go first. Not kept over a restart."""

LINES = 16
LENGTH = 100


class Log:
    """`sink(m, text)` is told each new line, once there is one."""

    def __init__(self, now):
        self.lines = []
        self.sink = None
        self._now = now

    def add(self, text: str) -> None:
        """Keeps a line."""
        m, text = self._now(), text[:LENGTH]
        if len(self.lines) == LINES:
            self.lines.pop(0)
        self.lines.append((m, text))
        if self.sink:
            self.sink(m, text)
