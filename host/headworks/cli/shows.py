"""Three ways to show the demo: a live view, plain lines, JSON. Each is given every state.

Writing is done by `printer`, so that none of them can hold the demo up.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live

from headworks.cli.printer import Printer
from headworks.faces.held import way_lines
from headworks.faces.lines import happenings, overview
from headworks.faces.live import View

State = Mapping[str, Any]
_LINE_S = 2.0  # between two overviews in plain lines
_FRAME_S = 0.2  # between two pictures of the live view
_KEEP = 5000  # lines that a slow reader may lag behind


class Show(Protocol):
    """How the demo is shown."""

    def see(self, state: State, clock: str) -> None:
        """A new state, with the time of day in the simulator."""
        ...

    def close(self, summary: Mapping[str, Any] | None, text: str) -> None:
        """The end; `text` is the summary for people. May meet a pipe that has gone."""
        ...


def choose(json_lines: bool, hint: str, gone: Callable[[], None]) -> Show:
    """JSON if asked for, a live view on a terminal that can draw one, else plain lines."""
    if json_lines:
        return JsonShow(gone)
    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveShow(console, hint, gone)
    return LineShow(hint, gone)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class JsonShow:
    """One line of JSON for each scan; the last line is the summary."""

    def __init__(self, gone: Callable[[], None]) -> None:
        self._printer: Printer[str] = Printer(_line, gone, _KEEP)

    def see(self, state: State, clock: str) -> None:
        """One line."""
        self._printer.put(json.dumps({"event": "scan", "clock": clock, **state}))

    def close(self, summary: Mapping[str, Any] | None, text: str) -> None:  # noqa: ARG002
        """The last line."""
        if summary is not None:
            self._printer.put(json.dumps({"event": "summary", **summary}))
        self._printer.close()


class LineShow:
    """The hint, every event, and an overview every two seconds, as plain lines."""

    def __init__(self, hint: str, gone: Callable[[], None]) -> None:
        self._printer: Printer[str] = Printer(_line, gone, _KEEP)
        self._printer.put(hint)
        self._next_s = 0.0
        self._way: list[str] = []

    def see(self, state: State, clock: str) -> None:
        """What happened, what must be done when that changes, and how things stand."""
        state = _as_played(state)
        for line in happenings(state, clock):
            self._printer.put(line)
        way = way_lines(state)
        if way != self._way:
            self._way = way
            for line in way:
                self._printer.put(f"{clock}  {line}")
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + _LINE_S
            self._printer.put(overview(state, clock))

    def close(self, summary: Mapping[str, Any] | None, text: str) -> None:  # noqa: ARG002
        """The summary."""
        self._printer.put(text)
        self._printer.close()


class LiveShow:
    """The live view on the whole terminal; the summary stays when it has gone."""

    def __init__(self, console: Console, hint: str, gone: Callable[[], None]) -> None:
        self._console = console
        self._view = View(hint, ascii_only=not _draws_blocks(console))
        self._live = Live(self._view, console=console, screen=True, auto_refresh=False)
        self._live.start(refresh=True)
        self._next_s = 0.0
        self._printer: Printer[tuple[State, str]] = Printer(self._draw, gone, _KEEP)

    def see(self, state: State, clock: str) -> None:
        """Take the state; it is drawn at most a few times a second."""
        self._printer.put((_as_played(state), clock))

    def _draw(self, item: tuple[State, str]) -> None:
        """In the printer's thread, which alone touches the view."""
        self._view.see(*item)
        if time.monotonic() >= self._next_s:
            self._live.refresh()
            self._next_s = time.monotonic() + _FRAME_S

    def close(self, summary: Mapping[str, Any] | None, text: str) -> None:  # noqa: ARG002
        """Give the terminal back and leave the summary on it."""
        self._printer.close()
        self._live.stop()
        self._console.print(text, markup=False, highlight=False)


def _as_played(state: State) -> State:
    """Ages for times of day, which run faster here; and how a simulated button is pressed."""
    locks = [{**one, "reset_at": _button(one["reset_at"])} for one in state.get("interlocks", ())]
    return {**state, "time": None, "interlocks": locks}


def _button(contact: str) -> str:
    board, _, channel = contact.partition(".")
    here = f" (here: headworks sim fault reset-pressed {board} --for 1)"
    return contact + (here if channel == "reset" else "")


def _draws_blocks(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")
