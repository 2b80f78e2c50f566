"""A provider's sign-in server: device codes (RFC 8628), browser codes with PKCE, refresh tokens that rotate.

    async with TokenServer() as server:
        ...start a sign-in with server.oauth()...
        server.decide("approve")             # or "deny", "expire"; until then: authorization_pending
        server.takes("anna", token)          # what a mail server asks before it lets somebody in

Every answer it gave is in `answers`; `troubles` are given instead of the next answers, once each.
"""

import base64
import hashlib
import json
import secrets
from asyncio import StreamReader, StreamWriter
from collections import deque
from typing import Any
from urllib.parse import parse_qs, urlsplit

from handlers.settings_oauth import OAuth
from tests.servers.lines import LoopbackServer

CLIENT = "app-1"


class TokenServer(LoopbackServer):
    """One mailbox, `user`; one app, CLIENT. `lasts`: seconds a token is good."""

    def __init__(self, user: str = "anna", *, lasts: int = 3600, client_secret: str = "") -> None:
        super().__init__()
        self.user, self.lasts, self.client_secret = user, lasts, client_secret
        self.valid: set[str] = set()
        self.refresh = ""
        self.answers: list[tuple[str, int, str]] = []
        self.troubles: deque[tuple[int, dict[str, Any] | bytes]] = deque()
        self.interval = 5
        self._device: dict[str, str] = {}
        self._challenges: dict[str, tuple[str, str]] = {}

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def oauth(self, *, browser: bool = False, client_id: str = CLIENT) -> OAuth:
        return OAuth(
            provider="practice", client_id=client_id, token_url=f"{self.url}/token", scopes=("mail", "offline_access"),
            device_url="" if browser else f"{self.url}/device", authorize_url=f"{self.url}/authorize" if browser else "",
        )  # fmt: skip

    def decide(self, how: str) -> None:
        """What the person at the provider's page did with every code that is out."""
        for code in self._device:
            self._device[code] = how

    def takes(self, user: str, token: str) -> bool:
        return user == self.user and token in self.valid

    def revoke(self, *, refresh: bool = False) -> None:
        """The tokens given so far are good no more."""
        self.valid.clear()
        self.refresh = "" if refresh else self.refresh

    def visit(self, page: str) -> str:
        """What the provider's page does with a browser that agrees: the address it sends it back to."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(page).query).items()}
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._challenges[code] = (asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def count(self, kind: str) -> int:
        return sum(1 for kind_given, _, _ in self.answers if kind_given == kind)

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
        form = {key: values[0] for key, values in parse_qs((await reader.readexactly(length)).decode()).items()}
        path = head.split(" ")[1]
        kind = form.get("grant_type", "").rpartition(":")[2] if path == "/token" else path.strip("/")
        status, said = self.troubles.popleft() if self.troubles else self._answer(kind, form)
        self.answers.append((kind, status, said.get("error", "") if isinstance(said, dict) else ""))
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode() + body
        )
        await writer.drain()

    def _answer(self, kind: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form.get("client_id") != CLIENT or form.get("client_secret", "") not in ("", self.client_secret):
            return 401, {"error": "invalid_client"}
        if kind != "device" and form.get("client_secret", "") != self.client_secret:
            return 401, {"error": "invalid_client"}
        match kind:
            case "device":
                code = secrets.token_urlsafe(8)
                self._device[code] = "authorization_pending"
                return 200, {
                    "device_code": code, "user_code": "BDWP-HQPK", "verification_uri": f"{self.url}/enter",
                    "expires_in": 900, "interval": self.interval,
                }  # fmt: skip
            case "device_code":
                how = self._device.get(form["device_code"], "expire")
                if how == "approve":
                    return 200, self._tokens()
                return 400, {"error": {"deny": "access_denied", "expire": "expired_token"}.get(how, how)}
            case "authorization_code":
                challenge, back = self._challenges.pop(form["code"], ("", ""))
                made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
                fits = made.rstrip(b"=").decode() == challenge and form["redirect_uri"] == back
                return (200, self._tokens()) if fits else (400, {"error": "invalid_grant"})
            case "refresh_token" if self.refresh and form["refresh_token"] == self.refresh:
                return 200, self._tokens()
            case _:
                return 400, {"error": "invalid_grant"}

    def _tokens(self) -> dict[str, Any]:
        access, self.refresh = f"access-{secrets.token_urlsafe(12)}", f"refresh-{secrets.token_urlsafe(12)}"
        self.valid.add(access)
        return {"token_type": "Bearer", "access_token": access, "refresh_token": self.refresh, "expires_in": self.lasts}
