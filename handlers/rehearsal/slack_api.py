"""The workspace's web side: the Web API under /api/, response addresses, and files."""

from __future__ import annotations

import asyncio
import email
import inspect
import json
import logging
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from handlers.rehearsal import (  # noqa: F401  each enters its methods into METHODS
    slack_methods_chat,
    slack_methods_files,
    slack_methods_people,
    slack_methods_practice,
    slack_methods_rooms,
    slack_methods_views,
)
from handlers.rehearsal.slack_faults import MethodFault
from handlers.rehearsal.slack_methods import METHODS, Arguments, Caller, Method
from handlers.rehearsal.slack_model import Call, Json, SlackError
from handlers.rehearsal.workspace import Workspace

log = logging.getLogger(__name__)

_BODY_LIMIT = 8_000_000
_FILE_LIMIT = 50_000_000
_READS = ("conversations.history", "conversations.replies", "conversations.list", "users.", "practice.")
"""Long answers, which the ledger does not keep."""


def routes(workspace: Workspace) -> list[BaseRoute]:
    """Everything a Slack client asks a workspace for; mount them at the root of the server."""
    api = _Api(workspace)
    return [
        Route("/api/{method:str}", api.call, methods=["GET", "POST"]),
        Route("/hooks/{kind:str}/{team:str}/{key:str}", api.respond, methods=["POST"]),
        Route("/upload/v1/{ticket:str}", api.upload, methods=["POST", "PUT"]),
        Route("/files-pri/{file:str}/{rest:path}", api.download, methods=["GET"]),
    ]


class _Api:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    async def call(self, request: Request) -> Response:
        """One Web API call: 200 with ok true or false, or 429."""
        name = request.path_params["method"]
        fault = self.workspace.faults.for_call(name)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.reset:
            return _cut(request)
        if fault is not None and (broken := _broken(fault)):
            return broken
        caller: Caller | None = None
        headers: dict[str, str] = {}
        try:
            arguments = await _arguments(request)
            entry = METHODS.get(name)
            if entry is None:
                raise SlackError("unknown_method", req_method=name)
            caller = self._caller(request, arguments, entry)
            headers["x-oauth-scopes"] = ",".join(caller.scopes)
            headers["x-accepted-oauth-scopes"] = ",".join(entry.scopes)
            app_id = caller.app.id if caller.app is not None else caller.user
            wait = self.workspace.rates.wait_before(
                app_id, name, arguments.text("channel"), self.workspace.clock
            )
            if wait:
                return _limited(wait)
            answer = entry.run(self.workspace, caller, arguments)
            result: Json = {"ok": True, **(await answer if inspect.isawaitable(answer) else answer)}
            kept = {key: value for key, value in arguments.given.items() if key != "token"}
            told = {"ok": True} if name.startswith(_READS) else result
            self.workspace.ledger.append(Call(name, app_id, kept, told, self.workspace.clock()))
        except SlackError as refused:
            log.info("%s refused: %s", name, refused.code)
            result = {"ok": False, "error": refused.code, **refused.more}
        if fault is not None and fault.accept_then_reset:
            return _cut(request)
        return JSONResponse(result, headers=headers)

    def _caller(self, request: Request, arguments: Arguments, entry: Method) -> Caller:
        """Whose token it is; SlackError not_authed, invalid_auth, token_revoked, missing_scope …"""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else arguments.text("token")
        if not token:
            if "nobody" in entry.kinds:
                return Caller("nobody", None, "", ())
            raise SlackError("not_authed")
        caller = self._owner(token)
        if caller.kind not in entry.kinds:
            raise SlackError("not_allowed_token_type")
        if caller.kind == "bot" and entry.scopes and not set(entry.scopes) & set(caller.scopes):
            raise SlackError("missing_scope", needed=entry.scopes[0], provided=",".join(caller.scopes))
        return caller

    def _owner(self, token: str) -> Caller:
        for app in self.workspace.apps.values():
            if token in (app.bot_token, app.app_token):
                if app.revoked:
                    raise SlackError("token_revoked")
                if token == app.app_token:
                    return Caller("app", app, app.bot_user, ("connections:write",))
                return Caller("bot", app, app.bot_user, tuple(app.scopes))
        for person in self.workspace.people.values():
            if person.token and person.token == token:
                if person.deleted:
                    raise SlackError("account_inactive")
                return Caller("user", None, person.id, ("chat:write", "users:read"))
        raise SlackError("invalid_auth")

    async def respond(self, request: Request) -> Response:
        """What an app sends to a response_url."""
        try:
            answer = (await _arguments(request)).given
            if isinstance(answer.get("payload"), str):
                answer = json.loads(answer["payload"])
            self.workspace.respond(request.path_params["key"], _booleans(answer))
        except SlackError as refused:
            status = 404 if refused.code in {"invalid_url", "expired_url", "used_url"} else 500
            return JSONResponse({"ok": False, "error": refused.code, **refused.more}, status_code=status)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, status_code=500)
        return PlainTextResponse("ok")

    async def upload(self, request: Request) -> Response:
        """The second of an upload's three steps: the bytes."""
        ticket = request.path_params["ticket"]
        file = next((one for one in self.workspace.files.values() if one["ticket"] == ticket), None)
        if file is None or file["state"] != "waiting":
            return PlainTextResponse("not found", status_code=404)
        content = await _bytes(request, _FILE_LIMIT)
        kind = request.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            parts = _multipart(kind, content)
            content = next((part for _, part in parts), b"")
        self.workspace.records.put_bytes(file["id"], content)
        file["size"], file["state"] = len(content), "uploaded"
        self.workspace.save_file(file)
        return PlainTextResponse(f"OK - {len(content)}")

    async def download(self, request: Request) -> Response:
        """A file's content: for tokens, and for the page, which lives on the same origin."""
        file_id = request.path_params["file"].rpartition("-")[2]
        file, content = self.workspace.files.get(file_id), self.workspace.records.get_bytes(file_id)
        if file is None or content is None:
            return PlainTextResponse("not found", status_code=404)
        safe = file["mimetype"] in {"image/png", "image/jpeg", "image/gif", "image/webp"}
        headers = {"X-Content-Type-Options": "nosniff"}
        if not safe:
            headers["Content-Disposition"] = "attachment"
        return Response(
            content, media_type=file["mimetype"] if safe else "application/octet-stream", headers=headers
        )


