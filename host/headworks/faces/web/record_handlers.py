"""The routes that read records: history, journal, energy, statements, site file, health."""

from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from headworks.faces.languages.files import language, languages
from headworks.faces.web import asked, energy, history, journal
from headworks.faces.web.answers import as_file, told
from headworks.faces.web.hidden import hidden
from headworks.faces.web.page import Identity, Page
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.statements import FORMS, Order, Statements
from headworks.faces.web.system import health
from headworks.model.text import clean
from headworks.record import pages
from headworks.record.reading import Span

Json = dict[str, Any]
HOUR_S = 3600.0
MOST_EVENTS = 300
MOST_ENTRIES, ENTRIES = 500, 100
LONGEST_WORDS = 100
_LEDGER = "interval"
_MONTH_OF_INTERVALS = 4000


class RecordHandlers:
    """The handlers of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._statements = Statements()

    async def history(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Lines to draw, and what happened meanwhile."""
        found = await self._lines(request)
        span = Span(found["from_s"], found["from_s"] + found["count"] * found["step_s"])
        wanted = pages.Asked(span, kinds=journal.ON_LINE, most=MOST_EVENTS + 1)
        entries = await self._page.archive.read(partial(pages.newest, asked=wanted))
        wanted_language = language(request.query_params.get("lang", ""))
        found["events"] = journal.rows(entries[:MOST_EVENTS], wanted_language)
        found["more_events"] = len(entries) > MOST_EVENTS
        return told(request, found)

    async def history_csv(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The same figures as a table."""
        found = await self._lines(request)
        text = history.as_csv(found, self._zone())
        return as_file(text, "headworks-history.csv", "text/csv; charset=utf-8")

    async def _lines(self, request: Request) -> Json:
        archive = self._page.archive
        span = asked.span(request, HOUR_S)
        points = asked.whole(request, "points", history.LEAST_SPANS, history.MOST_SPANS, 600)
        racks = [rack["name"] for rack in (self._page.feed.state or {}).get("racks", ())]
        site = archive.site()
        return await archive.read(lambda folder: history.read(folder, span, points, site, racks))

    async def journal(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Entries, the newest first."""
        give = request.query_params.get
        category, words = give("category", ""), give("words", "")
        if category and category not in journal.CATEGORIES:
            raise RefusedError(400, "one-of", name="category", words=", ".join(journal.CATEGORIES))
        if len(words) > LONGEST_WORDS:
            raise RefusedError(400, "words-long", most=str(LONGEST_WORDS))
        most = asked.whole(request, "most", 1, MOST_ENTRIES, ENTRIES)
        before = asked.whole(request, "before", 1, 2**53, 0) or None
        wanted = pages.Asked(
            asked.span(request, None),
            kinds=journal.CATEGORIES.get(category, ()),
            not_kinds=() if category else journal.QUIET,
            words=words,
            before=before,
            most=most + 1,
        )
        entries = await self._page.archive.read(partial(pages.newest, asked=wanted))
        rows = journal.rows(entries[:most], language(give("lang", "")))
        return told(request, {"entries": rows, "more": len(entries) > most})

    async def energy(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The ledger of a month, day by day."""
        month, zone = asked.month(request), self._zone()
        span = asked.month_span(month, zone)
        late = Span(span.from_s, None if span.to_s is None else span.to_s + HOUR_S)
        wanted = pages.Asked(late, kinds=(_LEDGER,), most=_MONTH_OF_INTERVALS)
        return told(
            request,
            await self._page.archive.read(
                lambda folder: energy.days(pages.newest(folder, wanted), zone, month)
            ),
        )

    async def statement(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The month as a signed document."""
        form = request.query_params.get("form", "pdf")
        wanted = request.query_params.get("lang", "en")
        if form not in FORMS:
            raise RefusedError(400, "one-of", name="form", words=", ".join(FORMS))
        if wanted not in languages():
            raise RefusedError(400, "one-of", name="lang", words=", ".join(languages()))
        site = self._page.archive.site_file()
        if not site.runs:
            raise RefusedError(409, "site-changed")
        order = Order(asked.month(request), form, wanted)
        records = self._page.archive.folder()
        name, body = await self._statements.make(order, records, Path(site.path))
        return as_file(body, name, FORMS[form])

    async def site(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The site file as it lies there, and whether it is the one that runs."""
        found = self._page.archive.site_file()
        return told(
            request,
            {
                "path": clean(found.path),
                "sha256": found.sha256,
                "runs": found.runs,
                "lines": [clean(line.expandtabs(4)) for line in hidden(found.text).split("\n")],
            },
        )

    async def system(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """How the box itself is."""
        state = self._page.feed.state or {}
        return told(request, await self._page.archive.read(partial(health, state)))

    def _zone(self) -> ZoneInfo:
        return ZoneInfo((self._page.feed.state or {}).get("site", {}).get("timezone", "UTC"))
