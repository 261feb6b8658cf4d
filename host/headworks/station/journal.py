"""Lines for journald: one event, one line, key=value, with a priority in front.

A thread writes, from a queue with an end: a reader of the log that hangs can cost lines, which
are counted, and never a scan. On a terminal the priority prefix is left out.
"""

import json
import logging
import queue
import re
import sys
import threading
from contextlib import suppress
from typing import TextIO

CRITICAL, ERROR, WARNING, NOTICE, INFO = 2, 3, 4, 5, 6  # of syslog
_QUEUED, _AT_ONCE = 2000, 100  # lines
_PLAIN = re.compile(r"[A-Za-z0-9_./:+%@,\[\]-]+\Z")


class Journal:
    """A log of events to a text stream, standard error if none is given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._prefix = not self._stream.isatty()
        self._lines: queue.Queue[str | None] = queue.Queue(_QUEUED)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def write(self, priority: int, what: str, **fields: object) -> None:
        """One event: a word or a short sentence, and its figures."""
        line = " ".join((_shown(what), *(f"{k}={_shown(v)}" for k, v in fields.items())))
        if self._lost:
            line, lost = f"{line} lines_lost={self._lost}", self._lost
        else:
            lost = 0
        try:
            self._lines.put_nowait(f"<{priority}>{line}" if self._prefix else line)
            self._lost -= lost
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """Write what is queued, for a second at most."""
        try:
            self._lines.put(None, timeout=1.0)
        except queue.Full:
            return
        self._thread.join(1.0)

    def _write(self) -> None:
        """The thread: what has gathered goes out in one piece."""
        going = True
        while going:
            lines = [self._lines.get()]
            with suppress(queue.Empty):
                while len(lines) < _AT_ONCE:
                    lines.append(self._lines.get_nowait())
            going = None not in lines
            try:
                self._stream.write("".join(f"{line}\n" for line in lines if line is not None))
                self._stream.flush()
            except (OSError, ValueError):  # the reader has gone; the station has not
                return


def _shown(value: object) -> str:
    """A value in one word, or quoted with every control character escaped."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if _PLAIN.match(text) else json.dumps(text)


class JournalHandler(logging.Handler):
    """Brings the drivers' log records into the journal."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.INFO)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """One record as one event. A stack trace is cut to its error."""
        fields = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = repr(record.exc_info[1])
        self._journal.write(_priority(record.levelno), record.getMessage(), **fields)


def _priority(level: int) -> int:
    """syslog's priority of a level of `logging`."""
    steps = ((logging.CRITICAL, CRITICAL), (logging.ERROR, ERROR), (logging.WARNING, WARNING))
    return next((priority for least, priority in steps if level >= least), INFO)
