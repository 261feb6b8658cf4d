"""Every key's place is right, whatever way the file is written."""

import json

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.site.locate import KeyPath, Places, locate

CASES = [
    ("a = 1", {("a",): ((1, 1), (1, 5))}),
    ("# x\n\n  a=1 # = b", {("a",): ((3, 3), (3, 5))}),
    ("[t]\na.b . c = 1", {("t", "a", "b", "c"): ((2, 7), (2, 11)), ("t",): ((1, 1), (1, 1))}),
    ("\t'a.b' = 1", {("a.b",): ((1, 2), (1, 10))}),
    ('"\\u0061" = 1', {("a",): ((1, 1), (1, 12))}),
    ("[[t]]\n[[t]]\na = 1", {("t", 1): ((2, 1), (2, 1)), ("t", 1, "a"): ((3, 1), (3, 5))}),
    ("[[t]]\n[[t.u]]\na = 1", {("t", 0, "u", 0, "a"): ((3, 1), (3, 5))}),
    ("[[t]]\n[t.u]\na = 1", {("t", 0, "u", "a"): ((3, 1), (3, 5))}),
    ("a = { b = 1, c = { d = 2 } }", {("a", "c", "d"): ((1, 20), (1, 24))}),
    (
        "a = [ # [\n  1,\n  { b = ']' },\n]\nc = 2",
        {("a", 1, "b"): ((3, 5), (3, 9)), ("c",): ((5, 1), (5, 5))},
    ),
    ('a = """\nb = 1\n\\""""\nc = 2', {("c",): ((4, 1), (4, 5))}),
    ("a = '''\n''''\nc = 2", {("c",): ((3, 1), (3, 5))}),
    ('a = "\\"#"\nc = 2', {("c",): ((2, 1), (2, 5))}),
    ("a = 1979-05-27 07:32:00\r\nc = 2", {("c",): ((2, 1), (2, 5))}),
    ("[ a . 'b' ]\nc = 2", {("a", "b"): ((1, 1), (1, 1)), ("a", "b", "c"): ((2, 1), (2, 5))}),
]


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[case[0][:16] for case in CASES])
def test_places(text: str, wanted: dict[KeyPath, tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Key and value stand where they are written."""
    tomli.loads(text)
    places = locate(text)
    for path, (key, value) in wanted.items():
        assert path in places.paths()
        assert (places.key(path), places.value(path)) == (key, value)


def test_missing_key_has_the_place_of_its_table() -> None:
    """A key that is not there is told at the table in which it is missing."""
    places = locate("[[t]]\na = 1\n\n  [[t]]\nb = 2\n")
    assert places.key(("t", 1, "name")) == (4, 3)
    assert places.key(("nowhere",)) == (1, 1)


def _leaves(value: object, path: KeyPath) -> list[tuple[KeyPath, object]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for i, item in enumerate(value) for leaf in _leaves(item, (*path, i))]
    return [(path, value)]


_KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)
_SCALARS = st.one_of(
    st.booleans(), st.integers(-(2**40), 2**40), st.text(st.characters(codec="utf-8"), max_size=9)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=6,
)
_BLANKS = st.sampled_from(["", " ", "\t", "  \t"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """TOML with sections, arrays of tables, inline values and odd blanks."""
    lines = []
    for name in draw(st.lists(st.sampled_from(["one", "two", "many"]), max_size=5)):
        known = f"[{name}]" in lines
        lines.append("[[many]]" if name == "many" else ("" if known else f"[{name}]"))
        lines.append(draw(st.sampled_from(["", "# [x] = 'y\"", "\t"])))
        body = draw(st.dictionaries(_KEYS, _VALUES, max_size=3)) if not known else {}
        lines += [_pair(draw, key, value) for key, value in body.items()]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def _pair(draw: st.DrawFn, key: str, value: object) -> str:
    return f"{draw(_BLANKS)}{_text(key)}{draw(_BLANKS)}={draw(_BLANKS)}{_write(draw, value)}"


def _text(value: str) -> str:
    return json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else _utf8(value)


def _utf8(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(draw: st.DrawFn, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        gap = draw(st.sampled_from(["", "\n", " # ]\n"]))
        return "[" + gap + ("," + gap).join(_write(draw, item) for item in value) + gap + "]"
    if isinstance(value, dict):
        pairs = (f"{_text(key)} = {_write(draw, item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return str(value)


@settings(max_examples=300, deadline=None)
@given(documents())
def test_every_key_of_generated_files_is_found(text: str) -> None:
    """Every value that tomli gives has a place, and at that place its text begins."""
    data = tomli.loads(text)
    places = locate(text)
    rows = text.replace("\r\n", "\n").split("\n")
    for path, value in _leaves(data, ()):
        assert path in places.paths()
        assert _begins(rows, places, path, value)


def _begins(rows: list[str], places: Places, path: KeyPath, value: object) -> bool:
    line, column = places.value(path)
    rest = "\n".join([rows[line - 1][column - 1 :], *rows[line:]])
    if isinstance(value, str):
        return rest.startswith(_text(value))
    word = str(value).lower() if isinstance(value, bool) else str(value)
    return rest.startswith(word)
