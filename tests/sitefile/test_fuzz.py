"""No text whatever makes the check raise anything but its own errors."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.model.site import Site
from headworks.site import SiteErrors, SiteUnreadable, check, load_site
from sitefile.samples import GOOD

TEXTS = [path.read_text(encoding="utf-8") for path in GOOD]
VALUES = (
    '""', '"x"', "0", "-1", "1e400", "nan", "true", "[]", "{}", "[[]]", "[{}]", '["", 1]',
    "2026-12-25", "07:32:00", "1979-05-27T07:32:00Z", "0x" + "f" * 400, '"a.b"', '"all"', '"\\u0000"',
    '"tcp://"', '"serial:"', '"tcp://[:1"', '"feeder:"', '"24:00"', '"Asia"', '"../etc"', '"\\U0001F600"',
)  # fmt: skip


def _holds(text: str) -> None:
    """The check gives a site, or mistakes with places inside the text."""
    site, problems = check(text, "site.toml")
    lines = text.count("\n") + 1
    assert isinstance(site, Site) or any(p.severity == "error" for p in problems)
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.text.isprintable()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_value_replaced(data: st.DataObject) -> None:
    """Any value of a good file replaced by a strange one."""
    lines = data.draw(st.sampled_from(TEXTS)).split("\n")
    pairs = [i for i, line in enumerate(lines) if " = " in line and line[:1] not in ("#", " ")]
    for index in data.draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3)):
        key = lines[index].partition(" = ")[0]
        lines[index] = f"{key} = {data.draw(st.sampled_from(VALUES))}"
    _holds("\n".join(lines))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_lines_moved_and_cut(data: st.DataObject) -> None:
    """Lines of a good file left out, doubled and put in another order."""
    lines = data.draw(st.sampled_from(TEXTS)).split("\n")
    chosen = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=40))
    _holds("\n".join(lines[index] for index in chosen))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(lines))] * 2)))
    _holds("\n".join(lines[:start] + lines[end:]))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_characters_changed(data: st.DataObject) -> None:
    """A few characters of a good file replaced by any others."""
    text = data.draw(st.sampled_from(TEXTS))
    at = data.draw(st.integers(0, len(text)))
    more = data.draw(st.text(st.characters(codec="utf-8"), max_size=5))
    _holds(text[:at] + more + text[at + data.draw(st.integers(0, 5)) :])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """A file of any bytes gives a site or one of the two errors."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.toml"
        path.write_bytes(content)
        # Anything else that it raises fails the test.
        with suppress(SiteErrors, SiteUnreadable):
            assert isinstance(load_site(path), Site)
