"""What each route does. Who may come here is settled before (`routes`)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from headworks.faces.client import RefusedError as StationRefusedError
from headworks.faces.client import StationClient, StationError
from headworks.faces.languages.files import Language, language, languages
from headworks.faces.people.roles import Role
from headworks.faces.web.body import fields_of
from headworks.faces.web.gate import AGAIN_S, address_of
from headworks.faces.web.metrics import exposition
from headworks.faces.web.page import Identity, Page, cookie_name
from headworks.faces.web.picture import picture
from headworks.faces.web.refused import RefusedError
from headworks.faces.web.sessions import LONGEST_S
from headworks.faces.web.stream import MOST, EventStream
from headworks.faces.words import sentence

MOST_ACTS = 8  # at the station's socket at once


class Handlers:
    """The handlers of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._acting = asyncio.Semaphore(MOST_ACTS)
        self._drawn: dict[tuple[str, int, int], bytes] = {}

    async def state(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The picture now."""
        return Response(self._draw(_language(request)), media_type="application/json")

    async def metrics(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The figures for Prometheus."""
        feed = self._page.feed
        accept = request.headers.get("accept", "")
        body, kind = exposition(feed.state, feed.cause, feed.age_s, accept)
        return Response(body, headers={"content-type": kind})

    async def events(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The picture now and after every change."""
        if self._page.streams >= MOST:
            raise RefusedError(503, "streams-many", again_s=AGAIN_S)
        if self._page.stream_shares.full(address_of(request.scope)):
            raise RefusedError(429, "streams-yours", again_s=AGAIN_S)
        if request.method == "HEAD":  # its answer has no body, so it would never end
            return Response(media_type=EventStream.media_type)
        wanted = _language(request)
        page = self._page
        return EventStream(page, lambda: self._draw(wanted), lambda: page.may_look(request))

    async def all_languages(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Code, name and direction of every language."""
        return JSONResponse(
            [
                {"code": one.code, "name": one.name, "direction": one.direction}
                for one in languages().values()
            ]
        )

    async def one_language(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """The words of the page in one language."""
        found = languages().get(request.path_params["code"])
        if found is None:
            raise RefusedError(404, "no-language", languages=", ".join(languages()))
        words = {"code": found.code, "name": found.name, "direction": found.direction}
        tables = {
            "texts": dict(found.texts),
            "refusals": dict(found.refusals),
            "answers": dict(found.tongue.answers),
        }
        return JSONResponse({**words, **tables, "units": dict(found.tongue.units)})

    async def session(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Who is signed in here, and what every act must carry."""
        return JSONResponse(
            {
                "name": who.name,
                "role": who.role.word if who.role else None,
                "csrf": who.session.csrf if who.session else None,
                "anybody": bool(self._page.accounts().users),
                "private": self._page.private,
                "fingerprint": self._page.fingerprint,
            }
        )

    async def sign_in(self, request: Request, who: Identity) -> Response:
        """Open a session; its key goes into a cookie that no script can read."""
        fields = await fields_of(request, ("name", "password"))
        if who.session is not None:  # another key for another person
            self._page.sessions.close(request.cookies.get(cookie_name(request), ""))
        address = request.client.host if request.client else ""
        key, session, role = await self._page.sign_in(fields["name"], fields["password"], address)
        answer = JSONResponse({"name": session.name, "role": role.word, "csrf": session.csrf})
        answer.set_cookie(
            cookie_name(request),
            key,
            max_age=int(LONGEST_S),
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def sign_out(self, request: Request, who: Identity) -> Response:  # noqa: ARG002
        """Close the session."""
        self._page.sessions.close(request.cookies.get(cookie_name(request), ""))
        answer = JSONResponse({"ok": True})
        answer.delete_cookie(
            cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True
        )
        return answer

    def act(self, action: str) -> Callable[[Request, Identity], Any]:
        """A handler that has the station carry out this action."""

        async def acted(request: Request, who: Identity) -> Response:
            note = (await fields_of(request, (), ("note",))).get("note", "")
            return await self._act(action, request.path_params["name"], note, who, request)

        return acted

    async def _act(
        self, action: str, target: str, note: str, who: Identity, request: Request
    ) -> Response:
        role = (who.role or Role.VIEWER).word
        try:
            async with self._acting, StationClient(self._page.feed.socket) as client:
                reply = await client.command(
                    action, target, actor=who.name, role=role, note=note.strip()
                )
        except StationRefusedError as error:
            text = _refusal(error, target, _language(request))
            raise RefusedError(409, "station-says", error=text) from error
        except StationError as error:
            raise RefusedError(503, "station-says", error=str(error)) from error
        warning = {"warning": reply["warning"]} if "warning" in reply else {}
        return JSONResponse({"ok": True, **warning})

    def _draw(self, wanted: Language) -> bytes:
        """The picture as JSON, made once for everybody who wants this language."""
        feed = self._page.feed
        age_s = feed.age_s
        key = wanted.code, feed.version, -1 if age_s is None else int(age_s * 4)
        if key not in self._drawn:
            if len(self._drawn) > len(languages()) * 2:
                self._drawn.clear()
            drawn = picture(
                feed.state,
                cause=feed.cause,
                age_s=None if age_s is None else round(age_s, 2),
                language=wanted,
                events=feed.events,
                acks=feed.acks,
            )
            drawn["commissioning"] = self._page.commissioning
            self._drawn[key] = json.dumps(drawn, separators=(",", ":")).encode()
        return self._drawn[key]


def _language(request: Request) -> Language:
    return language(request.query_params.get("lang", ""))


def _refusal(error: StationRefusedError, target: str, wanted: Language) -> str:
    return sentence(error.code, error.values, target, wanted.tongue) if error.code else str(error)
