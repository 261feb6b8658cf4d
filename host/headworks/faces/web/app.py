"""The application: the table of routes behind the gate, and the feed beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headworks.faces.web.gate import Gate
from headworks.faces.web.guide_handlers import watch
from headworks.faces.web.page import Page
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.routes import guarded, table


def make_app(page: Page, names: frozenset[str]) -> Gate:
    """What the server serves; `names` are the hosts that it answers to."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        tasks = [asyncio.ensure_future(work) for work in (page.feed.run(), watch(page))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    routes = [Route(row.path, guarded(row, page), methods=[row.method]) for row in table(page)]
    inner = Starlette(
        routes=routes, lifespan=life, exception_handlers={HTTPException: _told, Exception: _broke}
    )
    inner.router.redirect_slashes = False
    return Gate(inner, names, page.many)


async def _told(request: Request, error: Exception) -> Response:
    """No such page, or not with this method."""
    if isinstance(error, HTTPException):
        code = {404: "no-page", 405: "wrong-method"}.get(error.status_code, "not-asked-well")
        refused = RefusedError(error.status_code, code, error=error.detail)
        return JSONResponse(refused.as_json, refused.status, headers=error.headers)
    return await _broke(request, error)


async def _broke(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """A mistake of ours: the log has the traceback, the client a sentence."""
    return JSONResponse(RefusedError(500, "our-mistake").as_json, 500)
