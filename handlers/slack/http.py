"""Slack over HTTP: the signature is checked before a single byte is parsed."""

import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.ports import Clock
from handlers.slack.payloads import check
from handlers.slack.values import Unreadable

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST = 1_000_000
_FRESH = 300
"""Seconds that a signature holds, either way."""


class SlackEndpoint:
    """An ASGI app for /slack/events: events, presses, forms and commands.

    401: no, bad or stale signature. 413: over 1 MB. 400: signed, but no request as Slack documents them.
    """

    def __init__(self, app: AsyncApp, signing_secret: str, clock: Clock) -> None:
        if not signing_secret:
            raise ValueError("HTTP mode needs Slack's signing secret")
        self._app = app
        self._secret = signing_secret.encode()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["method"] != "POST":
            await _answer(send, 405)
            return
        raw = await _body(receive)
        if raw is None:
            await _answer(send, 413)
            return
        if not self._signed(raw, headers):
            log.warning("a request without a valid signature was refused")
            await _answer(send, 401)
            return
        try:
            text, body = _parsed(raw, headers.get("content-type", ""))
        except Unreadable as error:
            log.warning("a signed request was refused: %s", error)
            await _answer(send, 400)
            return
        if body.get("type") == "url_verification":
            await _answer(
                send, 200, {"content-type": "application/json"}, json.dumps({"challenge": body["challenge"]})
            )
            return
        said = await self._app.async_dispatch(AsyncBoltRequest(body=text, headers=dict(headers)))
        await _answer(send, said.status, said.first_headers_without_set_cookie(), said.body or "")

    def _signed(self, raw: bytes, headers: dict[str, str]) -> bool:
        stamp = headers.get("x-slack-request-timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            return False
        if abs(self._clock.now().timestamp() - int(stamp)) > _FRESH:
            return False
        expected = (
            "v0=" + hmac.new(self._secret, b"v0:%b:%b" % (stamp.encode(), raw), hashlib.sha256).hexdigest()
        )
        return hmac.compare_digest(expected.encode(), headers.get("x-slack-signature", "").encode())


def _parsed(raw: bytes, content_type: str) -> tuple[str, dict[str, Any]]:
    """The body as text and as Slack's JSON; a form holds a command, or JSON in its field `payload`."""
    try:
        text = raw.decode()
        if content_type.partition(";")[0].strip().lower() == "application/json":
            body = json.loads(text)
        else:
            fields = {
                name: values[0]
                for name, values in parse_qs(text, keep_blank_values=True, max_num_fields=200).items()
            }
            body = json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError) as error:
        raise Unreadable("neither JSON nor a form") from error
    if not isinstance(body, dict):
        raise Unreadable("not a JSON object")
    check(body)
    return text, body


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large."""
    raw = bytearray()
    while True:
        part = await receive()
        if part["type"] != "http.request":
            return bytes(raw)
        raw += part.get("body", b"")
        if len(raw) > LARGEST:
            return None
        if not part.get("more_body"):
            return bytes(raw)


async def _answer(send: Send, status: int, headers: dict[str, str] | None = None, body: str = "") -> None:
    named = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body.encode()})
