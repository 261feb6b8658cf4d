"""The routes of the commissioning guide. Nothing is switched here: racks take their own orders."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from headworks.faces.client import RefusedError as StationRefusedError
from headworks.faces.client import StationClient, StationError
from headworks.faces.people.roles import Role
from headworks.faces.web import guide, judge
from headworks.faces.web.answers import told
from headworks.faces.web.body import fields_of
from headworks.faces.web.page import Identity, Page
from headworks.faces.web.refused import RefusedError, Said
from headworks.model.commissioning import Step, Verdict
from headworks.model.site import Site
from headworks.record import pages
from headworks.record.history import lines, names_between
from headworks.record.reading import Span

Json = dict[str, Any]
Seen = Mapping[str, float | str]
AGAIN_S = 10.0  # between two looks at the journal for the first screen
_RECENT_S = 20.0  # of samples, for a meter's values
_MOST_RESULTS = 2000


class GuideHandlers:
    """The handlers of one page."""

    def __init__(self, page: Page, clock: Callable[[], float] = time.time) -> None:
        self._page, self._clock = page, clock

    async def steps(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Every step with its last result."""
        rows = await rows_of(self._page, site_of(self._page))
        return told(request, {"steps": rows, **guide.summary(rows)})

    async def values(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """All channels of a meter as they were last kept, and what speaks for and against them."""
        meter = request.path_params["meter"]
        if meter not in {one.name for one in site_of(self._page).meters}:
            raise RefusedError(404, "no-meter")
        now = self._clock()
        span = Span(now - _RECENT_S, now)

        def newest(folder: Any) -> dict[str, float]:
            start = f"{meter}."
            names = [n for n in names_between(folder, span) if n.startswith(start)]
            found = lines(folder, names, span, int(_RECENT_S)).values
            last = {n: [v for v in found[n] if v is not None][-1:] for n in names}
            return {n.removeprefix(start): v[0][1] for n, v in last.items() if v}

        values = await self._page.archive.read(newest)
        return told(request, {"values": values, "findings": guide.findings(meter, values)})

    def result(self, step: Step) -> Callable[[Request, Identity], Any]:
        """A handler that has the station keep how this step went."""

        async def kept(request: Request, who: Identity) -> Response:
            data = await fields_of(request, ("result",), ("note", "seen"))
            if data["result"] not in Verdict.__members__.values():
                raise RefusedError(400, "pass-or-fail")
            name, said = request.path_params["name"], Verdict(data["result"])
            read = self._readings(step, name, said)
            verdict = Verdict.FAIL if read.verdict is Verdict.FAIL else said
            seen = {**read.seen, **_words(step, data, said, read)}
            how = judge.Judged(verdict, seen, read.why)
            return await self._keep((step, name), who, how, data.get("note", ""))

        return kept

    def _readings(self, step: Step, name: str, said: Verdict) -> judge.Judged:
        """What readings say. Raises RefusedError where a step is to pass that was not done."""
        feed = self._page.feed
        try:
            return judge.readings(step, name, feed.witness, site_of(self._page), feed.now_s)
        except RefusedError:
            if said is Verdict.PASS:
                raise
            return judge.Judged(None, {})  # what a person calls failed has failed

    async def sign(self, request: Request, who: Identity) -> Response:
        """Judge a step of load by what the meter showed before it and shows now."""
        data = await fields_of(request, ("load_kw", "ago_s"), ("note",))
        load_kw, ago_s = (_number(data, name) for name in ("load_kw", "ago_s"))
        if not 1.0 <= ago_s <= guide.LONGEST_STEP_S or abs(load_kw) < 0.1:
            raise RefusedError(400, "step-bounds")
        feed, meter = self._page.feed, request.path_params["name"]
        before = feed.power_between(meter, ago_s + guide.MEAN_S, ago_s)
        after = feed.power_between(meter, guide.MEAN_S, 0.0)
        right, seen = guide.sign(before, after, load_kw, feed.moved(ago_s + guide.MEAN_S))
        how = judge.Judged(Verdict.PASS if right else Verdict.FAIL, seen)
        return await self._keep((Step.SIGN, meter), who, how, data.get("note", ""))

    async def _keep(
        self, what: tuple[Step, str], who: Identity, how: judge.Judged, note: str
    ) -> Response:
        (step, name), (verdict, seen, why) = what, how
        role = (who.role or Role.VIEWER).word
        result = {"step": step.value, "target": name, "verdict": str(verdict)}
        try:
            async with StationClient(self._page.feed.socket) as client:
                reply = await client.commissioned(
                    **result, seen=dict(seen), actor=who.name, role=role, note=note.strip()
                )
        except StationRefusedError as error:
            raise RefusedError(409, "station-says", error=str(error)) from error
        except StationError as error:
            raise RefusedError(503, "station-says", error=str(error)) from error
        self._page.guide_changed.set()
        warning = {"warning": reply["warning"]} if "warning" in reply else {}
        told_why = _told_why(why) if why else {}
        word = {"word": True} if guide.on_a_word({**seen, "result": verdict}) else {}
        answer = {"ok": True, "result": verdict, "seen": dict(seen), **word, **told_why, **warning}
        return JSONResponse(answer)


def site_of(page: Page) -> Site:
    """The site that runs. Raises RefusedError where its file is not there any more."""
    site = page.archive.site()
    if site is None:
        raise RefusedError(409, "site-changed")
    return site


async def rows_of(page: Page, site: Site) -> list[Json]:
    """Every step with its last result. Raises RefusedError where the journal cannot be read."""
    wanted = pages.Asked(kinds=("commissioning",), most=_MOST_RESULTS)
    try:
        entries = await page.archive.read(partial(pages.newest, asked=wanted))
    except RefusedError as error:
        if error.status != 404:  # nothing kept yet is no result yet
            raise
        entries = []
    return guide.progress(site, entries)


async def watch(page: Page) -> None:
    """Keep the first screen's count of steps fresh until cancelled; unknown is None."""
    while True:
        page.guide_changed.clear()
        try:
            page.commissioning = guide.summary(await rows_of(page, site_of(page)))
        except RefusedError:
            page.commissioning = None
        with suppress(TimeoutError):
            await asyncio.wait_for(page.guide_changed.wait(), AGAIN_S)


def _words(step: Step, data: Mapping[str, str], said: Verdict, read: judge.Judged) -> Seen:
    """What the person says and what readings say; in steps without readings, what they saw."""
    if step in judge.JUDGED:
        return {"person": said.value, "readings": str(read.verdict or guide.NONE)}
    return {"seen": data["seen"][:200]} if data.get("seen") else {}


def _told_why(why: tuple[Said, ...]) -> Json:
    """In English, and as sentences that the page puts into its own language."""
    return {"why": "; ".join(map(str, why)), "whys": [one.as_json for one in why]}


def _number(data: Mapping[str, Any], name: str) -> float:
    try:
        value = float(data[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RefusedError(400, "no-number", name=name)
    return value
