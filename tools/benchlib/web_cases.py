"""The page under load: are scans in time, how much memory does it take, how soon is it there?

Unlike the other cases nothing is pinned or preferred: page and station compete as they would,
the page behind the station as its unit file says (nice 10).
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchlib import rig, watch
from benchlib.rows import Row, spread, tell
from benchlib.sites import Shape

PERIOD_S = 0.25
READY_S = 30.0
SCREEN = ("/", "/api/session", "/api/languages", "/api/languages/en", "/api/state")
# in the browser: when the first rack has its power and that is on the screen; the largest paint
_NOTE = """
let painted = 0;
let tell;
window.benchTold = new Promise(done => { tell = done; });
new PerformanceObserver(list => { painted = list.getEntries().at(-1).startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
const look = () => {
    if (!/kW/.test(document.querySelector('.rack .power')?.textContent ?? ''))
        return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => {
        const kinds = ['navigation', 'resource'];
        const files = kinds.flatMap(kind => performance.getEntriesByType(kind));
        const bytes = files.reduce((sum, one) => sum + one.decodedBodySize, 0);
        tell({ shown: performance.now(), painted, bytes });
    }));
};
addEventListener('DOMContentLoaded', look);
"""
FIRST = re.compile(rb'(?:from|src=|href=|import)\s?"(/static/|\./)([\w.-]+)"')


def page(quick: bool) -> list[Row]:
    """14. 50 event streams, 200 slow clients and a flood of requests: are scans in time?"""
    span_s = 2.0 if quick else 30.0
    shape = Shape(12, meters=8, poll_s=PERIOD_S, scan_s=PERIOD_S)
    with rig.folder() as here, here.peer(shape) as peer, _station(here, shape, peer):
        peer.first_reply()
        calm = watch.scans(here.socket, span_s)
        with _page(here) as (child, port):
            first_s = [_first_screen(port) for _ in range(1 if quick else 5)]
            drawn = _drawn(port, 1 if quick else 5)
            with _load(port, span_s + 2.0) as told:
                busy = watch.scans(here.socket, span_s)
                found = told()
            memory_mb = _peak_mb(child.pid)
    name = "14. 50 streams, 200 slow clients, a flood"
    period = f"{PERIOD_S:.2f} s, p99 without load {calm.p99:.3f} s"
    answers = ", ".join(f"{n} × {status}" for status, n in sorted(found["answers"].items()))
    least = f"{found['pictures'][0]} pictures at least for each stream, {found['cut']} slow cut"
    return [
        Row(f"{name}: time between scans, p99", tell(busy, "s", 3), period,
            busy.p99 / PERIOD_S, "x", 1.2),
        Row(f"{name}: memory of the page, most", f"{memory_mb:.1f} MB", "80 MB",
            memory_mb / 80.0, "x", 1.0),
        Row(f"{name}: what it gave", f"{answers}; {least}", "", None, "x", None),
        Row("14. first screen, all its files from a page just started",
            tell(spread(first_s), "s", 3), "1 s", first_s[0], "s", 1.0),
        *drawn,
    ]  # fmt: skip


@contextmanager
def _station(here: rig.Folder, shape: Shape, peer: rig.Peer) -> Iterator[None]:
    with here.station(shape, peer) as child:
        if rig.HAVE_AFFINITY:
            os.sched_setaffinity(child.pid, os.sched_getaffinity(0))
            os.sched_setscheduler(child.pid, os.SCHED_OTHER, os.sched_param(0))
        yield


@contextmanager
def _page(here: rig.Folder) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    log = here.path / "web.log"
    words = [sys.executable, "-m", "headworks", "web", "--listen", "127.0.0.1:0"]
    words += ["--socket", str(here.socket), "--state", str(here.path / "web")]
    with log.open("wb") as out:
        child = subprocess.Popen(words, stdout=out, stderr=out, preexec_fn=_behind)  # noqa: PLW1509
    try:
        yield child, _port(child, log.read_text)
    finally:
        child.terminate()
        child.wait(rig.STOP_S)


def _behind() -> None:
    os.nice(10)


def _port(child: "subprocess.Popen[bytes]", log: Callable[[], str]) -> int:
    end_s = time.monotonic() + READY_S
    while time.monotonic() < end_s and child.poll() is None:
        if found := re.search(r"http://[^:]+:(\d+)/", log()):
            return int(found[1])
        time.sleep(0.02)
    raise rig.BenchError(f"the page does not start: {log()}")


def _first_screen(port: int) -> float:
    """Seconds to fetch all that the first screen wants over one connection, caches empty."""
    begun = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    waiting, seen = [*SCREEN], set()
    while waiting:
        path = waiting.pop(0)
        seen.add(path)
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise rig.BenchError(f"{path}: {answer.status}")
        more = {f"/static/{name.decode()}" for _, name in FIRST.findall(body)}
        waiting += sorted(more - seen - set(waiting))
    line.close()
    return time.monotonic() - begun


def _drawn(port: int, times: int) -> list[Row]:
    """Chromium with nothing kept: from asking for the page to racks with their figures on it."""
    program = shutil.which("chromium")
    if program is None:
        return []
    from playwright.sync_api import sync_playwright

    shown_s, painted_s, taken_kb = [], [], 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(times):
            context = browser.new_context(viewport={"width": 360, "height": 740})
            page = context.new_page()
            page.add_init_script(_NOTE)
            page.goto(f"http://127.0.0.1:{port}/")
            told = page.evaluate("() => window.benchTold")
            shown_s.append(told["shown"] / 1000)
            painted_s.append(told["painted"] / 1000)
            taken_kb = told["bytes"] / 1000
            context.close()
        browser.close()
    name = "14. first screen in Chromium, 360 px, caches empty"
    return [
        Row(f"{name}: racks with figures", tell(spread(shown_s), "s", 3),
            f"1 s, largest paint {max(painted_s):.3f} s", max(shown_s), "s", 1.0),
        Row(f"{name}: its files", f"{taken_kb:.0f} kB", "200 kB", taken_kb / 200.0, "x", 1.0),
    ]  # fmt: skip


@contextmanager
def _load(port: int, span_s: float) -> Iterator[Callable[[], dict]]:
    """Run the clients in a process of their own; the value gives what they counted, at the end."""
    words = [sys.executable, "-m", "benchlib.web_load", str(port), str(span_s)]
    environment = os.environ | {"PYTHONPATH": str(rig.TOOLS)}
    child = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment)

    def told() -> dict:
        out, _ = child.communicate(timeout=span_s + READY_S)
        if child.returncode:
            raise rig.BenchError("the clients ended early")
        return json.loads(out)

    try:
        time.sleep(1.0)  # until they are all there
        yield told
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _peak_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        peak = next(line for line in file if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024


CASES = {"page": page}
