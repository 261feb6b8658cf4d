"""The page in a real browser, before the real station and a simulated substation."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from endtoend.crew import Crew
from endtoend.play import Play
from web.browsers import chromium
from web.places import Web, add_user, web

PASSWORD = "correct horse"
SHOTS = os.environ.get("HEADWORKS_SHOTS", "")  # folder for screenshots, for a human look

pytestmark = [pytest.mark.needs("program:chromium"), pytest.mark.needs("linux")]
PHONE, DESK = (360, 740), (1280, 900)


class Plant(NamedTuple):
    """Simulator, station and page."""

    crew: Crew
    web: Web


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with tempfile.TemporaryDirectory(prefix="hw-") as name:  # short, since sockets lie in it
        folder = Path(name)
        crew = Crew(folder)
        try:
            crew.start_all()
            for person, role in (("ayesha", "operator"), ("bilal", "technician")):
                add_user(folder, person, role, PASSWORD)
            with web(folder, crew.socket) as found:
                yield Plant(crew, found)
        finally:
            crew.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


Look = Callable[..., Page]


@pytest.fixture
def look(plant: Plant, browser: Browser) -> Iterator[Look]:
    """Opens the page; afterwards nothing may have gone elsewhere or been complained about."""
    opened: list[BrowserContext] = []
    heard: list[str] = []

    def open_page(size: tuple[int, int] = PHONE, **options: Any) -> Page:
        scale = 2 if size == PHONE and SHOTS else 1
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            **{"locale": "en", **options},
        )
        opened.append(context)
        page = context.new_page()
        page.on("request", lambda r: r.url.startswith(plant.web.url) or heard.append(r.url))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda m: "Content Security" in m.text and heard.append(m.text))
        page.goto(plant.web.url)
        expect(page.locator(".rack").first).to_be_visible()
        return page

    yield open_page
    for context in opened:
        context.close()
    assert heard == []


def shoot(page: Page, name: str, full: bool = False) -> None:
    """A screenshot, where a folder for them is named."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=full)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.locator("#account[aria-label]").click()  # named when a press on it is heard
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.locator("#account-dialog").get_by_role("button", name="Sign in").click()


def press_twice(button: Locator) -> None:
    """Both presses in one turn of the page: on a late machine the time between two could run out."""
    button.evaluate(
        "node => { if (!node.textContent.startsWith('Press again')) node.click(); node.click(); }"
    )


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_first_screen(look: Look, plant: Plant, size: tuple[int, int]) -> None:
    """Verdict, envelope, the limit that binds, the diagram, and each rack with its sentence."""
    page = look(size)
    expect(page.locator("#verdict")).to_contain_text("racks")
    expect(page.locator("#figures")).to_contain_text(re.compile(r"May draw\d+ kW"))
    expect(page.locator("#binding")).to_contain_text(re.compile(r"Limited by .+: .+\."))
    names = [rack.name for rack in plant.crew.site.racks]
    expect(page.locator(".rack b")).to_have_text(names)
    assert all(text.endswith(".") for text in page.locator(".rack .why").all_text_contents())
    expect(page.locator(".diagram .tile")).to_have_count(len(names))
    expect(page.locator(".diagram")).to_contain_text("Grid")
    for feeder in plant.crew.site.feeders:
        expect(page.locator(".diagram")).to_contain_text(feeder.name)
    expect(page.locator("#link")).to_contain_text("live")
    assert fits(page)
    bottom = page.locator("#gauge").bounding_box()
    assert bottom is not None
    assert bottom["y"] + bottom["height"] < size[1]
    weight = page.evaluate(
        "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        ".reduce((sum, one) => sum + one.decodedBodySize, 0)"
    )
    assert 30_000 < weight < 200_000
    shoot(page, f"first-{size[0]}", full=size == DESK)


def test_states_are_told_by_shape_and_word_too(look: Look) -> None:
    """Never colour alone: a glyph of its own and a word stand beside every colour."""
    page = look()
    for rack in page.locator(".rack").all():
        state = rack.get_attribute("data-state")
        assert rack.locator(f"svg.s-{state}").count() == 1
        assert rack.locator(".state").inner_text()


