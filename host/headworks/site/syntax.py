"""Says in plain words what tomli found wrong with the form of a file."""

import re

import tomli

from headworks.model.text import clean
from headworks.site.problems import Problem

_COMMA = re.compile(r"\d,\d")
# how tomli's message begins -> what is wrong; what to write instead
_PLAIN = (
    ("Expected '=' after a key", "a key without a value; write key = value"),
    ("Expected newline or end of document", "more than one thing in a line; write one per line"),
    ("Invalid value", 'a value that is no TOML; write text as "text", numbers plainly'),
    ("Invalid statement", "neither key nor section; write key = value or [section]"),
    ("Cannot overwrite a value", "this is in the file already; keep one of the two"),
    ("Cannot declare", "this section is in the file already; keep one, or write [[…]] for many"),
    ("Cannot redefine", "this section is in the file already; keep one of the two"),
    ("Cannot mutate", "this was closed above in one line; write all of it there"),
    ("Duplicate inline table key", "this key is given twice; keep one of the two"),
    ("Unterminated string", 'a text does not end; write the closing "'),
    ("Unclosed array", "a list does not end; write the closing ], and commas between"),
    ("Unclosed inline table", "a { does not end; write the closing }, and commas between"),
    ("Expected ']'", "a section name does not end; write the closing bracket"),
    ("Invalid initial character", "a key is missing here; write key = value"),
    ("Illegal character", 'a text does not end in its line; write the closing "'),
    ("Found invalid character", "a control character; remove it"),
    ("Unescaped", "a backslash that means nothing; write \\\\ for one backslash"),
    ("Invalid date", "no such date; write it as 2026-12-25"),
    ('Expected "\'"', "a text does not end; write the closing '"),
)


def syntax_problem(error: ValueError, text: str) -> Problem:
    """tomli's error as a problem with line, column and a way out."""
    if not isinstance(error, tomli.TOMLDecodeError):  # a number with thousands of digits
        return Problem(1, 1, f"not TOML: {clean(str(error))[:120]}; write a shorter number")
    line, column = error.lineno, error.colno
    if error.msg.startswith(("Cannot overwrite", "Cannot declare", "Cannot redefine")):
        column = _first_column(text, line)  # tomli points behind the statement
    if error.pos >= len(error.doc):
        line, column = _end(text)
    plain = next((words for start, words in _PLAIN if error.msg.startswith(start)), "")
    if _COMMA.match(error.doc, max(0, error.pos - 1)):
        plain = "a decimal comma; write a point, as in 36.5"
    return Problem(line, column, plain or f"{clean(error.msg)}; see https://toml.io for the form")


def _first_column(text: str, line: int) -> int:
    words = text.replace("\r\n", "\n").split("\n")[line - 1]
    return len(words) - len(words.lstrip()) + 1


def _end(text: str) -> tuple[int, int]:
    """The place behind the last character that is not blank."""
    words = text.replace("\r\n", "\n").rstrip()
    return words.count("\n") + 1, len(words) - (words.rfind("\n") + 1) + 1