async def _bytes(request: Request, limit: int) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise SlackError("request_timeout")
    return content


async def _arguments(request: Request) -> Arguments:
    """Query, form or JSON, as one; SlackError invalid_json, json_not_object, invalid_form_data."""
    given: Json = dict(parse_qsl(request.url.query, keep_blank_values=True))
    content = await _bytes(request, _BODY_LIMIT)
    kind = request.headers.get("content-type", "").lower()
    if not content.strip():
        return Arguments(given)
    if kind.startswith("application/json"):
        try:
            body = json.loads(content)
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return Arguments(given | body)
    if kind.startswith("multipart/form-data"):
        fields = {
            name: part.decode(errors="replace")
            for name, part in _multipart(request.headers["content-type"], content)
        }
        return Arguments(given | fields)
    try:
        return Arguments(given | dict(parse_qsl(content.decode(), keep_blank_values=True)))
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None


def _multipart(kind: str, content: bytes) -> list[tuple[str, bytes]]:
    """The fields of a multipart form, by name."""
    whole = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
    fields: list[tuple[str, bytes]] = []
    for part in whole.get_payload() if whole.is_multipart() else []:
        body: Any = part.get_payload(decode=True) if not isinstance(part, str) else b""
        name = part.get_param("name", header="content-disposition") if not isinstance(part, str) else ""
        fields.append((str(name), body or b""))
    return fields


def _booleans(answer: Json) -> Json:
    return {name: value == "true" if value in ("true", "false") else value for name, value in answer.items()}


def _broken(fault: MethodFault) -> Response | None:
    if fault.error == "ratelimited":
        return _limited(fault.retry_after)
    if fault.status != 200:
        return PlainTextResponse("", status_code=fault.status)
    return JSONResponse({"ok": False, "error": fault.error}) if fault.error else None


def _limited(wait: int) -> Response:
    return JSONResponse(
        {"ok": False, "error": "ratelimited"}, status_code=429, headers={"Retry-After": str(wait)}
    )


def _cut(request: Request) -> Response:
    """Break the connection without an answer; uvicorn's request cycle, behind `receive`, holds the transport."""
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("this server gives no way to cut a connection")
    transport.abort()
    return Response(status_code=500)