def test_a_fault_is_seen_without_loading_again(look: Look, plant: Plant) -> None:
    """A meter falls silent: within seconds the page names it, its racks go, and it all returns."""
    page = look()
    alarms = page.locator("#alarm-list")
    expect(alarms).not_to_contain_text("incomer")
    plant.crew.inject("meter-silent", "incomer")
    try:
        expect(alarms).to_contain_text("Meter incomer does not answer")
        expect(alarms).to_contain_text("What to do:")
        expect(page.locator("#gravest")).to_contain_text("incomer")
        expect(page.locator("#verdict")).to_contain_text("are off")
        expect(page.locator(".diagram")).to_contain_text("not known")
        shoot(page, "fault-360")
    finally:
        plant.crew.clear("meter-silent", "incomer")
    expect(alarms).not_to_contain_text("incomer")


def test_a_rack_is_locked_out_and_given_back(look: Look, plant: Plant) -> None:
    """A lock-out wants a note, stands there with name and note, and an operator ends it."""
    page = look()
    sign_in(page, "ayesha")
    expect(page.locator("#account")).to_have_attribute("aria-label", "ayesha")
    name = plant.crew.site.racks[0].name
    page.locator(".rack", has_text=name).first.click()
    dialog = page.locator("#rack-dialog")
    dialog.get_by_role("button", name="Lock out").click()
    expect(dialog.locator(".said")).to_contain_text("wants a note")
    dialog.get_by_label("Note").fill("fan <b>exchange</b>")
    dialog.get_by_role("button", name="Lock out").click()
    # Not its sentence: on a late machine a board's relay opens, rightly, and that is told first.
    facts = dialog.locator(".facts")
    expect(facts).to_contain_text(re.compile(r"Locked out by\W*ayesha"))
    expect(facts).to_contain_text("fan <b>exchange</b>")
    shoot(page, "rack-360")
    press_twice(dialog.get_by_role("button", name="End lock-out"))
    expect(facts).not_to_contain_text("Locked out by")


def test_racks_boards_and_meters_tell_their_past(look: Look, plant: Plant) -> None:
    """A rack its starts, hours and wear, a board its age and the counters of its link, a meter its
    age; the figures of the rack are made up here, since its hours would take hours."""
    page = look()
    name = plant.crew.site.racks[0].name

    def worn(route: Route) -> None:
        picture = route.fetch().json()
        picture["racks"][0] |= {"starts_today": 3, "switchings": 10, "on_total_s": 7200.0}
        route.fulfill(json=picture)

    page.route("**/api/events*", lambda route: route.abort())
    page.route("**/api/state*", worn)
    page.reload()
    page.locator(".rack", has_text=name).first.click()
    facts = page.locator("#rack-dialog .facts")
    for told in (r"Starts in 24 h\W*3", r"Hours on in its life\W*2\W*h",
                 r"Switchings an hour on\W*5\W*/\W*h"):  # fmt: skip
        expect(facts).to_contain_text(re.compile(told))
    page.keyboard.press("Escape")
    board = page.locator("#board-list li").first
    expect(board.locator(".head")).to_contain_text("ago")
    expect(board.locator(".counters dt").first).not_to_be_empty()
    expect(page.locator("#meter-list")).to_contain_text(plant.crew.site.meters[0].name)


def test_a_technician_may_take_power_away_only(look: Look, plant: Plant) -> None:
    """There is no button that gives power back, and the box refuses it too."""
    page = look()
    sign_in(page, "bilal")
    name = plant.crew.site.racks[-1].name
    page.locator(".rack", has_text=name).last.click()
    dialog = page.locator("#rack-dialog")
    dialog.get_by_role("button", name="Switch off").click()
    # Not its sentence: on a late machine a board's relay opens, rightly, and that is told first.
    expect(dialog.locator(".facts")).to_contain_text(re.compile(r"Kept off by\W*bilal"))
    expect(dialog.get_by_role("button", name="Back to surplus")).to_have_count(0)
    _, act = plant.web.sign_in("bilal", PASSWORD)
    assert plant.web.ask("POST", f"/api/racks/{name}/auto", {}, **act)[0] == 403
    _, act = plant.web.sign_in("ayesha", PASSWORD)
    assert plant.web.ask("POST", f"/api/racks/{name}/auto", {}, **act)[0] == 200


