"""Every route in one table: method, path, the least role, whether it acts. The table is checked,
documented (`openapi`) and tested as it stands here, and nothing is reachable that is not in it.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from headworks.faces.people import secrets_of
from headworks.faces.people.roles import Role
from headworks.faces.web.files import files
from headworks.faces.web.guide_handlers import GuideHandlers
from headworks.faces.web.handlers import Handlers
from headworks.faces.web.openapi import document
from headworks.faces.web.page import Identity, Page
from headworks.faces.web.record_handlers import RecordHandlers
from headworks.faces.web.refused import RefusedError
from headworks.model.commissioning import Step

Handler = Callable[[Request, Identity], Awaitable[Response]]
CSRF = "x-csrf-token"


class Row(NamedTuple):
    """One route. `role` None is open to everybody, also where only those signed in may look.

    `acts`: it changes something, so a session must prove that our own page asks. `needs` are
    the fields of its JSON body, `may` those that may be left out.
    """

    method: str
    path: str
    role: Role | None
    handler: Handler
    about: str
    acts: bool = False
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()  # what may stand behind the question mark of its address
    kind: str = "application/json"  # of what it answers


def table(page: Page) -> tuple[Row, ...]:
    """All routes of a page."""
    do = Handlers(page)
    rows = (
        Row("GET", "/api/state", Role.VIEWER, do.state, "The picture now", asks=("lang",)),
        Row(
            "GET", "/api/events", Role.VIEWER, do.events, "The picture after every change",
            asks=("lang",), kind="text/event-stream",
        ),
        Row("GET", "/api/languages", None, do.all_languages, "The languages of the page"),
        Row("GET", "/api/languages/{code}", None, do.one_language, "The words of one language"),
        Row("GET", "/api/session", None, do.session, "Who is signed in"),
        Row("POST", "/api/session", None, do.sign_in, "Sign in", needs=("name", "password")),
        Row("DELETE", "/api/session", None, do.sign_out, "Sign out", acts=True),
        *_acts(do),
        *_records(RecordHandlers(page)),
        *_guide(GuideHandlers(page)),
    )  # fmt: skip
    metrics = Row("GET", "/metrics", Role.VIEWER, do.metrics, "Figures for Prometheus")
    return (*_pages(), metrics, *rows, _openapi(rows))


def _acts(do: Handlers) -> tuple[Row, ...]:
    """What people may ask of the station, and who. A technician may only take power away."""
    asked = (
        ("racks", "off", Role.TECHNICIAN, "Keep a rack off until auto"),
        ("racks", "auto", Role.OPERATOR, "Let a rack follow the surplus again"),
        ("racks", "lock", Role.TECHNICIAN, "Lock a rack out, with a note"),
        ("racks", "unlock", Role.OPERATOR, "End a lock-out"),
        ("latches", "reset", Role.OPERATOR, "Clear a latch after its cause is gone"),
        ("alarms", "ack", Role.TECHNICIAN, "An alarm was seen"),
    )
    return tuple(
        Row(
            "POST", f"/api/{kind}/{{name}}/{action}", role, do.act(action), about,
            acts=True, may=("note",), asks=("lang",),
        )
        for kind, action, role, about in asked
    )  # fmt: skip


def _records(do: RecordHandlers) -> tuple[Row, ...]:
    """What is read from the records. A statement costs a process and is signed: for operators."""
    span = ("last", "from", "to")
    table = "text/csv"
    return (
        Row("GET", "/api/history", Role.VIEWER, do.history, "Lines over time, and events",
            asks=(*span, "points", "lang")),
        Row("GET", "/api/history.csv", Role.VIEWER, do.history_csv, "The same lines as a table",
            asks=(*span, "points"), kind=table),
        Row("GET", "/api/journal", Role.VIEWER, do.journal, "The journal, the newest first",
            asks=(*span, "category", "words", "before", "most", "lang")),
        Row("GET", "/api/energy", Role.VIEWER, do.energy, "The ledger of a month by day",
            asks=("month",)),
        Row("GET", "/api/statement", Role.OPERATOR, do.statement, "A month as a signed document",
            asks=("month", "form", "lang"), kind="application/pdf"),
        Row("GET", "/api/site", Role.TECHNICIAN, do.site, "The site file as it was read"),
        Row("GET", "/api/system", Role.VIEWER, do.system, "Scans, disk, clock and versions"),
    )  # fmt: skip


def _guide(do: GuideHandlers) -> tuple[Row, ...]:
    """Commissioning: a technician does it, and only ever reports."""
    results = tuple(
        Row("POST", f"/api/guide/{{name}}/{step}", Role.TECHNICIAN, do.result(step),
            f"Keep how the step {step} went", acts=True, needs=("result",), may=("note", "seen"))
        for step in Step
        if step is not Step.SIGN
    )  # fmt: skip
    return (
        Row("GET", "/api/guide", Role.VIEWER, do.steps, "The steps of commissioning"),
        Row("GET", "/api/meters/{meter}", Role.VIEWER, do.values, "All values of a meter"),
        Row("POST", "/api/guide/{name}/sign", Role.TECHNICIAN, do.sign,
            "Judge a meter's sign by a known step of load", acts=True,
            needs=("load_kw", "ago_s"), may=("note",)),
        *results,
    )  # fmt: skip


def _pages() -> tuple[Row, ...]:
    """The files of the page, read once: what is asked for is a name in this table, no path."""

    def handler(name: str) -> Handler:
        async def answer(request: Request, who: Identity) -> Response:  # noqa: ARG001
            return files()[name].answer(request)

        return answer

    names = files()
    return (
        Row("GET", "/", None, handler("index.html"), "The page"),
        *(
            Row("GET", f"/static/{name}", None, handler(name), f"The page's {name}")
            for name in names
            if name != "index.html"
        ),
    )


def _openapi(rows: tuple[Row, ...]) -> Row:
    async def answer(request: Request, who: Identity) -> Response:  # noqa: ARG001
        return JSONResponse(document(rows))

    return Row("GET", "/api/openapi.json", None, answer, "This interface as OpenAPI")


def guarded(row: Row, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The handler behind everything that must hold first; an error is JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            who = page.identify(request)
            _may(row, who, page)
            if row.acts and who.session is not None:
                _from_our_page(request, who)
            answer = await row.handler(request, who)
        except RefusedError as error:
            answer = JSONResponse(error.as_json, error.status, headers=error.headers)
        answer.headers.setdefault("cache-control", "no-store")
        return answer

    return endpoint


def _may(row: Row, who: Identity, page: Page) -> None:
    """Raises RefusedError unless this one may."""
    if row.role is None or (who.role is not None and who.role >= row.role):
        return
    if who.name:
        raise RefusedError(403, "role-needed", role=row.role.word)
    if row.acts and not page.accounts().users:
        raise RefusedError(403, "nobody-yet")
    raise RefusedError(401, "sign-in-first")


def _from_our_page(request: Request, who: Identity) -> None:
    """A cookie comes with every request, so an act must carry what only our page knows."""
    if "origin" not in request.headers:
        raise RefusedError(403, "no-origin")
    csrf = who.session.csrf if who.session else ""
    if not csrf or not secrets_of.same(request.headers.get(CSRF, ""), csrf):
        raise RefusedError(403, "load-again")
