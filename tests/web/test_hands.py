"""Hands on the page: every view by keyboard alone, dialogs, and charts under real fingers.

The station stands still here and its records are made up, so every figure is known.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from web.browsers import chromium
from web.places import Web
from web.shots import PASSWORD, served

pytestmark = [pytest.mark.needs("program:chromium"), pytest.mark.needs("linux")]
PHONE = (360, 740)
VIEWS = ("now", "history", "journal", "energy", "system", "guide")
HOURS = 3.0
READY = {
    "now": ".rack",
    "history": ".event",
    "journal": ".entries li",
    "energy": "#view .card p",
    "system": ".cards dd",
    "guide": ".steps summary",
}


@pytest.fixture(scope="module")
def page_process() -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="hw-") as name, served(Path(name), HOURS) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


Look = Callable[..., Page]


@pytest.fixture
def look(page_process: Web, browser: Browser) -> Iterator[Look]:
    opened: list[BrowserContext] = []

    def open_page(view: str, **options: Any) -> Page:
        size = {"width": PHONE[0], "height": PHONE[1]}
        opened.append(browser.new_context(viewport=size, **{"locale": "en", **options}))
        page = opened[-1].new_page()
        page.goto(f"{page_process.url}#/{view}")
        expect(page.locator("body")).to_have_attribute("data-link", "live")
        expect(page.locator(READY[view]).first).to_be_visible()
        return page

    yield open_page
    for context in opened:
        context.close()


# marks what Tab must reach, in the order of the page, and gives their number
MARK = """() => {
    const one = 'a[href], button, input, select, summary, [tabindex="0"]';
    const seen = node => node.checkVisibility() && !node.disabled && !node.closest('dialog');
    const found = [...document.querySelectorAll(one)].filter(seen);
    found.forEach((node, at) => { node.dataset.place = at; });
    document.querySelector('.skip').focus();
    return found.length;
}"""
# where the focus is, whether that can be seen, and whether nothing lies over it
FOCUSED = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const ring = getComputedStyle(node), box = node.getBoundingClientRect();
    const edge = node.classList.contains('tile') ? getComputedStyle(node.firstChild) : null;
    const drawn = edge ? parseFloat(edge.strokeWidth) >= 3
        : ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2;
    const x = box.x + Math.min(box.width / 2, 20), y = box.y + Math.min(box.height / 2, 12);
    const over = document.elementFromPoint(x, y);
    const free = node.contains(over) || over?.contains(node);
    return { place: Number(node.dataset.place ?? -1), name: node.outerHTML.slice(0, 90), drawn, free };
}"""


@pytest.mark.parametrize("view", VIEWS)
def test_tab_goes_through_a_view_in_its_order(look: Look, view: str) -> None:
    """Everything that can be pressed is reached, in its order, with a ring that can be seen."""
    page = look(view)
    last, places = page.evaluate(MARK) - 1, [0]
    while places[-1] < last:
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused is not None, places
        assert focused["place"] >= 0, focused
        assert focused["drawn"], focused
        assert focused["free"], focused
        places.append(focused["place"])
    assert sorted({*places}) == [*range(last + 1)]
    assert places == sorted(places)  # a field of a day is several stops of one place


def _within(page: Page, dialog: str) -> bool:
    found: bool = page.evaluate(
        "name => document.activeElement === document.body"
        " || document.querySelector(name).contains(document.activeElement)",
        dialog,
    )
    return found


def test_dialogs_keep_the_focus_and_give_it_back(look: Look) -> None:
    """Enter opens, Tab stays within, Escape closes, and the focus is where it was; so for both."""
    page = look("now")
    for opener, dialog in (
        (page.locator(".rack").nth(1), "#rack-dialog"),
        (page.locator(".tile").nth(2), "#rack-dialog"),
        (page.locator("#account"), "#account-dialog"),
    ):
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.locator(dialog)).to_be_visible()
        for _ in range(8):
            page.keyboard.press("Tab")
            assert _within(page, dialog)
        page.keyboard.press("Escape")
        expect(page.locator(dialog)).to_be_hidden()
        expect(opener).to_be_focused()