def test_guessing_is_locked_out(look: Look) -> None:
    """After five wrong passwords the page says how long to wait; looking goes on."""
    page = look()
    page.locator("#account[aria-label]").click()
    said = page.locator("#account-dialog .said")
    page.get_by_label("Name").fill("eve")
    for _ in range(6):
        page.get_by_label("Password").fill("wrong password")
        with page.expect_response("**/api/session"):
            page.locator("#account-dialog").get_by_role("button", name="Sign in").click()
        expect(said).not_to_contain_text("Asking")
    expect(said).to_contain_text("too many wrong passwords; try again in")
    shoot(page, "lock-out-360")
    page.keyboard.press("Escape")
    expect(page.locator("#link")).to_contain_text("live")


def test_urdu_is_mirrored_and_figures_are_not(look: Look) -> None:
    """Right to left with the riser at the right; sentences in Urdu, figures left to right."""
    page = look(locale="ur")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    expect(page.locator("#racks-title")).to_have_text("ریک")
    expect(page.locator(".rack .why").first).to_contain_text(re.compile("[\u0600-\u06ff]{3}"))
    grid = page.locator(".diagram circle").first.bounding_box()
    assert grid is not None
    assert grid["x"] > PHONE[0] / 2
    assert (
        page.locator("#figures dd").first.evaluate("n => getComputedStyle(n).unicodeBidi")
        == "isolate"
    )
    assert fits(page)
    shoot(page, "urdu-360")
    page.locator("#language").click()
    expect(page.locator("#racks-title")).to_have_text("Racks")
    assert page.evaluate("document.documentElement.dir") == "ltr"


