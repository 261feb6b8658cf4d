"""A person at a terminal or at the end of a cable: asks for a line, says lines.

Editing, history and completion are prompt_toolkit's; keys come through the intake and lines are
drawn with plain characters. One line at a time: what comes before the answer is thrown away.
"""

import asyncio
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import Completer, NestedCompleter
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input.typeahead import clear_typeahead, get_typeahead
from prompt_toolkit.shortcuts import CompleteStyle

from headworks.faces.console.history import ShortHistory
from headworks.faces.console.intake import SPOILED
from headworks.faces.console.keys import HeldKeys, Keys
from headworks.faces.console.paper import Paper
from headworks.model.text import clean

COLUMNS, ROWS = 80, 24  # where the far side does not say
QUIET_S = 0.1  # after Enter; a person is never that fast, a paste always
MORE = "-- Enter for more, q ends -- "
Names = dict[str, "Names | None"]  # word → the words that may follow it


class HungUpError(Exception):
    """The far side has gone."""


class SpoiledError(Exception):
    """What came is no line that a person typed; the text says why. Nothing may follow from it."""


class AbandonedError(Exception):
    """Ctrl-C. No KeyboardInterrupt, which would end the event loop."""


def line_session(
    keys: Keys,
    paper: Paper,
    completer: Completer | None,
    abandoned: type[BaseException] = KeyboardInterrupt,
) -> "PromptSession[str]":
    """Asks for one line after the other, with history and completion, on plain paper.

    `abandoned` is raised for Ctrl-C.
    """
    return PromptSession(
        input=keys,
        output=paper,
        history=ShortHistory(),
        completer=completer,
        complete_style=CompleteStyle.READLINE_LIKE,
        complete_while_typing=False,
        wrap_lines=False,
        interrupt_exception=abandoned,
    )


@contextmanager
def terminal_session(completer: Completer) -> "Iterator[PromptSession[str]]":
    """The same at standard input and output, for a program that prints between two lines.

    A line that was damaged or too long holds `SPOILED`.
    """
    keys = Keys(sys.stdin.fileno())
    out = sys.stdout.fileno()
    paper = Paper(out, sys.stdout.encoding or "ascii", lambda: size_of(out))
    with create_app_session(input=keys, output=paper):
        yield line_session(keys, paper, completer)


def size_of(fd: int) -> tuple[int, int]:
    """Columns and rows of a terminal, one column left free; a cable is taken for 80 × 24."""
    try:
        found = os.get_terminal_size(fd)
    except OSError:
        return COLUMNS - 1, ROWS
    return max(found.columns or COLUMNS, 20) - 1, max(found.lines or ROWS, 5)


class Teletype:
    """The far side of two file descriptors, in raw mode within `with teletype.open()`."""

    def __init__(self, fd_in: int, fd_out: int, encoding: str) -> None:
        self._size: Callable[[], tuple[int, int]] = lambda: size_of(fd_out)
        self._keys, self._fd = HeldKeys(fd_in), fd_in
        self._paper = Paper(fd_out, encoding, self._size)
        self._lines = line_session(self._keys, self._paper, None, AbandonedError)
        self._secret: PromptSession[str] = PromptSession(
            input=self._keys, output=self._paper, history=DummyHistory(), is_password=True,
            wrap_lines=False, interrupt_exception=AbandonedError,
        )  # fmt: skip

    @contextmanager
    def open(self) -> Iterator["Teletype"]:
        """Take the terminal over, and give it back at the end."""
        with create_app_session(input=self._keys, output=self._paper), self._keys.held():
            clear_typeahead(self._keys)
            yield self

    def forget(self) -> None:
        """The next person gets none of this one's lines."""
        if isinstance(self._lines.history, ShortHistory):
            self._lines.history.clear()

    async def ask(self, prompt: str, names: Names | None = None) -> str:
        """One line. Raises SpoiledError, HungUpError, AbandonedError for Ctrl-C, and EOFError
        for Ctrl-D."""
        completer = NestedCompleter.from_nested_dict(names) if names else None
        return await self._ask(self._lines, prompt, completer)

    async def confirm(self, prompt: str) -> str:
        """The same without completion; the answer is no part of the history."""
        self._secret.is_password = False
        return await self._ask(self._secret, prompt, None)

    async def secret(self, prompt: str) -> str:
        """The same, shown as stars."""
        self._secret.is_password = True
        return await self._ask(self._secret, prompt, None)

    async def _ask(
        self, session: "PromptSession[str]", prompt: str, completer: Completer | None
    ) -> str:
        session.completer = completer
        self._gone()
        try:
            line = await session.prompt_async(
                clean(prompt), set_exception_handler=False, handle_sigint=False
            )
        except EOFError:
            self._gone()
            raise
        more = bool(get_typeahead(self._keys)) + await self._swallow()
        self._gone()
        if SPOILED in line:
            raise SpoiledError("that line was damaged or too long; nothing was done")
        if more:
            raise SpoiledError("more came right behind that line; nothing was done, one at a time")
        return line.strip()

    async def _swallow(self) -> int:
        """Throw away what comes, until the line has been quiet for a while; how much it was."""
        found = 0
        while await self.heard(QUIET_S):
            got = self._keys.swallow()
            found += got
            self._gone()
        return found

    async def heard(self, within_s: float) -> bool:
        """Whether anything has come, or the far side has gone, within this time."""
        loop, came = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._fd, came.set)
        try:
            async with asyncio.timeout(within_s):
                await came.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._fd)
        return True

    async def taken(self) -> None:
        """Take the key that was heard, and whatever came with it. Raises HungUpError."""
        await self._swallow()
        self._gone()

    def say(self, *lines: str) -> None:
        """Lines, wrapped to the width. Raises HungUpError."""
        for line in self._wrapped(lines):
            self._paper.write(line + "\n")
        self._paper.flush()
        self._gone()

    async def pages(self, lines: Iterable[str]) -> None:
        """Lines, a screen at a time."""
        wrapped, rows = list(self._wrapped(lines)), self._size()[1] - 2
        for at in range(0, len(wrapped), rows):
            self.say(*wrapped[at : at + rows])
            if at + rows < len(wrapped) and (await self.confirm(MORE)).lower().startswith("q"):
                return

    def _wrapped(self, lines: Iterable[str]) -> Iterator[str]:
        width = self._size()[0]
        for line in lines:
            shown = clean(line)
            indent = " " * min(len(shown) - len(shown.lstrip()) + 2, width // 2)
            yield from textwrap.wrap(
                shown, width, subsequent_indent=indent, replace_whitespace=False
            ) or [""]

    def _gone(self) -> None:
        if self._keys.closed or self._paper.gone:
            raise HungUpError("the far side has gone")
