"""The protocol with one board: bytes and time in; frames, samples and events out. Pure.

Reads no clock and opens no port. See firmware/LINK.md for the words.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from headworks.field.boards.beats import Beats
from headworks.field.boards.doing import Doing
from headworks.field.boards.figures import figures
from headworks.field.boards.greeting import Expected, Hello, hello, judge, lost, minor, said_by
from headworks.field.boards.readings import Readings
from headworks.field.boards.restarts import VANISHED, Restarts
from headworks.field.boards.sequence import Sequence
from headworks.field.boards.signs import LOST_S, Signs, mute
from headworks.field.boards.status import event_told, outputs_told
from headworks.field.boards.telling import Telling
from headworks.field.boards.texts import Texts
from headworks.field.boards.view import BoardState, BoardView, Counters
from headworks.hardware.sensor import SensorProfile, config_crc
from headworks.model.live import Quality
from headworks.model.plan import Event, Reason, ReasonCode
from headworks.model.site import BoardSpec
from headworks_fw.wire import Bad, Frame, Text

ASK_S = 1.0  # between two questions, who are you or how late is it
WHO_EACH = 5  # every so many questions is who are you, in case a restart was not heard
_EVENTS = 256  # that were acknowledged are kept, in case our word was lost
Send = Callable[[str, dict[str, Any]], None]


class Session:
    """One board. `send(kind, fields)` puts a frame on its line; `first_id` is new each process."""

    def __init__(self, spec: BoardSpec, profile: SensorProfile, send: Send, first_id: int) -> None:
        self.spec, self.profile = spec, profile
        self.readings = Readings(spec.name, profile.channels)
        self.doing = Doing(lambda f: self._say("do", self._beats.by(f, self.doing.end_s)), first_id)
        self.outputs: dict[str, tuple[bool, str]] = {}  # on, and why latched; as last told
        self.heard_frames = 0  # that had something to say
        self.state, self.cause = BoardState.NO_PORT, "its port has not been opened yet"
        self.port, self._send = spec.connect, send
        self._expected = Expected(spec, config_crc(profile, spec.name, spec.address))
        self._hello: Hello | None = None
        self.restarts, self._texts = Restarts(), Texts()
        self.minor = 0  # of the protocol that it speaks
        self._is_open = self._was_lent = False  # lent: given away, and no answer since
        self._signs = Signs()
        self._asked_s, self._number = float("-inf"), first_id
        self._beats, self._sequence = Beats(), Sequence()
        self._acked: deque[int] = deque(maxlen=_EVENTS)  # of its present start
        self._telling = Telling()
        self._counts = dict.fromkeys(("crc_errors", "reconnects"), 0)
        self._figures: dict[str, int] = {}

    def opened(self, t_s: float, port: str) -> None:
        """Its port is open; `port` is where it really is."""
        self._counts["reconnects"] += 1
        if self._hello is not None and port != self.port:
            self._tell(t_s, ReasonCode.BOARD_MOVED, port=port, uid=self._hello.uid)
        self.port, self._is_open, self._texts.at_prompt = port, True, False
        self.restarts.opened()
        self._signs.begin(t_s)
        if self.state is not BoardState.QUARANTINED:
            self._become(t_s, BoardState.NO_ANSWER, self._unanswered(0.0))
        self._ask(t_s)

    def closed(self, t_s: float, cause: str, state: BoardState = BoardState.NO_PORT) -> None:
        """Its port is closed, or there is none."""
        vanished, self._is_open = self._is_open and state is BoardState.NO_PORT, False
        self._was_lent |= state is BoardState.LENT
        self.doing.gone()
        too_often = vanished and self.restarts.vanished(t_s)
        if self.state is BoardState.QUARANTINED:
            self.readings.unknown(t_s, Quality.SILENT, self.cause)
        elif too_often:
            self._quarantine(t_s, VANISHED)
        else:
            self._become(t_s, state, cause)

    def received(self, items: Iterable[Frame | Text | Bad], t_s: float) -> None:
        """What the line has given; nobody is heard at a closed port."""
        for item in items if self._is_open else ():
            if isinstance(item, Frame):
                self._frame(item, t_s)
            elif isinstance(item, Text):
                self._text(item.text, t_s)
            else:
                self._counts["crc_errors"] += 1

    def tick(self, t_s: float) -> None:
        """Time goes by: ask, ask again, notice silence. A few times a second."""
        if self.state is not BoardState.QUARANTINED:
            self._telling.look(t_s)
        if not self._is_open:
            return
        self.doing.tick(t_s)
        if t_s - self._asked_s >= ASK_S:
            self._ask(t_s)
        if self.state in (BoardState.RUNS, BoardState.NO_ANSWER) and self._signs.are_gone(t_s):
            self._become(t_s, BoardState.LOST, self._unanswered(LOST_S))
        elif self.state is BoardState.RUNS and self._signs.are_empty(t_s):
            self._become(t_s, BoardState.LOST, mute(self.spec.name))

    def _frame(self, frame: Frame, t_s: float) -> None:
        fields = frame.fields
        self.heard_frames += frame.kind not in ("idle", "beat")
        if frame.kind == "hello":
            self._greeted(fields, t_s)
        elif frame.kind == "beat":
            self._beat(fields, t_s)
        elif frame.kind in ("ok", "no"):
            self.doing.answer(frame.kind == "ok", fields, t_s)
        elif frame.kind == "x":
            self.doing.line(fields)
        elif frame.kind in ("t", "st", "log") and self._sequence.is_next(fields.get("q")):
            self._news(frame.kind, fields, t_s)
        elif frame.kind == "ev":
            self._event(fields, t_s)

    def _news(self, kind: str, fields: Mapping[str, Any], t_s: float) -> None:
        if kind == "log":
            self._text(str(fields.get("s", "")), t_s)
            return
        at_s = self._beats.at(fields.get("m"), t_s)
        if kind == "st":
            self._status(fields, t_s, at_s)
        elif self.state is BoardState.RUNS and at_s is not None:
            self.readings.take(at_s, fields.get("v"), fields.get("f"))

    def _status(self, fields: Mapping[str, Any], t_s: float, at_s: float | None) -> None:
        told = outputs_told(fields, self.profile.outputs)
        if told is None:
            self.readings.refused += 1
            return
        self._signs.told(t_s)
        self._figures.update(figures(fields))
        if self.state is BoardState.LOST:
            self._ask(t_s, hello=True)  # it speaks again: who is it now?
        if at_s is not None:
            for name, (on, latch) in told.items():
                self._output(name, on, latch, t_s, at_s)

    def _output(self, name: str, on: bool, latch: str, t_s: float, at_s: float) -> None:
        before = self.outputs.get(name, (False, ""))
        self.outputs[name] = (on, latch)
        if latch and latch != before[1]:
            self._tell(t_s, ReasonCode.BOARD_LATCH, output=name, why=latch)
        if self.state is BoardState.RUNS:
            self.readings.output(name, at_s, on)

    def _event(self, fields: Mapping[str, Any], t_s: float) -> None:
        """A contact became active. It is acknowledged once a scan has seen it."""
        told = event_told(fields)
        if self._hello is None or told is None:
            return
        number, channel = told
        if number in self._acked:
            self._ack(number)  # our word was lost
        elif self.state is BoardState.RUNS:
            at_s = self._beats.at(fields.get("m"), t_s)
            if not self.readings.event(channel, number, t_s if at_s is None else at_s):
                self._ack(number)  # no contact of ours; it would be told for ever

    def scanned(self, observations: Mapping[str, Any]) -> None:
        """A scan is complete that saw these observations."""
        if self._hello is not None:
            for number in self.readings.scanned(observations):
                self._acked.append(number)
                self._ack(number)

    def _ack(self, number: int) -> None:
        if self._hello is not None:
            self._say("ack", {"e": number, "bt": self._hello.boot})

    def _greeted(self, fields: Mapping[str, Any], t_s: float) -> None:
        said = hello(fields)
        if said is None:
            self._counts["crc_errors"] += 1
            return
        self._signs.answered(t_s)
        self._beats.met(said)
        if self._hello is None or said.start != self._hello.start:
            self._new_boot(said, t_s)
        self._hello, self.minor = said, minor(said)
        self._was_lent = self._texts.at_prompt = False
        self.restarts.met()
        if self.state is not BoardState.QUARANTINED:
            state, cause = judge(said, self._expected)
            if state is BoardState.RUNS and self._signs.are_empty(t_s):
                state, cause = BoardState.LOST, mute(self.spec.name)
            self._become(t_s, state, cause)

    def _new_boot(self, said: Hello, t_s: float) -> None:
        """It has started since we last knew it. Unless that was asked for, it is told."""
        is_unasked = self.restarts.is_unasked(said.why, t_s)
        self._signs.restarted(t_s)
        self._sequence.begin()
        self._acked.clear()
        self.outputs.clear()
        self.doing.gone()
        self.readings.unknown(t_s, Quality.NEVER, "the board has just started")
        if self._hello is not None and is_unasked:
            self._tell(t_s, ReasonCode.BOARD_RESTARTED, why=said.why)
            if self.restarts.happened(t_s, said) and self.state is not BoardState.QUARANTINED:
                self._quarantine(t_s, said.why)
        self._ask(t_s)

    def _quarantine(self, t_s: float, why: str) -> None:
        self._tell(t_s, ReasonCode.BOARD_QUARANTINED, restarts=self.restarts.of(why), why=why)
        self._become(t_s, BoardState.QUARANTINED, self.restarts.cause(self.spec.name, why))

    def pardon(self, t_s: float) -> bool:
        """A person has looked after the board: end its quarantine. Whether there was one."""
        self.restarts.forget()
        if self.state is not BoardState.QUARANTINED:
            return False
        state = BoardState.NO_ANSWER if self._is_open else BoardState.NO_PORT
        self._become(t_s, state, self._unanswered(0.0))
        if self._is_open:
            self._ask(t_s, hello=True)
        return True

    @property
    def is_known(self) -> bool:
        """Whether it has introduced itself since the start of the station."""
        return self._hello is not None

    def is_silent(self, t_s: float) -> bool:
        """Without a sign of life for too long."""
        return self._signs.are_gone(t_s)

    def expect_restart(self, t_s: float) -> None:
        """The next start, if it comes soon, is one that was asked for."""
        self.restarts.asked(t_s)

    def _unanswered(self, after_s: float) -> str:
        seen = {"was_lent": self._was_lent, "at_prompt": self._texts.at_prompt}
        return lost(self._hello, self.spec.name, self.port, after_s, **seen)

    def _become(self, t_s: float, state: BoardState, cause: str) -> None:
        if state is self.state and cause == self.cause:
            return
        was, self.state, self.cause = self.state, state, cause
        if state is not BoardState.RUNS:
            if state is not was:
                self.doing.gone()  # those who wait are told that it failed
            self.outputs.clear()
            quality = Quality.NEVER if self._hello is None else Quality.SILENT
            self.readings.unknown(t_s, quality, cause)
        elif was is not BoardState.RUNS:
            self.readings.unknown(t_s, Quality.NEVER, "the board has just answered")

    def _ask(self, t_s: float, *, hello: bool = False) -> None:
        """Who are you, until that is known; how late is it, from then on."""
        self._asked_s = t_s
        self._number += 1
        knows = self.state is BoardState.RUNS and self._number % WHO_EACH and not hello
        if not knows or self._hello is None:
            self._say("hi", {"n": self._number})
        if self._beats.asked(self._number, t_s):
            self._say("beat", {"i": self._number})

    def _beat(self, fields: Mapping[str, Any], t_s: float) -> None:
        fits = self._beats.answered(fields, t_s)
        if fits is not None:
            self._signs.answered(t_s)
        if fits is False:
            self._ask(t_s, hello=True)

    def _text(self, text: str, t_s: float) -> None:
        error = self._texts.line(text)
        if error is not None:
            self._tell(t_s, ReasonCode.BOARD_CRASHED, error=error)

    def _say(self, kind: str, fields: dict[str, Any]) -> None:
        if self._is_open:
            self._send(kind, fields)

    def _tell(self, t_s: float, code: ReasonCode, **more: float | str) -> None:
        """An event. Of a board in quarantine no more is told than that it is."""
        if self.state is not BoardState.QUARANTINED:
            self._telling.tell(Event(t_s, self.spec.name, "board", Reason(code, (*more.items(),))))

    def events(self, *, last: bool = False) -> list[Event]:
        """What happened since the last call; of the last one, what was held back too."""
        return self._telling.rest() if last else self._telling.fresh()

    def view(self) -> BoardView:
        """How it does now."""
        counts = {"lost_frames": self._sequence.lost, "retries": self.doing.retries}
        counts |= {"restarts": self.restarts.count, "refused_values": self.readings.refused}
        latches = tuple((name, latch) for name, (_, latch) in self.outputs.items() if latch)
        return BoardView(
            self.spec.name, self.spec.model, self.state, self.cause, self.port, self.spec.zone,
            self.spec.address, *said_by(self._hello), self._signs.heard_s, latches,
            tuple(self._texts.lines), Counters(**self._counts, **counts, **self._figures),
        )  # fmt: skip
