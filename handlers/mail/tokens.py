"""Tokens kept fresh: refreshed before they run out, one refresh at a time, over all processes of a house."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from bot.errors import Transient
from bot.ports import Clock
from handlers.mail.token_box import Login, TokenBox
from handlers.mail.token_server import TokenError, ask
from handlers.mail.way_in import LoginNeeded
from handlers.settings_oauth import OAuth

EARLY = timedelta(minutes=5)
"""A token with less left than this is replaced: a login made with it has to outlast the talk."""
YOUNG = timedelta(minutes=2)
"""A token that is refused at this age is not refused for being old."""
USUAL = timedelta(hours=1)
"""How long a token is good where the server does not say."""

log = logging.getLogger(__name__)


class Tokens:
    """Fits `handlers.mail.way_in.TokenSource`. Several may stand on one home: what they share is the file."""

    def __init__(self, oauth: OAuth, box: TokenBox, clock: Clock, *, client_secret: str = "") -> None:
        self._oauth, self._box, self._clock, self._client_secret = oauth, box, clock, client_secret
        self._one = asyncio.Lock()
        self._held: Login | None = None
        self._refused = ""
        self._dead = ""

    async def token(self) -> str:
        """As TokenSource has it; from memory while it is good, else from the file, else from the provider."""
        async with self._one:
            if self._held is None or not self._good(self._held):
                async with self._box.locked():
                    self._held = await self._fresh()
            return self._held.access

    def refused(self, token: str) -> bool:
        if self._held is None or self._held.access != token:
            return True
        if self._clock.now() - self._held.issued_at < YOUNG:
            return False
        self._refused = token
        return True

    async def look(self) -> Login:
        """The sign-in, fresh; for the doctor. LoginNeeded, Transient."""
        await self.token()
        assert self._held is not None
        return self._held

    async def _fresh(self) -> Login:
        """What the file holds, refreshed when it has to be. Called by one at a time."""
        stored = await self._box.read()
        if stored.client_id != self._oauth.client_id:
            raise LoginNeeded("[mail] oauth client_id has changed since the sign-in: run `understudy login` again")
        if self._good(stored):
            return stored
        if not stored.refresh:
            raise LoginNeeded("the provider gave no means to renew the sign-in: run `understudy login` again")
        if stored.refresh == self._dead:
            raise LoginNeeded("the provider has ended our sign-in: run `understudy login` again")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": stored.refresh,
            "client_id": self._oauth.client_id,
            "scope": " ".join(self._oauth.scopes),
        }
        if self._client_secret:
            form["client_secret"] = self._client_secret
        try:
            said = await ask(self._oauth.token_url, form)
        except TokenError as error:
            self._dead = stored.refresh
            raise LoginNeeded(
                f"the provider does not renew our sign-in ({error.code}): run `understudy login` again"
            ) from error
        login = read_login(said, self._oauth, self._clock, refresh=stored.refresh)
        # written before it is used: where refresh tokens rotate, the old one is worth nothing any more
        await self._box.write(login)
        log.info("the mailbox's sign-in was renewed")
        return login

    def _good(self, login: Login) -> bool:
        return login.access != self._refused and self._clock.now() < login.expires_at - EARLY


def read_login(said: dict[str, Any], oauth: OAuth, clock: Clock, *, refresh: str = "") -> Login:
    """A token answer (RFC 6749 section 5.1); `refresh` stays when no new one comes. Transient: it holds no token."""
    access = said.get("access_token")
    if not isinstance(access, str) or not access or not access.isascii() or any(c.isspace() for c in access):
        raise Transient("the sign-in server gave no token")
    newer = said.get("refresh_token")
    try:
        lasts = timedelta(seconds=max(60, min(int(said["expires_in"]), 90 * 86400)))
    except (KeyError, TypeError, ValueError):
        lasts = USUAL
    now = clock.now()
    return Login(oauth.client_id, access, newer if isinstance(newer, str) and newer else refresh, now, now + lasts)
