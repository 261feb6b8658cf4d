"""`headworks init [PATH]`: writes a commented site file to start from, which passes `check`.

Asks for the few things it needs; every answer is checked at once and asked again where it makes
no sense. Never overwrites without --force, and writes nothing when it is stopped.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from headworks.cli.init_answers import Answers, Question, questions

DEFAULT_PATH = Path("site.toml")
GAVE_UP = 10  # wrong answers to one question; a terminal that sends rubbish must not loop


class StoppedError(Exception):
    """The questions were not answered."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `headworks init`."""
    parser.add_argument(
        "path", type=Path, nargs="?", default=DEFAULT_PATH, help="file (default: site.toml)"
    )
    parser.add_argument("--defaults", action="store_true", help="ask nothing, take every default")
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")


def run(args: argparse.Namespace) -> int:
    """Ask, compose, check, write. Exit code 0: written; 1: not; 2: cannot."""
    path: Path = args.path
    if not args.force and (path.exists() or path.is_symlink()):
        return _no(f"{path} is there already; add --force to overwrite it, or name another file")
    if not args.defaults and not sys.stdin.isatty():
        return _no("nobody can answer, since this is no terminal; add --defaults")
    answers = Answers()
    try:
        if not args.defaults:
            ask_all(answers, input, print)
        return _write(path, answers, force=args.force)
    except StoppedError as error:
        return _no(f"{error}; nothing was written", 1)
    except (EOFError, KeyboardInterrupt):
        print()
        return _no("stopped; nothing was written", 130)


def ask_all(answers: Answers, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
    """Fill in the answers. `ask` shows a prompt and returns a line, `say` prints one."""
    say("Press Enter to take what stands in brackets.")
    for question in questions(answers):
        _ask(question, ask, say)


def _ask(question: Question, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
    for _ in range(GAVE_UP):
        line = ask(f"{question.text} [{question.default()}]: ").strip()
        wrong = question.take(line or question.default())
        if not wrong:
            return
        say(f"  {wrong}")
    raise StoppedError(f"no usable answer after {GAVE_UP} tries")


def _write(path: Path, answers: Answers, *, force: bool) -> int:
    from headworks.cli.init_file import compose, write_whole
    from headworks.site import check

    text = compose(answers)
    site, problems = check(text, str(path))
    if site is None:
        for problem in problems:
            print(problem.render(str(path)), file=sys.stderr)
        return _no("the file would have mistakes; nothing was written", 1)
    try:
        write_whole(path, text, force=force)
    except FileExistsError:
        return _no(f"{path} is there already; add --force to overwrite it")
    except OSError as error:
        return _no(f"{path}: {error.strerror or error}; choose a folder that can be written")
    print(f"{path} is written. Look through it, then: headworks check {path}")
    return 0


def _no(text: str, code: int = 2) -> int:
    from headworks.model.text import clean

    print(f"headworks: {clean(text)}", file=sys.stderr)
    return code
