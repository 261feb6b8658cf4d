"""Debian's Chromium, for tests and for the pictures."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=20_000)  # of conditions that are awaited; a machine may be busy


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own. While it is there no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
