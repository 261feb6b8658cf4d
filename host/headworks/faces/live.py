"""The live terminal view: feeders, envelope, racks with a sentence each, alarms, events.

Pure drawing of the state that the station's socket gives; talks to nobody, decides nothing and
keeps only a short past for its two histories. `faces.lines` is the same for a plain pipe.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice
from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from headworks.faces.bars import bar, history
from headworks.faces.board_lines import boards_word
from headworks.faces.held import way_lines
from headworks.faces.lines import (
    START_S,
    State,
    alarm_lines,
    flow,
    happenings,
    kw,
    plain,
    why,
    why_now,
)
from headworks.faces.words import state_word

_LOOK = {
    "running": ("●", "*", "green"),
    "starting": ("◐", "+", "yellow"),
    "stopping": ("◑", "-", "yellow"),
    "off": ("○", ".", "dim"),
    "faulted": ("✖", "X", "bold red"),
    "tripped": ("✖", "X", "bold red"),
    "locked-out": ("■", "L", "magenta"),
}
_SEVERITY = {"alarm": "bold red", "warning": "yellow", "info": "cyan"}
_PAST = 4000  # states kept for the histories; the oldest go
_NAME, _BAR = 14, 18
_NARROW = 110  # columns, below which bars give way to sentences
_NARROW_NAME, _NARROW_BAR = 10, 8
_ALARMS = 6  # alarms; more are counted
_LEAST_RACKS = 5  # lines that the alarms leave to the racks
_STEPS = 4  # of the way back; `headworks trips` has all
_FIRST = ("faulted", "tripped", "locked-out", "stopping", "starting", "running", "off")


class View:
    """What is on the screen. Give it every state with `see`, draw it with rich at any time."""

    def __init__(self, hint: str = "", ascii_only: bool = False) -> None:
        self._hint = hint
        self._ascii = ascii_only
        self._state: State | None = None
        self._clock = ""
        self._past: deque[tuple[float, float]] = deque(maxlen=_PAST)
        self._events: deque[str] = deque(maxlen=50)

    def see(self, state: State, clock: str = "", told: Iterable[str] | None = None) -> None:
        """Take a new state; `clock` is the time of day that shall stand beside it.

        `told` are lines to show instead of those made from the state's events.
        """
        self._state, self._clock = state, clock
        self._past.append((state["envelope"]["kw"] or 0.0, state["drawn_kw"] or 0.0))
        self._events.extend(happenings(state, clock) if told is None else told)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._state is None:
            yield Text("waiting for the station …")
            return
        state, height = self._state, options.height or options.size.height
        top: list[RenderableType] = [
            self._header(state),
            self._power(state, options.max_width),
            self._history(state, options.max_width),
            Text(),
        ]
        width, told = options.max_width, self._hint.splitlines()
        hint = [Text(line, "dim") for text in told for line in wrap(text, width)]
        begin, end = [Text(), *_boards(state)], [*_way(state, width), *hint]
        room = height - _lines(console, options, [*top, *begin, *end]) - _LEAST_RACKS
        bottom = [*begin, *_alarms(state, width, max(room, 2)), *end]
        left = height - _lines(console, options, [*top, *bottom]) - 1
        racks = self._racks(state, max(left, 3))
        used = _lines(console, options, [*top, racks, *bottom])
        yield _Cut(Group(*top, racks, *bottom, *self._recent(height - used)), height)

    def _header(self, state: State) -> Table:
        table = Table.grid(expand=True, padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(justify="center", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_row(
            Text(plain(state["site"]["name"]), "bold cyan"),
            Text(self._clock, "bold"),
            _health(state),
        )
        return table

    def _power(self, state: State, width: int) -> Table:
        narrow = width < _NARROW
        bar_width = _NARROW_BAR if narrow else _BAR
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=_NARROW_NAME if narrow else _NAME, no_wrap=True)
        table.add_column(width=bar_width, no_wrap=True)
        table.add_column(width=8, justify="right", no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        depths = _depths(state["feeders"])
        for feeder in state["feeders"]:
            table.add_row(*self._feeder(feeder, depths[feeder["name"]], bar_width))
        table.add_row(*self._envelope(state, bar_width))
        return table

    def _feeder(self, feeder: State, depth: int, width: int) -> tuple[Text, Text, Text, Text]:
        name = Text("  " * depth + plain(feeder["name"]), "bold")
        power, rating = feeder["power_kw"], feeder["rating_kw"]
        if power is None:
            return name, Text(), Text("? kW", "bold red"), Text(plain(feeder["quality"]), "red")
        colour = "green" if power < 0 else "red" if power > rating else "blue"
        drawn = Text(bar(abs(power) / rating, width, self._ascii), colour)
        text = Text(f"{flow(power)}, rated {rating:.0f} kW")
        return name, drawn, Text(f"{kw(abs(power))} kW"), text

    def _envelope(self, state: State, width: int) -> tuple[Text, Text, Text, Text]:
        envelope, binding = state["envelope"], state["envelope"]["binding"]
        most = sum(rack["rated_kw"] for rack in state["racks"]) or 1.0
        drawn = Text(bar(envelope["kw"] / most, width, self._ascii), "cyan")
        text = Text(why(binding, plain(binding["source"])))
        return Text("envelope", "bold"), drawn, Text(f"{kw(envelope['kw'])} kW", "cyan"), text

    def _history(self, state: State, width: int) -> Table:
        most = sum(rack["rated_kw"] for rack in state["racks"]) or 1.0
        name_width = _NARROW_NAME if width < _NARROW else _NAME
        room = max(width - name_width - 12, 10)
        table = Table.grid(padding=(0, 1))
        table.add_column(width=name_width)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        rows = (
            ("may draw", "cyan", 0, state["envelope"]["kw"]),
            ("racks draw", "green", 1, state["drawn_kw"]),
        )
        for name, colour, index, now in rows:
            past = [point[index] for point in self._past]
            line = Text(history(past, most, room, self._ascii), colour)
            table.add_row(Text(name, "dim"), line, Text(f"{kw(now)} kW", colour))
        return table

    def _racks(self, state: State, room: int) -> Table:
        table = Table(box=None, padding=(0, 1), expand=True, header_style="dim", pad_edge=False)
        table.add_column("rack", no_wrap=True, max_width=_NAME)
        table.add_column("kind", no_wrap=True)
        table.add_column("state", no_wrap=True, min_width=10)
        table.add_column("kW", justify="right", no_wrap=True, min_width=5)
        table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)
        racks = state["racks"]
        shown = racks if len(racks) <= room else sorted(racks, key=_rank)[: room - 1]
        for rack in shown:
            table.add_row(*self._rack(state, rack))
        if len(shown) < len(racks):
            table.add_row(f"and {len(racks) - len(shown)} more", "", "", "", "")
        return table

    def _rack(self, state: State, rack: State) -> tuple[Text, Text, Text, Text, Text]:
        sign, letter, colour = _LOOK.get(rack["state"], ("?", "?", "bold red"))
        mark = letter if self._ascii else sign
        name = plain(rack["name"])
        return (
            Text(name, "bold"),
            Text(plain(rack["kind"]), "dim"),
            Text(f"{mark} {state_word(rack['state'])}", colour),
            Text(f"{rack['power_kw'] or 0.0:.1f}"),
            Text(why_now(state, rack, name, dated=False), "" if rack["on"] else "dim"),
        )

    def _recent(self, room: int) -> list[RenderableType]:
        return [Text(text, "dim") for text in islice(reversed(self._events), max(room, 0))]


class _Cut:
    """Every line cut to the width, so that a narrow terminal never wraps the picture."""

    def __init__(self, what: RenderableType, height: int) -> None:
        self._what, self._height = what, height  # rich keeps no height for what is within

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._what, options.update(no_wrap=True, height=None))
        for line in lines[: self._height]:
            yield from line
            yield Segment.line()


def _alarms(state: State, width: int, room: int) -> list[RenderableType]:
    """The alarms in `room` lines, the gravest first; those that find no place are counted."""
    if not state["alarms"]:
        return [Text("no alarms", "green")]
    lines = alarm_lines(state)
    most = len(lines) if len(lines) <= _ALARMS else _ALARMS - 1
    drawn: list[RenderableType] = []
    for number, (severity, text) in enumerate(lines):
        new = _wrapped(f"{severity} {text}", width, _SEVERITY.get(severity, "bold red"))
        last = number == len(lines) - 1
        if number == most or (number and len(drawn) + len(new) > (room if last else room - 1)):
            return [*drawn, Text(f"and {len(lines) - number} more", "bold red")]
        drawn += new
    return drawn


def _way(state: State, width: int) -> list[RenderableType]:
    """The way back, which no alarm pushes off the screen."""
    return [text for line in way_lines(state)[:_STEPS] for text in _wrapped(line, width, "bold")]


def _wrapped(text: str, width: int, style: str) -> list[Text]:
    """What a person must read whole, over more than one line where it must be."""
    return [Text(line, style) for line in wrap(text, width, subsequent_indent="  ")]


def _lines(console: Console, options: ConsoleOptions, parts: list[RenderableType]) -> int:
    narrow = options.update(no_wrap=True, height=None)
    return len(console.render_lines(Group(*parts), narrow))


def _health(state: State) -> Text:
    """In its first seconds a station is neither healthy nor ill; it has not heard everybody."""
    alarms = len(state["alarms"])
    if state["healthy"] and alarms:
        return Text(f"{alarms} alarm{'s' * (alarms > 1)}", "bold red")
    if state["healthy"]:
        return Text("healthy", "green")
    if state["uptime_s"] < START_S:
        return Text("starting up", "bold yellow")
    return Text("NOT HEALTHY", "bold red")


def _boards(state: State) -> list[RenderableType]:
    """The sensor boards; the alarms say why one does not run."""
    word = boards_word(state)
    ill = any(board["state"] != "runs" for board in state.get("boards", ()))
    return [Text(word, "yellow" if ill else "dim")] if word else []


def _rank(rack: State) -> int:
    """Which racks stay on a screen that is too small: those that need a person first."""
    return _FIRST.index(rack["state"]) if rack["state"] in _FIRST else -1


def _depths(feeders: list[State]) -> dict[str, int]:
    """How deep each feeder is nested; the list may come in any order."""
    parents = {feeder["name"]: feeder["parent"] for feeder in feeders}
    return {name: _depth(name, parents) for name in parents}


def _depth(name: str, parents: Mapping[str, str | None]) -> int:
    depth, above = 0, parents[name]
    while above is not None and depth < len(parents):
        depth, above = depth + 1, parents.get(above)
    return depth
