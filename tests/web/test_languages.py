"""Nothing that the page can show is left in English: the lists are made from the source itself."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter

import pytest

from headworks.faces.answered import answered
from headworks.faces.languages.files import languages
from headworks.faces.web.refused import RefusedError, said

HOST = Path(__file__).parents[2] / "host/headworks"
OTHERS = [code for code in languages() if code != "en"]
REFUSALS = languages()["en"].refusals
_MAKERS = ("RefusedError", "said")
_NO_VALUES = ("status", "again_s")


def _trees(*folders: str) -> Iterator[ast.AST]:
    for folder in folders:
        for file in sorted((HOST / folder).glob("*.py")):
            yield ast.parse(file.read_text(encoding="utf-8"))


def _made() -> dict[str, set[frozenset[str]]]:
    """By code, the names of the values with which it is made, each way that there is."""
    found: dict[str, set[frozenset[str]]] = {}
    for tree in _trees("faces/web"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in _MAKERS and node.args:
                names = {word.arg or "**" for word in node.keywords} - {*_NO_VALUES}
                for code in _codes(node.args[-1]):
                    found.setdefault(code, set()).add(frozenset(names))
    return found


def _codes(node: ast.expr) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


# of calls whose code is a variable: the words that it may be
CHOSEN = {"no-page", "wrong-method", "not-asked-well", "when-before", "when-now"}


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    """What the page's server may refuse or deny stands in the English file, with the same names."""
    made = _made()
    assert made.keys() | CHOSEN == REFUSALS.keys()
    for code, ways in made.items():
        wanted = {name for _, name, _, _ in Formatter().parse(REFUSALS[code]) if name}
        for names in ways:
            assert names >= wanted, code


def test_a_refusal_is_told_to_programs_and_to_people() -> None:
    """A program has the English sentence and the code; sentences may stand within sentences."""
    error = RefusedError(409, "not-clear-yet", why=said("why-stayed-on", racks="a1"))
    assert error.as_json == {
        "error": "not clear yet: a1 stayed on; wait a few seconds, then say it again",
        "code": "not-clear-yet",
        "values": {"why": {"code": "why-stayed-on", "values": {"racks": "a1"}}},
    }


# Where English is made that the page shows as it comes: a file, and of what in it.
TEXTS = (
    ("faces/client.py", ("StationError", "NotRunningError")),
    ("field/boards/greeting.py", ("judge", "other_protocol", "_other", "lost")),
    ("field/boards/signs.py", ("mute",)),
    ("field/boards/restarts.py", ("cause",)),
    ("field/boards/port.py", ("FileNotFoundError",)),
    ("field/boards/boards.py", ("reset",)),
    ("field/meters/sanity.py", ("_volts", "_hertz", "_power", "_sum")),
    ("statement/months.py", ("grid",)),
    ("statement/make.py", ("over", "_checked")),
    ("statement/price.py", ("StatementError",)),
    ("statement/gather.py", ("StatementError",)),
    ("statement/pdf.py", ("_MISSING",)),
)
# These put their parts together in another way than one text.
MORE = (
    "the station has not been reached yet",
    "its port has not been opened yet",
    "an error of this program: ValueError('x')",
    "its port is lent, to flash it",
    "a port that vanishes",
    "at its MicroPython prompt (somebody asked for maint); headworks board update air",
    "at its MicroPython prompt since 10:00 (ali asked for maint); headworks board update air",
    "done, but a restart will forget it: disk full",
    "done, but it is not in the journal yet: disk full",
    "/r: there are no records; name their folder with --records",
    "/r: there are no records; name their folder with --records. For the station that runs: --site",
    "done, but a restart will forget it: full; it is not in the journal yet: full",
    "voltage 230 / 231 V",
    "power 7 kW, sum of V times I 7 kVA (factor 0.9)",
)


def _said(file: str, makers: tuple[str, ...]) -> Iterator[str]:
    """Examples of what these functions, errors and constants say, each of two words or more."""
    for node in ast.walk(ast.parse((HOST / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in makers:
            yield from _texts(node.body[1:])
        elif isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id in makers for one in node.targets
        ):
            yield from _texts([node.value])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in makers:
            yield from _texts(node.args)


def _texts(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        text = _example(node)
        if text is None:
            yield from _texts([*ast.iter_child_nodes(node)])
        elif (
            not text.startswith("headworks ")
            and len([word for word in text.split() if word.isalpha()]) > 1
        ):
            yield text


def _example(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_example(part) or "7" for part in node.values)
    return None


@pytest.mark.parametrize("code", OTHERS)
def test_what_other_parts_say_is_in_every_language(code: str) -> None:
    """Causes of boards, of a station that is gone and of statements, found where they are made."""
    tongue = languages()[code].tongue
    made = {text for file, makers in TEXTS for text in _said(file, makers)} | {*MORE}
    assert len(made) > 35
    assert sorted(text for text in made if tongue.answered(text) == text) == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_answer_waits_for_a_text_that_nobody_says(code: str) -> None:
    """What is translated is said somewhere, and names no figure that is not in it."""
    made = {text for file, makers in TEXTS for text in _said(file, makers)} | {*MORE}
    for english, ours in languages()[code].tongue.answers.items():
        assert {*_names(ours)} <= {*_names(english)}, english
        alone = {english: "yes"}
        assert any(answered(text, alone) == "yes" for text in made), english


def _names(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def test_a_figure_within_a_cause_stands_apart() -> None:
    """Names keep their own direction, and a cause within an answer is told in the language too."""
    answers = {"{board} is not reset: {cause}": "{cause} :{board}", "silent for {s} s": "{s} x"}
    text = answered("air is not reset: silent for 9 s", answers, isolate=True)
    assert text == "\u2068\u20689\u2069 x\u2069 :\u2068air\u2069"
    assert answered("something else", answers) == "something else"
