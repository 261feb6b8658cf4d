"""The words of the console, and what a line of them asks for. Pure: text in, an order out."""

from difflib import get_close_matches
from typing import NamedTuple

from headworks.faces.people.roles import Role
from headworks.model.live import Action

_USAGE = 18  # columns of `help`
LONGEST_NAME, LONGEST_NOTE = 64, 200  # as the station takes it


class Word(NamedTuple):
    """A word as `help` tells it; `args` the least and the most words that follow."""

    usage: str
    about: str
    args: tuple[int, int] = (0, 0)


WORDS = {
    "status": Word("status", "power, envelope, racks, alarms and the way back"),
    "why": Word("why RACK", "why a rack is on or off", (1, 1)),
    "racks": Word("racks", "each rack, its state and one sentence why"),
    "rack": Word("rack RACK off|auto|lock|unlock [NOTE]", "switch a rack *", (2, 99)),
    "meters": Word("meters", "each meter and signal, how old and how good"),
    "boards": Word("boards", "each sensor board and what it sees"),
    "alarms": Word("alarms", "what lasts, and what to do about it"),
    "ack": Word("ack NAME [NOTE]", "an alarm was seen *", (1, 99)),
    "trips": Word("trips", "what has tripped or latched, and the way out"),
    "reset": Word("reset NAME [NOTE]", "clear a latch once its cause is gone *", (1, 99)),
    "watch": Word("watch", "news as they come; any key ends"),
    "log": Word("log", "the last events"),
    "net": Word("net", "addresses of this machine"),
    "pin": Word("pin [NAME]", "log in, to act", (0, 1)),
    "off": Word("off", "log off"),
    "help": Word("help [WORD]", "this list, or a word of it", (0, 99)),
    "exit": Word("exit", "log off and end"),
}
SAME = {"?": "help", "quit": "exit", "logout": "off", "login": "pin", "events": "log"}
ACTS = {action.value: action for action in (Action.OFF, Action.AUTO, Action.LOCK, Action.UNLOCK)}
_ON = ("on", "start")  # nobody can order that
# what may give power back wants to be confirmed
ENERGISES = {
    Action.AUTO: "{} may start as soon as there is surplus",
    Action.UNLOCK: "{} may start as soon as there is surplus: nobody works on it any more",
    Action.RESET: "what {} holds may start as soon as there is surplus",
}
ROLES = {
    **dict.fromkeys((Action.OFF, Action.LOCK, Action.ACK), Role.TECHNICIAN),
    **dict.fromkeys(ENERGISES, Role.OPERATOR),
}


class OrderError(Exception):
    """The line cannot be understood; the text says what may be written."""


class Order(NamedTuple):
    """One line. `action` is set where it asks the station to do something to `target`."""

    word: str
    args: tuple[str, ...] = ()
    action: Action | None = None
    target: str = ""
    note: str = ""


def parse(line: str) -> Order:
    """A line that is not empty. Raises OrderError."""
    words = line.split()
    if len(words) > 1 and words[0].lower() == "headworks":
        words = words[1:]  # as it is typed in a shell
    word = SAME.get(words[0].lower(), words[0].lower())
    known = WORDS.get(word)
    _meant(words)
    if known is None:
        near = get_close_matches(word, WORDS, 1)
        hint = f"did you mean {near[0]}?" if near else "help lists the words"
        raise OrderError(f"no word here is {words[0][:32]!r}; {hint}")
    args = tuple(words[1:])
    least, most = known.args
    if not least <= len(args) <= most:
        raise OrderError(f"write: {known.usage}")
    return _act(word, args) if word in ("rack", "ack", "reset") else Order(word, args)


def _meant(words: list[str]) -> None:
    """Raises OrderError where a rack is meant and it is said another way."""
    first, second = ([one.lower() for one in words] + ["", ""])[:2]
    rack, action = (words[0], second) if first not in (*WORDS, *SAME, *_ON, *ACTS) else ("", "")
    if first == "rack" and len(words) > 2:
        rack, action = words[1], words[2].lower()
        action = action if action in _ON else ""
    elif first in (*_ON, *ACTS) and second:
        rack, action = words[1], first
    if action in _ON:
        raise OrderError(f"write: rack {rack[:32]} auto; it runs when there is surplus")
    if action in ACTS:
        raise OrderError(f"write: rack {rack[:32]} {action}")


def _act(word: str, args: tuple[str, ...]) -> Order:
    target, rest = args[0], args[1:]
    if word == "rack":
        action = ACTS.get(rest[0].lower())
        if action is None:
            raise OrderError(f"write: {WORDS[word].usage}")
        rest = rest[1:]
    else:
        action = Action(word)
    if len(target) > LONGEST_NAME:
        raise OrderError(f"a name has at most {LONGEST_NAME} characters")
    note = " ".join(rest)
    if len(note) > LONGEST_NOTE:
        raise OrderError(f"the note is longer than {LONGEST_NOTE} characters")
    return Order(word, args, action, target, note)


def _usage(word: Word) -> tuple[str, ...]:
    if len(word.usage) > _USAGE:
        return (word.usage, f"{'':<{_USAGE}}  {word.about}")
    return (f"{word.usage:<{_USAGE}}  {word.about}",)


def help_lines(about: str = "") -> list[str]:
    """Every word in a line, or the one that is asked about; a star where it takes a PIN."""
    word = WORDS.get(SAME.get(about.lower(), about.lower()))
    if word is not None:
        return [*_usage(word), *(["* takes a PIN."] if word.about.endswith("*") else [])]
    lines = [line for word in WORDS.values() for line in _usage(word)]
    return [*lines, "* takes a PIN. Tab completes, arrows bring back what was written."]
