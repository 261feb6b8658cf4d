"""Commands to one board, one at a time, asked three times before they are given up. Pure."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from headworks.model.text import clean

TRIES = 3
TRY_S = 0.5
LONGEST_QUEUE = 16


class Outcome(NamedTuple):
    """What became of a command. `known` False: no answer came, and it may have been done or not."""

    ok: bool
    known: bool = True
    code: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()


UNANSWERED = Outcome(
    False, False, "unanswered", "the board did not answer; whether it has done it is not known"
)
GONE = Outcome(False, True, "gone", "the board is not heard; why: headworks board list")
FULL = Outcome(False, True, "busy", "too many commands wait for this board; try again")
WITHDRAWN = Outcome(
    False, True, "withdrawn", "the board did not answer in time; it was not asked and will not be"
)


@dataclass(frozen=True, eq=False, slots=True)
class Wish:
    """A command that is wanted; two that say the same are two."""

    fields: dict[str, Any]
    done: Callable[[Outcome], None]
    until_s: float = float("inf")


class Doing:
    """`send(fields)` sends a `do`. `first_id`: ids count from there, new for each process."""

    def __init__(self, send: Callable[[dict[str, Any]], None], first_id: int) -> None:
        self._send = send
        self._id = first_id
        self._queue: deque[Wish] = deque()
        self._now: Wish | None = None
        self._tries = 0
        self._sent_s = 0.0
        self.end_s = 0.0  # when the command that is asked is given up; nobody wants it after that
        self._lines: dict[int, str] = {}
        self.retries = 0

    def want(
        self,
        fields: dict[str, Any],
        t_s: float,
        done: Callable[[Outcome], None] = lambda _: None,
        *,
        first: bool = False,
        soon: bool = False,
        until_s: float = float("inf"),
    ) -> Wish:
        """Ask for a command. `first`: it goes before all that wait or are under way; `soon`:
        before all that wait.

        `until_s`: whoever asks waits for so long, and then withdraws it.
        """
        wish = Wish(fields, done, until_s)
        if first or soon:
            if first:
                self._interrupt()
            self._queue.appendleft(wish)
        elif len(self._queue) >= LONGEST_QUEUE:
            done(FULL)
            return wish
        else:
            self._queue.append(wish)
        self._next(t_s)
        return wish

    def withdraw(self, wish: Wish, t_s: float) -> None:
        """Ask for it no more, where it is not over. What was sent of it is not known."""
        if wish is self._now:
            self._end(UNANSWERED, t_s)
            return
        with suppress(ValueError):
            self._queue.remove(wish)
            wish.done(WITHDRAWN)

    def asks(self, number: object) -> bool:
        """Whether the command of this id is under way; one that was withdrawn is not sent."""
        return self._now is not None and number == self._id

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return self._now is None and not self._queue

    def tick(self, t_s: float) -> None:
        """Ask again, or give up."""
        if self._now is None or t_s - self._sent_s < TRY_S:
            return
        if self._tries >= TRIES:
            self._end(UNANSWERED, t_s)
            return
        self.retries += 1
        self._ask(t_s)

    def line(self, fields: dict[str, Any]) -> None:
        """An `x`: a line of a console command's answer."""
        number, text = fields.get("k"), fields.get("s")
        if self._is_current(fields) and isinstance(number, int) and isinstance(text, str):
            self._lines[number] = clean(text)

    def answer(self, ok: bool, fields: dict[str, Any], t_s: float) -> None:
        """An `ok` or `no`; one of another command is late and counts for nothing."""
        if self._is_current(fields):
            lines = tuple(text for _, text in sorted(self._lines.items()))
            code, text = (clean(str(fields.get(key, ""))) for key in ("e", "s"))
            self._end(Outcome(ok, True, code, text, lines), t_s)

    def gone(self) -> None:
        """The board is not there any more: what was under way is not known, the rest not done."""
        waiting, self._queue = self._queue, deque()
        current, self._now = self._now, None
        if current is not None:
            current.done(UNANSWERED)
        for wish in waiting:
            wish.done(GONE)

    def _is_current(self, fields: dict[str, Any]) -> bool:
        return self.asks(fields.get("i"))

    def _interrupt(self) -> None:
        current, self._now = self._now, None
        if current is not None:
            current.done(UNANSWERED)

    def _next(self, t_s: float) -> None:
        if self._now is not None or not self._queue:
            return
        self._now = self._queue.popleft()
        self._id += 1
        self._tries, self._lines = 0, {}
        self.end_s = min(t_s + TRIES * TRY_S, self._now.until_s)
        self._ask(t_s)

    def _ask(self, t_s: float) -> None:
        if self._now is not None:
            self._tries, self._sent_s = self._tries + 1, t_s
            self._send({"i": self._id, **self._now.fields})

    def _end(self, outcome: Outcome, t_s: float) -> None:
        current, self._now = self._now, None
        self._next(t_s)
        if current is not None:
            current.done(outcome)
