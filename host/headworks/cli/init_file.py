"""Composes the site file of `headworks init` and writes it whole or not at all.

Lines that begin with `#` and no blank are examples: without the `#` they are part of the file.
"""

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

from headworks.cli.init_answers import Answers
from headworks.durably import sync_folder
from headworks.site.values import figure

TEMPLATE = Path(__file__).with_name("init_site.toml")
_FIELD = re.compile(r"<([a-z_]+)>")
RACK = """[[rack]]
name = "a{n}"
kind = "asic"              # asic or gpu
rated_kw = {rated_kw}
feeder = "tx1"
switch = "relays.{n}"
"""
FEEDBACK = '#feedback = "relays.in{n}"    # auxiliary contact of its contactor, once it is wired\n'


def compose(answers: Answers) -> str:
    """The text of the file."""
    board = answers.board()
    outlets, inputs = list(board.outlets), list(board.inputs)
    words = {
        "name": _quoted(answers.name),
        "timezone": _quoted(answers.timezone),
        "model": _quoted(answers.model),
        "connect": _quoted(answers.connect),
        "unit": str(answers.unit),
        "rating_kw": figure(answers.rating_kw),
        "switch": _quoted(answers.switch),
        "where": f"connect = {_quoted(answers.switch_connect)}\n" if board.needs_connect else "",
        "deadman": outlets[-1],
        "stop_input": inputs[-1] if inputs else "",
        "permit_input": inputs[-2] if len(inputs) > 1 else "",
        "racks": "\n".join(_rack(answers, n, inputs) for n in range(1, answers.racks + 1)),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return _only_wired(_FIELD.sub(lambda found: words[found[1]], text))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _rack(answers: Answers, n: int, inputs: list[str]) -> str:
    text = RACK.format(n=n, rated_kw=figure(answers.rated_kw))
    return text + (FEEDBACK.format(n=n) if len(inputs) > n + 1 else "")


def _only_wired(text: str) -> str:
    """Leave out the examples that want an input which the board does not have."""
    return "\n\n".join(part for part in text.split("\n\n") if '"relays."' not in part)


def write_whole(path: Path, text: str, *, force: bool) -> None:
    """Write a file so that a power cut leaves the old one, or none. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        if force:
            os.replace(name, path)
        else:
            os.link(name, path)  # fails where somebody made the file meanwhile
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
    sync_folder(path.parent)