def test_a_person_signs_in_and_judges_a_step_without_a_mouse(look: Look) -> None:
    """Sign in, open a step of commissioning and note its result with keys alone."""
    page = look("guide")
    page.locator("#account").focus()
    page.keyboard.press("Enter")
    page.locator("#name").focus()
    page.keyboard.type("bilal")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#account-dialog")).to_be_hidden()
    expect(page.locator("#account")).to_be_focused()
    expect(page.get_by_text("Sign in as technician")).to_have_count(0)  # the view is made anew
    expect(page.locator(READY["guide"]).first).to_be_visible()
    step = page.locator(".steps details").first
    step.locator("summary").focus()
    page.keyboard.press("Space")
    button = step.get_by_role("button", name="Failed")
    expect(button).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        if button.evaluate("node => node === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(step.locator(".said")).to_contain_text("Failed, and in the journal")


class Fingers:
    """Real touch events at the browser's own interface."""

    def __init__(self, page: Page) -> None:
        self._line = page.context.new_cdp_session(page)

    def _send(self, kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
        self._line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def move(
        self,
        begin: list[tuple[float, float]],
        end: list[tuple[float, float]],
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Put fingers down, move each in a straight line, lift them; `meanwhile` half-way."""
        self._send("touchStart", *begin)
        for step in range(1, 11):
            pairs = zip(begin, end, strict=True)
            share = step / 10
            if step == 5:
                meanwhile()
            self._send(
                "touchMove",
                *((a + (c - a) * share, b + (d - b) * share) for (a, b), (c, d) in pairs),
            )
        self._send("touchEnd")


def _span(page: Page, act: Callable[[], object]) -> tuple[float, float]:
    """From and length of the stretch that the page asks for after `act`."""

    def asked(response: Response) -> bool:
        return "/api/history?" in response.url and "from=" in response.url

    with page.expect_response(asked) as found:
        act()
    query = parse_qs(urlsplit(found.value.url).query)
    begin, end = float(query["from"][0]), float(query["to"][0])
    return begin, end - begin


def _on_a_chart(page: Page) -> tuple[Fingers, float, float, float]:
    """Fingers for the first chart, once it is drawn: its left and right within, and a height."""
    expect(page.locator(".uplot").first).to_be_visible()
    box = page.locator(".plot").first.bounding_box()
    assert box is not None
    return Fingers(page), box["x"] + 80, box["x"] + box["width"] - 40, box["y"] + 60


def test_fingers_pull_and_stretch_the_time(look: Look) -> None:
    """One finger to the right goes back, two apart go closer, up and down scrolls; not past now."""
    page = look("history", has_touch=True)
    fingers, left, right, y = _on_a_chart(page)
    begin, length = _span(page, lambda: fingers.move([(left, y)], [(right, y)]))
    assert length == pytest.approx(3600.0)
    assert begin < time.time() - 3600.0 - 1200.0
    live = page.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "false")
    middle = (left + right) / 2
    apart = [(left, y), (right, y)]
    close = [(middle - 20, y), (middle + 20, y)]
    _, closer = _span(page, lambda: fingers.move(close, apart))
    assert closer < length / 2
    _, wider = _span(page, lambda: fingers.move(apart, close))
    assert wider > closer * 2
    expect(page.locator("[aria-busy]")).to_have_count(0)  # the answer is drawn
    told = page.locator(".when").inner_text()
    fingers.move([(middle, y + 60)], [(middle, y - 100)])
    page.evaluate(
        "() => new Promise(done => {"
        " const look = () => scrollY > 50 ? done() : requestAnimationFrame(look); look(); })"
    )
    assert page.locator(".when").inner_text() == told
    page.evaluate("scrollTo(0, 0)")
    for _ in range(3):  # into the future: the present is taken instead, and followed
        fingers.move([(right, y)], [(left, y)])
    expect(live).to_have_attribute("aria-pressed", "true")


def test_a_finger_is_followed_while_the_chart_under_it_is_drawn_anew(look: Look) -> None:
    """What comes in meanwhile replaces the chart; the finger pulls on, and later ones are single."""
    page = look("history", has_touch=True)
    fingers, left, right, y = _on_a_chart(page)
    gone = "document.querySelector('.plot').replaceWith(document.createElement('div'))"
    begin, _ = _span(
        page, lambda: fingers.move([(left, y)], [(right, y)], lambda: page.evaluate(gone))
    )
    again, length = _span(page, lambda: fingers.move([(left, y)], [(right, y)]))
    assert length == pytest.approx(3600.0)  # two fingers would stretch it
    assert again < begin


# every text that is seen, and every name that is read out; not what is code in any language
TEXTS = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: node, textContent: text } = walker.currentNode;
        if (!node.closest('pre, code, script, style') && node.checkVisibility()) found.push(text);
    }
    const named = [...document.querySelectorAll('[aria-label], [title]')];
    return found.concat(named.flatMap(node => [node.ariaLabel ?? '', node.title ?? '']));
}"""
ENGLISH = re.compile(r"[A-Za-z][a-z'-]+(?:[ ,]+[A-Za-z][a-z'-]+)+")  # two words in a row
KNOWN = re.compile(r"fan exchange|systemctl (stop|start) headworks|headworks \w+ \w+")


def test_nothing_is_left_in_english(look: Look) -> None:
    """On a page in Urdu no view, no panel of the guide and no dialog shows two English words in a
    row, but for commands and what people have written."""
    page, left = look("now", locale="ur"), []
    for view in VIEWS:
        page.locator(f'#views [data-view="{view}"]').click()
        expect(page.locator(READY[view]).first).to_be_visible()
        for one in page.locator(".steps li:first-child summary").all():
            one.click()
        left += [text for text in page.evaluate(TEXTS) if ENGLISH.search(KNOWN.sub("", text))]
    page.locator('#views [data-view="now"]').click()
    for opener, dialog in ((".rack >> nth=0", "#rack-dialog"), ("#account", "#account-dialog")):
        page.locator(opener).click()
        expect(page.locator(dialog)).to_be_visible()
        left += [text for text in page.evaluate(TEXTS) if ENGLISH.search(KNOWN.sub("", text))]
        page.keyboard.press("Escape")
    assert left == []


def test_a_refusal_is_told_in_the_chosen_language(look: Look) -> None:
    """What the box answers in English is Urdu on a page in Urdu, with its figures."""
    page = look("now", locale="ur")
    page.locator("#account[aria-label]").click()
    page.locator("#name").fill("eve")
    page.locator("#password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.locator("#account-dialog .said")).to_have_text(re.compile("نام یا پاس ورڈ غلط ہے"))
