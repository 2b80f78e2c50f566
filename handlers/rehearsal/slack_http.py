"""HTTP mode: events, interactions and commands as requests signed the way Slack signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from handlers.rehearsal.slack_model import App, Json, NotDelivered

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def signed_headers(secret: str, body: bytes, now: float) -> dict[str, str]:
    """X-Slack-Signature (v0) and its timestamp over this body."""
    stamp = str(int(now))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + digest}


class HttpDoor:
    """Posts to an app's request URL; one client session for all."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def event(self, app: App, payload: Json, patience: float, attempt: int, reason: str) -> None:
        """Deliver one event; NotDelivered unless the app answers 2xx in time."""
        headers = {"Content-Type": "application/json"}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason or "http_timeout"}
        await self._post(app, app.request_url, json.dumps(payload).encode(), patience, headers)

    async def ask(self, app: App, kind: str, payload: Json, patience: float) -> Json:
        """Deliver an interaction or a command; what the app put into its answer."""
        fields, url = {"payload": json.dumps(payload)}, app.request_url
        if kind == "slash_commands":
            own = (one.get("url") for one in app.commands if one["command"] == payload["command"])
            fields, url = payload, next(own, None) or url
        body = urlencode(fields).encode()
        answer = await self._post(app, url, body, patience, _FORM)
        try:
            reply = json.loads(answer) if answer.strip() else {}
        except ValueError:
            return {"text": answer.decode(errors="replace")}
        return reply if isinstance(reply, dict) else {"text": str(reply)}

    async def verify(self, app: App, patience: float = 3.0) -> bool:
        """Whether the request URL answers the url_verification challenge, as Slack asks before it accepts one."""
        challenge = hashlib.sha256(app.id.encode() + str(self._clock()).encode()).hexdigest()
        asked = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        try:
            body = json.dumps(asked).encode()
            answer = await self._post(
                app, app.request_url, body, patience, {"Content-Type": "application/json"}
            )
        except NotDelivered:
            return False
        return challenge.encode() in answer

    async def _post(self, app: App, url: str, body: bytes, patience: float, headers: dict[str, str]) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        headers = {**headers, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        headers |= signed_headers(app.signing_secret, body, self._clock())
        timeout = aiohttp.ClientTimeout(total=patience)
        try:
            async with self._session.post(url, data=body, headers=headers, timeout=timeout) as answer:
                content = await answer.read()
                if answer.status // 100 != 2:
                    final = answer.headers.get("X-Slack-No-Retry") == "1"
                    raise NotDelivered("http_error", final=final)
                return content
        except TimeoutError as error:
            raise NotDelivered("http_timeout") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotDelivered("connection_failed") from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
