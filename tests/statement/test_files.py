"""The files: what they show, what they carry, and that no byte of them can change unseen."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.statement import files, html, table
from headworks.statement.content import canonical, content, parse, statement_of
from headworks.statement.figures import duration, kwh, seconds, share
from headworks.statement.make import WRITTEN_S
from headworks.statement.model import StatementError
from headworks.statement.sealed import Form, parts, sealed
from headworks.statement.signature import document, is_signed, sign
from headworks.statement.verify import READERS, verify
from headworks.statement.words import languages, words
from statement.sample import DAY_S, KEY, OTHER_KEY, STARTS, row, rows, site, statement

SMALL = statement(rows=rows()[:3], now_s=STARTS[3] + WRITTEN_S, entries=[])
STATEMENT = statement(rows=[row(start) for start in STARTS[:96]], now_s=STARTS[96] + WRITTEN_S)
MADE = {
    (form, language): files.render(STATEMENT, form, language, KEY)
    for form, language in [(Form.HTML, "en"), (Form.HTML, "ur"), (Form.CSV, "en"), (Form.PDF, "en"), (Form.PDF, "ur")]
}  # fmt: skip
EACH = pytest.mark.parametrize("made", MADE, ids=lambda made: f"{made[0]}-{made[1]}")


def _told(data, **given):
    return {finding.name: finding.good for finding in verify(data, **given).findings}


@EACH
def test_a_file_verifies_itself(made):
    """A file needs nothing but itself: figures, seal and sums are good, the key is to be compared."""
    verdict = verify(MADE[made])
    assert _told(MADE[made]) == {
        "figures": True,
        "key": None,
        "file": True,
        "sums": True,
        "records": None,
    }
    assert verdict.good
    assert verdict.statement == STATEMENT


@EACH
def test_the_key_is_named(made):
    """The station's own key is known, another's is named and makes the file bad."""
    assert _told(MADE[made], key=KEY.public)["key"] is True
    verdict = verify(MADE[made], OTHER_KEY.public)
    assert not verdict.good
    text = next(finding.text for finding in verdict.findings if finding.name == "key")
    assert KEY.public in text
    assert OTHER_KEY.public in text


@EACH
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_byte_is_found(made, data):
    """Wherever a byte changes, the file is not good any more."""
    whole = MADE[made]
    index = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    spoiled = whole[:index] + bytes([whole[index] ^ flip]) + whole[index + 1 :]
    _is_bad(spoiled)


def _is_bad(spoiled):
    told = ""
    try:
        good = verify(spoiled, KEY.public).good
    except StatementError as error:
        good, told = False, str(error)
    assert not good
    assert told == "" or "; " in told


@EACH
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_or_grown_is_found(made, data):
    """Whatever is cut off, put in or written behind its end, the file is not good any more."""
    whole = MADE[made]
    index = data.draw(st.integers(0, len(whole)))
    more = data.draw(st.binary(min_size=1, max_size=40))
    _is_bad(whole[:index] + more + whole[index:])
    if index < len(whole):
        _is_bad(whole[:index])


def _fields(plain, path=()):
    """Every figure and text of the content, by its path."""
    if isinstance(plain, dict):
        for name, value in plain.items():
            yield from _fields(value, (*path, name))
    elif isinstance(plain, list):
        for index, value in enumerate(plain[:3]):
            yield from _fields(value, (*path, index))
    else:
        yield path


def _changed(value):
    return value + 1 if isinstance(value, int) else f"{value}x" if isinstance(value, str) else 7


def test_every_signed_field_is_signed():
    """Each figure and each text, changed alone, breaks the signature of the figures."""
    signed = sign(content(statement(now_s=STARTS.start + 26 * DAY_S)), KEY)
    assert is_signed(signed)
    paths = list(_fields(signed.statement))
    assert len(paths) > 120
    for path in paths:
        parent = signed.statement
        for step in path[:-1]:
            parent = parent[step]
        before = parent[path[-1]]
        parent[path[-1]] = _changed(before)
        assert not is_signed(signed), path
        parent[path[-1]] = before
    assert is_signed(signed)


def test_one_who_signs_false_sums_is_found():
    """Whoever holds a key and signs totals that do not follow from the intervals is found."""
    plain = content(STATEMENT)
    plain["totals"] = {**plain["totals"], "import_wh": 1}
    signed = sign(plain, KEY)
    body = html.render(files.compose(STATEMENT, signed, words("en")), signed)
    assert _told(sealed(Form.HTML, body, KEY))["sums"] is False


def test_a_resaved_file_keeps_its_figures():
    """A spreadsheet that writes the table anew loses the seal, and the figures stay provable."""
    whole = MADE[Form.CSV, "en"].decode()
    again = "\ufeff" + "\n".join(line.rstrip("\r") for line in whole.splitlines()[:-1])
    told = _told(again.encode())
    assert told["figures"] is True
    assert told["file"] is False


def test_a_seal_of_another_key_is_no_seal():
    """Figures of one station in a file that another has sealed are not taken."""
    taken = parts(MADE[Form.HTML, "en"])
    assert _told(sealed(Form.HTML, taken.body, OTHER_KEY))["file"] is False


def test_records_that_differ_are_told():
    """The statement is compared with what the records give today: the same, or which is not."""
    other = statement(
        rows=[
            row(start, import_wh=1, baseline_wh=None, incremental_wh=None) for start in STARTS[:96]
        ],
        now_s=STARTS[96] + WRITTEN_S,
    )
    assert _told(MADE[Form.CSV, "en"], now=STATEMENT)["records"] is True
    verdict = verify(MADE[Form.CSV, "en"], now=other)
    assert "the interval of 2026-11-01 00:00 is not" in verdict.findings[-1].text
    fewer = statement(rows=rows()[:96], now_s=STARTS[96] + WRITTEN_S, counters=())
    verdict = verify(MADE[Form.CSV, "en"], now=fewer)
    assert "not those of the records: counters" in verdict.findings[-1].text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7\nnothing",
        b"<!doctype html><p>nothing",
        b"# Headworks statement: indicative, not the revenue meter\r\n",
        b"# Headworks statement: indicative, not the revenue meter\r\n# signed,xAAAA\r\n",
        b'<!doctype html><script type="application/json" id="headworks-statement">[1]</script>',
        b'<!doctype html><script type="application/json" id="headworks-statement">{"a":1,"a":2}</script>',
        b'<!doctype html><script type="application/json" id="headworks-statement">'
        + b"[" * 99999
        + b"</script>",
        b'<!doctype html><script type="application/json" id="headworks-statement">{"statement":{"x":NaN}}</script>',
    ],
)
def test_what_is_no_statement_is_told(data):
    """Any other file is refused in one line with a way out."""
    with pytest.raises(StatementError, match="; ") as told:
        verify(data)
    assert "\n" not in str(told.value)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(content(SMALL))), ANY)
def test_any_signed_nonsense_is_told(name, found):
    """Whoever signs something that is no statement is told; nothing else ever happens."""
    plain = {**content(SMALL), name: found}
    signed = sign(plain, KEY)
    text = json.dumps(document(signed))
    body = f'<!doctype html><script type="application/json" id="headworks-statement">{text.replace("<", " ")}</script>'
    told = ""
    try:
        good = verify(sealed(Form.HTML, body.encode(), KEY), KEY.public, SMALL).good
    except StatementError as error:
        good, told = False, str(error)
    same = canonical(plain) == canonical(content(SMALL))
    unseen = name in ("made_s", "cost") and told == ""  # nothing tells these from others
    assert good == same or unseen
    assert good or told == "" or "; " in told


def test_content_comes_back():
    """What is read of a file is the statement that was made, and its text is one and the same."""
    whole = statement()
    text = canonical(content(whole))
    assert statement_of(parse(text)) == whole
    assert canonical(parse(text)) == text
    assert text.isascii()


@EACH
def test_a_file_is_the_same_each_time(made):
    """The same statement, language and key give the same bytes."""
    assert files.render(STATEMENT, made[0], made[1], KEY) == MADE[made]


def test_the_table_is_one_that_scripts_read():
    """Without the lines that begin with #, the CSV is one table whose column adds up to the total."""
    text = MADE[Form.CSV, "en"].decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = list(csv.DictReader(StringIO("\n".join(lines))))
    assert len(found) == 96
    total = sum(round(float(one["import_kwh"]) * 1000) for one in found)
    assert total == STATEMENT.totals["import_wh"]
    assert found[0]["start"] == "2026-11-01T00:00:00+05:00"
    assert all(len(line) < 1100 for line in text.splitlines())


