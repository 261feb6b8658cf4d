"""The month's statement from the page: the button is pressed, and what arrives is valid.

The station stands still; its records are a month's that is over.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from headworks.site import load_site
from statement.test_gather import MONTH
from statement.test_gather import kept as month_kept  # noqa: F401 (a fixture)
from web.browsers import chromium
from web.places import STATE, Web, add_user, noting, web

pytestmark = [pytest.mark.needs("program:chromium"), pytest.mark.needs("linux")]
PASSWORD = "correct horse"
SHOTS = os.environ.get("HEADWORKS_SHOTS", "")
SIZES = {"en": (360, 740), "ur": (1280, 900)}
MADE = {"en": "Made, and handed to the browser.", "ur": "تیار، اور براؤزر کو دے دیا گیا۔"}


@pytest.fixture(scope="module")
def place(month_kept: Path) -> Iterator[Web]:  # noqa: F811
    """The page of a station whose clock shows the month after."""
    site = load_site(month_kept / "site.toml")
    year, month = (int(part) for part in MONTH.split("-"))
    after = f"{year + month // 12}-{month % 12 + 1:02d}-03T12:00:00+05:00"
    state = {
        **STATE, "time": after,
        "files": {"state": str(month_kept), "site": str(month_kept / "site.toml")},
        "site": {**STATE["site"], "sha256": site.sha256, "timezone": site.timezone},
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="hw-") as name:
        folder = Path(name)
        add_user(folder, "ayesha", "operator", PASSWORD)
        with noting(folder, state) as peer, web(folder, peer.path) as found:
            yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


Look = Callable[[str], Page]


@pytest.fixture
def look(place: Web, browser: Browser) -> Iterator[Look]:
    """The energy of the month that is over, for an operator, in this language."""
    opened: list[BrowserContext] = []

    def open_page(language: str) -> Page:
        width, height = SIZES[language]
        size = {"width": width, "height": height}
        opened.append(browser.new_context(viewport=size, locale=language))
        page = opened[-1].new_page()
        page.goto(f"{place.url}#/energy")
        page.locator("#account[aria-label]").click()  # named when a press on it is heard
        page.locator("#name").fill("ayesha")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#account-dialog")).to_be_hidden()
        expect(page.get_by_role("button", name="PDF")).to_be_visible()
        page.get_by_role("button", name=re.compile("Month before|پچھلا مہینہ")).click()
        expect(page.locator("table.energy tbody tr")).to_have_count(29)  # 28 days and the month
        return page

    yield open_page
    for context in opened:
        context.close()


def verified(file: Path, records: Path) -> str:
    """What the command says of a statement that it finds valid."""
    where = ["--statement", str(file), "--records", str(records)]
    command = [sys.executable, "-m", "headworks", "verify", *where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("language", "forms"), [("en", ("PDF", "HTML", "CSV")), ("ur", ("PDF",))])
def test_a_statement_is_downloaded_and_valid(
    language: str,
    forms: tuple[str, ...],
    look: Look,
    month_kept: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Each button gives the month's file in the page's language, which the command verifies."""
    page, records = look(language), month_kept / "records"
    said = page.locator("#view .said").last
    for form in forms:
        with page.expect_download(timeout=120_000) as found:
            page.get_by_role("button", name=form).click()
        name = found.value.suggested_filename
        end = "" if language == "en" or form == "CSV" else f"-{language}"
        assert name.endswith(f"{MONTH}{end}.{form.lower()}")
        found.value.save_as(tmp_path / name)
        assert "the figures are those that were signed" in verified(tmp_path / name, records)
        expect(said).to_contain_text(MADE[language])
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/statement-{language}.png", full_page=True)


def test_a_statement_that_is_not_made_is_a_sentence(look: Look) -> None:
    """A month without figures, one that is being made, a line that breaks: in the page's language."""
    page = look("ur")
    said = page.locator("#view .said").last
    button = page.get_by_role("button", name="CSV")
    page.get_by_role("button", name="پچھلا مہینہ").click()
    button.click()
    expect(said).to_contain_text("وہ مہینہ چنیں جس میں سٹیشن چلا ہو")
    busy = {"error": "x", "code": "statement-busy", "values": {}}
    page.route("**/api/statement?*", lambda route: route.fulfill(status=503, json=busy))
    button.click()
    expect(said).to_contain_text("ایک منٹ بعد پھر کوشش کریں")
    page.unroute("**/api/statement?*")
    page.route("**/api/statement?*", lambda route: route.abort())
    button.click()
    expect(said).to_have_text("باکس نے جواب نہیں دیا؛ چند سیکنڈ بعد پھر کوشش کریں۔")
