"""Takes the pictures of the README: a day of records that is made up, the page's own process.

Called by `tools/shots`. Each picture is brought down to few colours, so that it stays small.
"""

import asyncio
import hashlib
import io
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from web.browsers import chromium
from web.kept import RACKS, a_day
from web.places import STATE, Web, add_user, station, web

ROOT = Path(__file__).parents[2]
SITE = ROOT / "host/headworks/cli/demo_site.toml"
COLOURS = 128
PASSWORD = "correct horse"


class Shot(NamedTuple):
    """One picture: its name, the view, the size in CSS pixels, language and theme."""

    name: str
    view: str
    size: tuple[int, int]
    language: str = "en"
    theme: Any = "light"


SHOTS = (
    Shot("now-phone", "now", (360, 740)),
    Shot("history-desk", "history", (1100, 860)),
    Shot("guide-phone-urdu", "guide", (360, 740), "ur", "dark"),
)


@contextmanager
def served(folder: Path, hours: float = 24.0, zone: str = "Asia/Karachi") -> Iterator[Web]:
    """The page before a station that stands still, with a day of records."""
    a_day(folder / "records", time.time(), hours=hours)
    (folder / "site.toml").write_bytes(SITE.read_bytes())
    sha256 = hashlib.sha256(SITE.read_bytes()).hexdigest()
    racks = [{**r, "name": n} for r, n in zip(STATE["racks"], RACKS, strict=False)]
    state = {
        **STATE,
        "files": {"state": str(folder), "site": str(folder / "site.toml")},
        "site": {**STATE["site"], "sha256": sha256, "timezone": zone},
        "racks": racks + STATE["racks"][len(racks) :],
    }
    add_user(folder, "bilal", "technician", PASSWORD)
    ready, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with station(folder, state):
            ready.set()
            while not end.is_set():
                await asyncio.sleep(0.1)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        ready.wait()
        with web(folder, folder / "s.sock") as found:
            yield found
    finally:
        end.set()
        thread.join()


def _midnight() -> str:
    """The zone in which it is about midnight now, so that the sun shines by day in the records."""
    hour = round(time.time() % 86400 / 3600) % 24
    east = 24 - hour if hour > 12 else -hour
    return f"Etc/GMT{-east:+d}"  # these names count to the west


def _take(browser: Browser, served: Web, shot: Shot) -> bytes:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=shot.language, color_scheme=shot.theme
    )
    page = context.new_page()
    page.goto(f"{served.url}#/{shot.view}")
    page.locator("#views a").first.wait_for()
    _ready(page, shot.view)
    picture = page.screenshot()
    context.close()
    return picture


def _ready(page: Page, view: str) -> None:
    """Bring the view to what is worth a picture."""
    if view == "now":
        page.locator(".rack").first.wait_for()
    elif view == "history":
        page.locator(".uplot").first.wait_for()
        with page.expect_response("**/api/history?*"):
            page.get_by_role("button", name="Day").click()
        page.locator(".event").first.wait_for()
    else:
        page.locator("#account[aria-label]").click()
        page.locator("#name").fill("bilal")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("#account-dialog").wait_for(state="hidden")
        step = page.locator(".steps details").nth(3)
        step.locator("summary").click()
        page.locator(".panel .facts div").first.wait_for()
        step.evaluate("node => node.closest('section').scrollIntoView()")
        page.evaluate("scrollBy(0, -60)")


def _small(picture: bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    image = (
        Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(folder: Path) -> int:
    """Write all pictures; 0."""
    with (
        tempfile.TemporaryDirectory(prefix="hw-") as name,
        served(Path(name), zone=_midnight()) as place,
        chromium() as browser,
    ):
        for shot in SHOTS:
            body = _small(_take(browser, place, shot))
            (folder / f"{shot.name}.png").write_bytes(body)
            print(f"{shot.name}.png, {len(body) // 1024} kB", file=sys.stderr)
    return 0
