"""The practice world in the browser: a small Slack with a mail pane beside it."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from handlers.rehearsal.cast import Business
from handlers.rehearsal.mail_server import PracticeMail
from handlers.rehearsal.mail_shown import shown_mail
from handlers.rehearsal.page_acts import Act, Malformed, do
from handlers.rehearsal.page_regions import REGIONS, Regions
from handlers.rehearsal.page_state import Place, actors, read_place
from handlers.rehearsal.page_stream import changes
from handlers.rehearsal.workspace import Workspace

STATIC = Path(__file__).parent / "static"
LARGEST_REQUEST = 30 * 1024 * 1024

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page_routes(workspace: Workspace, mail: PracticeMail, business: Business) -> list[Route | Mount]:
    """Everything the page needs, to be put beside the Web API in one Starlette app.

    `/` is the page; `/page/…` its parts, its acts and its live updates; `/static/…` its style and script.
    """
    page = _Page(Regions(workspace, mail, business))
    return [
        Route("/", page.whole),
        Route("/page/regions", page.regions),
        Route("/page/stream", page.stream),
        Route("/page/commands", page.commands),
        Route("/page/file/{name}", page.file),
        Route("/page/enclosed/{number:int}", page.enclosed),
        Route("/page/act/{name}", page.act, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]


class _Page:
    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._workspace, self._mail = regions.workspace, regions.mail

    async def whole(self, request: Request) -> Response:
        if not _is_local(request):
            return _not_from_here()
        theme = request.cookies.get("theme", "")
        html = self._regions.whole(self._place(request), theme if theme in {"light", "dark"} else "")
        return HTMLResponse(html, headers=_HEADERS)

    async def regions(self, request: Request) -> Response:
        if not _is_local(request):
            return _not_from_here()
        place, since = self._place(request), request.query_params.get("since")
        wanted = [name for name in request.query_params.get("names", "").split(",") if name in REGIONS]
        drawn = {name: self._regions.draw(name, place, since) for name in wanted}
        return JSONResponse({"regions": drawn, "url": place.url()}, headers=_HEADERS)

    async def stream(self, request: Request) -> Response:
        if not _is_local(request):
            return _not_from_here()
        viewer = self._place(request).viewer
        events = changes(self._workspace, self._mail, viewer)
        return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)

    async def commands(self, request: Request) -> Response:
        """What the message box completes: slash commands, people, channels."""
        if not _is_local(request):
            return _not_from_here()
        people = [
            {"name": p.name, "words": p.real_name} for p in self._workspace.people.values() if not p.deleted
        ]
        rooms = [
            c.name for c in self._workspace.visible_channels(self._place(request).viewer) if not c.is_direct
        ]
        answer = {"commands": self._workspace.commands(), "people": people, "channels": rooms}
        return JSONResponse(answer, headers=_HEADERS)

    async def file(self, request: Request) -> Response:
        """A file uploaded to the workspace: pictures are shown, all else is saved."""
        if not _is_local(request):
            return _not_from_here()
        about = self._workspace.files.get(request.path_params["name"])
        content = self._workspace.records.get_bytes(request.path_params["name"])
        if about is None or content is None:
            return PlainTextResponse("There is no such file.", 404)
        return _download(content, str(about.get("name") or "file"), str(about.get("mimetype") or ""))

    async def enclosed(self, request: Request) -> Response:
        """An attachment of the open mail."""
        stored = self._regions.stored(self._place(request)) if _is_local(request) else None
        if stored is None:
            return PlainTextResponse("There is no such mail.", 404)
        number = request.path_params["number"]
        for part in shown_mail(stored).enclosed:
            if part.number == number:
                return _download(part.content, part.name, part.type)
        return PlainTextResponse("There is no such attachment.", 404)

    async def act(self, request: Request) -> Response:
        if (
            not _is_local(request)
            or request.headers.get("content-type", "").partition(";")[0] != "application/json"
        ):
            return _not_from_here()
        try:
            given: Any = json.loads(await _body(request))
            viewer = given.get("as") if isinstance(given, dict) else None
            if viewer not in {person.id for person in actors(self._workspace)}:
                raise Malformed("as")
            return JSONResponse(
                await do(request.path_params["name"], Act(self._regions, viewer, given)), headers=_HEADERS
            )
        except (Malformed, ValueError) as error:
            return JSONResponse({"ok": False, "words": f"not understood: {error}"}, 400, headers=_HEADERS)

    def _place(self, request: Request) -> Place:
        mailboxes = [person.address for person in self._mail.people]
        return read_place(request.query_params, self._workspace, self._regions.business, mailboxes)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_REQUEST:
            raise Malformed("too large")
    return bytes(body)


def _is_local(request: Request) -> bool:
    """Asked under a loopback name, and not by another website's page (which could act as anybody here)."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    origin = request.headers.get("origin")
    return local and (origin is None or urlsplit(origin).netloc == request.headers.get("host"))


def _not_from_here() -> Response:
    return PlainTextResponse("The practice page answers its own pages only, under a loopback address.", 403)


def _download(content: bytes, name: str, kind: str) -> Response:
    shown = kind in {"image/png", "image/jpeg", "image/gif", "image/webp"}
    disposition = "inline" if shown else f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        content,
        media_type=kind if shown else "application/octet-stream",
        headers={**_HEADERS, "Content-Disposition": disposition},
    )