def _contrast(page: Page, selector: str) -> float:
    """WCAG contrast of a text on the paper of its card."""
    found: float = page.evaluate(
        """selector => {
            const light = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number)
                .map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
            const node = document.querySelector(selector);
            const text = light(getComputedStyle(node).color);
            const ground = light(getComputedStyle(node.closest('.card, .now')).backgroundColor);
            return (Math.max(text, ground) + .05) / (Math.min(text, ground) + .05);
        }""",
        selector,
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_read_in_the_sun(look: Look, scheme: Any) -> None:
    """The theme follows the device, the button turns it, and text has a contrast of 7 to 1."""
    page = look(DESK, color_scheme=scheme)
    for selector in ("#verdict", "#figures dd", "#binding", ".rack .why", ".rack small"):
        assert _contrast(page, selector) >= 7.0, selector
    shoot(page, f"theme-{scheme}")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_the_keyboard_is_enough(look: Look) -> None:
    """A rack of the diagram opens by Tab and Enter, and Escape closes it."""
    page = look()
    page.locator(".tile").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rack-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rack-dialog")).to_be_hidden()


def go(page: Page, view: str) -> None:
    """Open a view by its name in the navigation."""
    page.locator(f'#views [data-view="{view}"]').click()
    expect(page.locator("#view")).to_be_visible()


def test_history_is_drawn_zoomed_and_kept(look: Look, plant: Plant) -> None:
    """Charts of what was kept, the present followed; keys go back in time, and a table is given."""
    page = look(DESK)
    go(page, "history")
    expect(page.locator(".uplot")).to_have_count(4)
    expect(page.locator(".strips li")).to_have_count(len(plant.crew.site.racks))
    expect(page.locator(".time-line")).to_contain_text("The station starts")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    before = page.locator(".when").inner_text()
    address = page.get_by_role("link", name="CSV").get_attribute("href")
    status, _, body = plant.web.ask("GET", address or "")
    assert status == 200
    assert body.startswith(b"time,unix_s,envelope.kw.least")
    page.locator(".event").first.focus()
    page.keyboard.press("-")
    expect(page.locator(".when")).not_to_have_text(before)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")


def test_the_journal_is_searched(look: Look) -> None:
    """An entry is found by its kind and words, and what is not there is said."""
    page = look()
    go(page, "journal")
    page.get_by_label("Kind").select_option("system")
    expect(page.locator(".entries")).to_contain_text("The station starts")
    page.get_by_label("Words").fill("no such words")
    page.keyboard.press("Enter")
    expect(page.locator("#view")).to_contain_text("Nothing like this is in the journal.")


def test_energy_says_what_is_missing(look: Look) -> None:
    """A month without an interval is said; the statement is for operators, and says why not."""
    page = look(DESK)
    go(page, "energy")
    expect(page.locator("#view")).to_contain_text("Sign in as operator")
    sign_in(page, "ayesha")
    page.get_by_role("button", name="CSV").click()
    expect(page.locator("#view .said").last).to_contain_text(
        "name a month in which the station ran"
    )


def judge_sign(page: Page, plant: Plant, result: str) -> None:
    """Take a step of load until the meter was steady enough for a result."""
    go(page, "guide")
    step = page.get_by_role("region", name="Sign test").locator("details").first
    if step.get_attribute("open") is None:
        step.locator("summary").click()
    shows = r"^\d" if result == "Failed" else "^-"  # export, and how the meter tells it
    expect(step.locator(".facts dd").first).to_have_text(re.compile(shows))
    for number in range(4):  # the load goes on, off, on, off
        on = number % 2 == 0
        step.get_by_label("Power of the load").fill("200" if on else "-200")
        step.get_by_role("button", name="Note the power now").click()
        if on:
            plant.crew.inject("load-step", value=200.0)
        else:
            plant.crew.clear("load-step")
        with page.expect_response("**/sign"):
            step.get_by_role("button", name="Judge the sign").click()
        expect(step.locator(".said")).not_to_contain_text("Asking")
        if "in the journal" in step.locator(".said").inner_text():
            break
    plant.crew.clear("load-step")
    expect(step.locator(".said")).to_contain_text(f"{result}, and in the journal")


def test_the_sign_test_catches_a_swapped_meter(look: Look, plant: Plant) -> None:
    """A meter that counts the wrong way round fails, by name, and the first screen says so."""
    plant.crew.inject("sign-flip", "incomer")  # first of all: its power is steady by then
    _, act = plant.web.sign_in("ayesha", PASSWORD)
    racks = [rack.name for rack in plant.crew.site.racks]
    for name in racks:
        assert plant.web.ask("POST", f"/api/racks/{name}/off", {}, **act)[0] == 200
    page = look()
    expect(page.locator("#unfinished")).to_contain_text("0 of")
    sign_in(page, "bilal")
    try:
        judge_sign(page, plant, "Failed")
        shoot(page, "guide-360", full=True)
        plant.crew.clear("sign-flip", "incomer")
        page.locator('#views [data-view="now"]').click()
        expect(page.locator("#unfinished")).to_contain_text("1 failed")
        judge_sign(page, plant, "Passed")
    finally:
        plant.crew.clear("sign-flip", "incomer")
        for name in racks:
            plant.web.ask("POST", f"/api/racks/{name}/auto", {}, **act)
    go(page, "journal")
    page.get_by_label("Kind").select_option("guide")
    expect(page.locator(".entries")).to_contain_text("Sign test with a known load: failed.")
    expect(page.locator(".entries")).to_contain_text("bilal · technician")


def test_a_relay_is_judged_by_what_was_seen(look: Look, plant: Plant) -> None:
    """A rack that was let run, by a button that is pressed twice, and switched off again has passed
    when contact and person agree; before that, "passed" is refused with what to do."""
    with closing(Play(plant.crew)) as play:
        play.steady()  # a late machine may have let a board's lease run out, which trips the racks
    page = look()
    sign_in(page, "ayesha")
    name = plant.crew.site.racks[0].name
    go(page, "guide")
    step = page.get_by_role("region", name="Relay by relay").locator("details").first
    step.locator("summary").click()
    state, said = step.locator(".facts dd").first, step.locator(".said")
    step.get_by_role("button", name="Switch off").click()
    expect(state).to_have_text("off")
    back = step.get_by_role("button", name="Back to surplus")
    once = back.evaluate("node => { node.click(); return node.textContent; }")
    assert once == "Press again: Back to surplus"
    rack = json.loads(plant.web.ask("GET", "/api/state")[2])["racks"][0]
    assert (rack["off_by"], rack["on"]) == ("ayesha", False)
    press_twice(back)
    expect(state).to_have_text("running", timeout=60_000)
    passed = step.get_by_role("button", name="Passed")
    passed.click()
    expect(said).to_contain_text(f"{name} has not been seen to run and to go off again")
    step.get_by_role("button", name="Switch off").click()
    expect(state).to_have_text("off")
    expect(said).to_contain_text("Done")
    while True:  # its contact may have to follow first
        with page.expect_response("**/relay"):
            passed.click()
        expect(said).not_to_contain_text("Asking")
        if "not clear yet" not in said.inner_text():
            break
    expect(said).to_contain_text("Passed, and in the journal")
    _, act = plant.web.sign_in("ayesha", PASSWORD)
    assert plant.web.ask("POST", f"/api/racks/{name}/auto", {}, **act)[0] == 200


VIEWS = ("now", "history", "journal", "energy", "system", "guide")
AXE = Path(sys.prefix) / "node_modules/axe-core/axe.min.js"


@pytest.mark.needs(f"file:{AXE}")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(look: Look, scheme: Any) -> None:
    """Each view in English and light, those with most signs in Urdu and dark: nothing serious."""
    page = look(PHONE, color_scheme=scheme, locale="en" if scheme == "light" else "ur")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for view in VIEWS if scheme == "light" else ("now", "history", "guide"):
        page.locator(f'#views [data-view="{view}"]').click()
        if view == "now":
            expect(page.locator(".rack").first).to_be_visible()
        else:
            expect(page.locator("#view > *").first).to_be_visible()
        if view == "history":
            expect(page.locator(".uplot")).to_have_count(4)
        assert fits(page), view
        found = page.evaluate(
            "axe.run({resultTypes: ['violations'], preload: false, elementRef: false})"
        )
        grave = [
            (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], view
        shoot(page, f"{view}-{scheme}-360", full=True)


def test_it_can_be_installed(look: Look) -> None:
    """The manifest has name, start and icons of the sizes that browsers ask for."""
    page = look()
    manifest = page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then(a => a.json())"
    )
    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    for icon in manifest["icons"]:
        size = page.evaluate(
            "src => new Promise(done => { const i = new Image();"
            " i.onload = () => done(`${i.naturalWidth}x${i.naturalHeight}`); i.src = src; })",
            icon["src"],
        )
        assert size == icon["sizes"]


def test_it_polls_where_streams_do_not_get_through(
    look: Look, plant: Plant, browser: Browser
) -> None:
    """Without server-sent events, or where no place for one is free, it asks, and says so."""
    for refused in (lambda route: route.abort(), lambda route: route.fulfill(status=429)):
        context = browser.new_context(locale="en")
        page = context.new_page()
        page.route("**/api/events*", refused)
        page.goto(plant.web.url)
        expect(page.locator("body")).to_have_attribute("data-way", "poll")
        expect(page.locator("#link")).to_contain_text("asking")
        expect(page.locator("#verdict")).to_contain_text("racks")
        context.close()


def test_a_hidden_tab_leaves_its_connection_to_others(plant: Plant, browser: Browser) -> None:
    """Six streams would take all that a browser has, and no tab could act: who is not seen asks
    now and then, and who is seen again is told at once."""
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(plant.web.url)
    expect(page.locator("body")).to_have_attribute("data-way", "stream")
    for hidden, way in (("true", "poll"), ("false", "stream")):
        page.evaluate(
            f"Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        expect(page.locator("body")).to_have_attribute("data-way", way)
    context.close()


PARSED = """import { readFileSync } from 'node:fs'; import { SourceTextModule } from 'node:vm';
for (const name of process.argv.slice(1))
    new SourceTextModule(readFileSync(name, 'utf8'), { identifier: name });
"""


def test_scripts_are_well_formed() -> None:
    """Every module parses as one, by the Node that the browser's driver brings."""
    from playwright._impl._driver import compute_driver_executable

    node = compute_driver_executable()[0]
    folder = Path(__file__).parents[2] / "host/headworks/faces/web/static"
    words = [node, "--experimental-vm-modules", "--input-type=module", "-e", PARSED]
    names = [str(file) for file in sorted(folder.glob("*.js"))]
    done = subprocess.run([*words, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_station_that_is_killed_is_said_and_aged(look: Look, plant: Plant) -> None:
    """The page says that it is gone and how old the picture is; then it comes back by itself.

    The last test here, since the station is another one afterwards.
    """
    page = look()
    plant.crew.kill("station")
    expect(page.locator("#banner")).to_contain_text("The station is gone")
    expect(page.locator("#banner")).to_contain_text(re.compile(r"The picture is \d+ s old"))
    expect(page.locator("#verdict")).to_contain_text("Not known what runs now")
    shoot(page, "gone-360")
    plant.crew.start_station()
    expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#link")).to_contain_text("live")
    plant.web.process.terminate()
    expect(page.locator("#banner")).to_contain_text("No connection to the box")
    shoot(page, "cut-360")
