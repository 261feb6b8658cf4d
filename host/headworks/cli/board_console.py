"""`headworks board console`: a board's own words, with help, completion and history.

What a word does is the board's affair; what energises it wants to be confirmed there. What takes
the board away is asked for here; where there is nobody to ask, it wants --yes.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from headworks.cli.asked import says_yes
from headworks.cli.board_reach import Ask, add_reach, console, one_of, outputs_of
from headworks.faces.board_lines import readable
from headworks.flash.errors import FlashError
from headworks.model.text import clean

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

WORDS = (
    "help", "info", "sensors", "outputs", "selftest", "log", "counters", "identify", "maint",
    "restart", "set", "confirm", "exit",
)  # fmt: skip
_ENDS = ("exit", "quit")
_ASKS = {
    "maint": "its outputs go off and its firmware ends until a reset; what it watches is unknown",
    "restart": "its outputs go off and what it watches is unknown for some seconds",
}
_BACK = {
    "maint": "no firmware runs on it now. It comes back when its cable is pulled and plugged in "
    "again, or with: headworks board update {0} (without a station: board flash --name {0})",
    "restart": "it comes back by itself in some seconds",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks board console`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the only board, unless given")
    parser.add_argument("--command", dest="line", metavar="WORDS", help="run this one line and end")
    parser.add_argument("--yes", action="store_true", help="do not ask before the board goes away")
    add_reach(parser)


def run(args: argparse.Namespace) -> int:
    """0 when all lines were carried out, 1 when one was refused or the board went away."""
    name = one_of(args, args.name)
    with console(args, name) as reach:
        ask = _told_how_it_comes_back(name, reach)
        if args.line is not None:
            return _each([args.line], ask, yes=args.yes)
        if not sys.stdin.isatty() or not sys.stdout.isatty():
            return _each(sys.stdin, ask, yes=args.yes)
        return _interactive(name, ask, outputs_of(args, name))


def _told_how_it_comes_back(name: str, ask: Ask) -> Ask:
    """The same, but a word that takes the board away says the way back after its answer."""

    def told(line: str) -> list[str]:
        lines = ask(line)
        back = _BACK.get(_word(line))
        return [*lines, back.format(name)] if back else lines

    return told


def _each(lines: Iterable[str], ask: Ask, *, yes: bool) -> int:
    """Lines without a person: all of them, whatever one of them says."""
    code = 0
    for line in lines:
        if line.strip().lower() in _ENDS:
            break
        if line.strip():
            code |= _one(line.strip(), ask) if yes or _agreed(line) else 1
    return code


def _agreed(line: str) -> bool:
    """Whether a word that takes the board away is meant; refused where nobody can be asked."""
    what = _ASKS.get(_word(line))
    if what is None:
        return True
    if not sys.stdin.isatty():
        print(f"{_word(line)}: {what}; add --yes to do it", file=sys.stderr)
        return False
    return says_yes(f"{what}. Type yes to go on: ")


def _word(line: str) -> str:
    """The word of a line; a board takes no notice of what follows, nor of capitals."""
    return line.split(maxsplit=1)[0].lower() if line.strip() else ""


def _one(line: str, ask: Ask) -> int:
    try:
        for text in ask(line):
            print(readable(clean(text)))
    except FlashError as error:
        for text in str(error).splitlines():
            print(clean(text), file=sys.stderr)
        return 1
    return 0


def words_after(outputs: Sequence[str]) -> dict[str, Any]:
    """What may follow each word, for a board with these outputs; None where nothing does."""
    after: dict[str, Any] = dict.fromkeys(WORDS)
    if outputs:
        after["set"] = {name: dict.fromkeys(("off", "on", "arm")) for name in outputs}
        after["confirm"] = dict.fromkeys(outputs)
    return after | {"set": {**(after["set"] or {}), "learn": None}}


def _interactive(name: str, ask: Ask, outputs: Sequence[str]) -> int:
    from prompt_toolkit.completion import NestedCompleter

    from headworks.faces.console.teletype import terminal_session

    with terminal_session(NestedCompleter.from_nested_dict(words_after(outputs))) as session:
        return _lines(name, ask, session)


def _lines(name: str, ask: Ask, session: "PromptSession[str]") -> int:
    from headworks.faces.console.intake import SPOILED

    print(f"{clean(name)}: help lists the words, Tab completes, exit or Ctrl-D ends")
    while True:
        try:
            line = session.prompt(f"{clean(name)}> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        if line.lower() in _ENDS:
            return 0
        if not line:
            continue
        if SPOILED in line:
            print("that line was damaged or too long; nothing was done", file=sys.stderr)
        elif _meant(line, session):
            _one(line, ask)
        else:
            print("not done: only yes goes on")


def _meant(line: str, session: "PromptSession[str]") -> bool:
    """Whether a word that takes the board away is really meant."""
    what = _ASKS.get(_word(line))
    if what is None:
        return True
    try:
        print(f"{what}.")
        answer: str = session.prompt("Type yes to go on: ")
    except (KeyboardInterrupt, EOFError):
        return False
    return answer.strip().lower() == "yes"