def test_no_cell_is_a_formula():
    """What a spreadsheet would take for a formula is text."""
    from dataclasses import replace

    odd = statement(site=replace(site(), name="=HYPERLINK(1)"))
    text = table.render(odd, sign(content(odd), KEY)).decode()
    assert "# site,'=HYPERLINK(1)" in text


def test_a_page_is_whole_and_safe():
    """The HTML asks for nothing from elsewhere, and names cannot become markup."""
    from dataclasses import replace

    odd = statement(site=replace(site(), name='<script>alert("x")</script>'))
    text = files.render(odd, Form.HTML, "en", KEY).decode()
    assert text.count("<script") == 1
    assert "&lt;script&gt;" in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(?!data:)[a-z]""", text.replace("xmlns=", ""))
    ET.fromstring(re.search(r"<svg.*?</svg>", text, re.DOTALL)[0])


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("form", [Form.HTML, Form.PDF])
def test_every_page_says_what_it_is_not(form, language):
    """Marked "indicative, not the revenue meter" in each language, on every page of the PDF."""
    mark = words(language)("title.mark")
    data = MADE[form, language]
    if form is Form.HTML:
        assert mark in data.decode()
        return
    from pypdf import PdfReader

    pages = PdfReader(BytesIO(data)).pages
    if language == "en":  # shaped text does not come out of a PDF in its order
        assert all(mark in page.extract_text() for page in pages)
    else:
        assert all(re.search("[\u0600-\u06ff]", page.extract_text()) for page in pages)


def test_a_long_gap_is_one_row():
    """Eight missing intervals are eight rows, more of them one that counts them."""
    for missing, shown in ((8, 8), (9, 1), (40, 1)):
        found = statement(rows=[row(start) for start in STARTS[missing:60]], now_s=STARTS[61])
        page = files.compose(found, sign(content(found), KEY), words("en"))
        rows_of_it = [one for one in page.blocks[-1].rows if one.mark == "gap"]
        assert len(rows_of_it) == shown
        assert len(page.blocks[-1].rows) == 60 - missing + shown
        assert (rows_of_it[0].cells[-2].text == f"{missing} missing") == (shown == 1)


def test_figures_read_left_to_right():
    """In Urdu the page runs from right to left, and every figure stands in an isolate of its own."""
    text = MADE[Form.HTML, "ur"].decode()
    assert '<html lang="ur" dir="rtl">' in text
    body = text[: text.index("<script")]
    cells = re.findall(r'<td class="(?:figure|code|hash)">(.*?)</td>', body)
    assert len(cells) > 500
    assert all(cell.startswith('<bdi dir="ltr">') for cell in cells)
    assert "\u2066" in body


def test_a_pdf_has_its_fonts_and_its_standard():
    """The PDF is one for archives (PDF/A-3) and embeds every font that it uses."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(MADE[Form.PDF, "ur"]))
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part>\s*3", metadata)
    fonts = {
        font.get_object()["/BaseFont"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.split("+")[-1].split("-")[0] for name in fonts} >= {"NotoSans", "NotoNaskhArabic"}
    assert all("+" in name for name in fonts)  # subsets, so embedded


@pytest.mark.parametrize("form", Form)
def test_names_of_files(form, tmp_path):
    """A month that still runs says so in its name; a language that is not English too."""
    made = files.write(STATEMENT, [form], "ur", KEY, tmp_path)
    ending = "" if form is Form.CSV else "-ur"
    assert [path.name for path in made] == [
        f"statement-jamshoro-2-2026-11-preliminary{ending}.{form}"
    ]
    assert [path.name for path in tmp_path.iterdir()] == [made[0].name]
    assert READERS[form](parts(made[0].read_bytes()).body).public_key == KEY.public


@pytest.mark.parametrize("language", languages())
def test_languages_have_the_same_words(language):
    """Each language has the same names with the same figures in them."""
    assert _shape(words(language)._table) == _shape(words("en")._table)


def _shape(table):
    if isinstance(table, dict):
        return {name: _shape(value) for name, value in table.items() if name != "direction"}
    return sorted(re.findall(r"\{(\w+)\}", table)), table.count("`")


def test_an_unknown_language_is_told():
    """The text names those there are."""
    with pytest.raises(StatementError, match="no language 'fr'; write one of en, ur"):
        words("fr")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (kwh(1_234_567), "1,234.567"),
        (kwh(0), "0.000"),
        (kwh(None), "–"),
        (share(9996, 10000), "99.9 %"),
        (share(1, 1), "100.0 %"),
        (share(1, 0), "–"),
        (seconds(1601), "1.7 s"),
        (seconds(1600), "1.6 s"),
        (duration(716 * 3600 + 37 * 60 + 59), "716:37 h"),
    ],
)
def test_figures_are_never_made_better(shown, text):
    """A share is rounded down, a response time up; energies keep every digit."""
    assert shown == text


def test_a_month_without_anything_is_shown_as_such():
    """No row at all: every figure is unknown, and each file can still be made and checked."""
    empty = statement(rows=[row(STARTS.stop)], entries=[], now_s=STARTS.start + DAY_S)
    assert empty.totals["import_wh"] is None
    for form in Form:
        assert verify(files.render(empty, form, "en", KEY), KEY.public).good
