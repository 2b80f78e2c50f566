"""Signing in to a mailbox: by a code typed in elsewhere (RFC 8628), or in a browser (RFC 8252 with RFC 7636)."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.errors import Permanent, Refused, Transient
from bot.ports import Clock
from handlers.mail.token_box import Login
from handlers.mail.token_server import TokenError, ask
from handlers.mail.tokens import read_login
from handlers.settings_oauth import OAuth

INTERVAL = 5.0
SLOWER = 5.0
LONGEST_BREAK = 60.0
BROWSER_SECONDS = 600.0
WAITING = frozenset({"authorization_pending"})

Say = Callable[[str], None]
Sleep = Callable[[float], Awaitable[None]]


async def sign_in_by_code(
    oauth: OAuth, clock: Clock, say: Say, *, client_secret: str = "", sleep: Sleep = asyncio.sleep
) -> Login:
    """Show a code, wait until somebody has typed it in at the provider's page, and take the tokens.

    Refused: they said no, or the code ran out. Permanent: the provider does not know our app. Transient.
    """
    try:
        said = await ask(oauth.device_url, {"client_id": oauth.client_id, "scope": " ".join(oauth.scopes)})
    except TokenError as error:
        raise Permanent(
            f"the provider gives no code ({error.code}): check client_id and tenant in [mail] oauth, and that the app "
            "allows public client flows"
        ) from error
    device, code = said.get("device_code"), said.get("user_code")
    page = said.get("verification_uri") or said.get("verification_url")
    if not all(isinstance(one, str) and one for one in (device, code, page)):
        raise Transient("the sign-in server gave no code")
    say(f"Open {page} in a browser, on any device, sign in to the mailbox, and type in this code:\n\n    {code}\n")
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": str(device),
        "client_id": oauth.client_id,
    }
    if client_secret:
        form["client_secret"] = client_secret
    ends = clock.now() + timedelta(seconds=_number(said.get("expires_in"), 900.0))
    pause = _number(said.get("interval"), INTERVAL)
    while clock.now() < ends:
        await sleep(pause)
        try:
            return read_login(await ask(oauth.token_url, form), oauth, clock)
        except Transient:
            pause = min(max(pause, 1.0) * 2, LONGEST_BREAK)  # RFC 8628 section 3.5: back off when the line fails
        except TokenError as error:
            if error.code == "slow_down":
                pause += SLOWER
            elif error.code not in WAITING:
                raise _ended(error) from error
    raise Refused("the code ran out before it was typed in; run `understudy login` again")


async def sign_in_in_browser(
    oauth: OAuth, clock: Clock, say: Say, *, client_secret: str = "", pasted: Awaitable[str] | None = None,
    seconds: float = BROWSER_SECONDS,
) -> Login:  # fmt: skip
    """Show the provider's page, wait for the browser to come back to this machine, and take the tokens.

    `pasted` gives the address the browser ended on, for when it runs on another machine. Refused: they said no, or
    nobody came. Permanent: the provider does not take our app. Transient.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                words = (await reader.readline()).decode("ascii", "replace").split(" ")
            target = words[1] if len(words) == 3 and words[0] == "GET" else ""
            ours = _answers(target, state)
            text = "Signed in. You can close this page." if ours else "Nothing here."
            writer.write(
                f"HTTP/1.1 {'200 OK' if ours else '404 Not Found'}\r\nContent-Type: text/plain\r\n"
                f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
            )
            await writer.drain()
            if ours and not came.done():
                came.set_result(target)
        except (OSError, ValueError, TimeoutError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0, limit=16_384)
    async with server:
        port = server.sockets[0].getsockname()[1]
        back = f"http://127.0.0.1:{port}/"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": oauth.client_id, "redirect_uri": back, "response_type": "code", "scope": " ".join(oauth.scopes),
            "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
            "access_type": "offline", "prompt": "consent",
        }  # fmt: skip
        say(
            f"Open this page in a browser and sign in to the mailbox:\n\n    {oauth.authorize_url}?{urlencode(asked)}\n\n"
            f"If that browser is on another machine, it ends on a page it cannot show, at {back}…\n"
            "Paste that address here."
        )
        answer = await _either(came, pasted, state, seconds)
    if "code" not in answer:
        raise _ended(TokenError(answer.get("error", "no code")))
    form = {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": back,
        "client_id": oauth.client_id, "code_verifier": verifier,
    }  # fmt: skip
    if client_secret:
        form["client_secret"] = client_secret
    try:
        return read_login(await ask(oauth.token_url, form), oauth, clock)
    except TokenError as error:
        raise _ended(error) from error


async def _either(
    came: asyncio.Future[str], pasted: Awaitable[str] | None, state: str, seconds: float
) -> dict[str, str]:
    """What the browser brought, by itself or by hand. Refused: neither in time, or not the answer to our question."""
    waiting = {came} if pasted is None else {came, asyncio.ensure_future(pasted)}
    done, left = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in left:
        one.cancel()
    if not done:
        raise Refused("nobody signed in in time; run `understudy login` again")
    found = _answers(done.pop().result(), state)
    if found is None:
        raise Refused("that is not the address the sign-in ended on; run `understudy login` again")
    return found


def _answers(target: str, state: str) -> dict[str, str] | None:
    """The query of the address a browser came to; None when it does not answer our question."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(target.strip()).query).items()}
    if not secrets.compare_digest(query.get("state", "").encode(), state.encode()):
        return None
    return query if "code" in query or "error" in query else None


def _ended(error: TokenError) -> Permanent | Refused:
    match error.code:
        case "access_denied" | "authorization_declined":
            return Refused("the sign-in was declined at the provider; nothing was changed")
        case "expired_token" | "code_expired":
            return Refused("the code ran out before it was typed in; run `understudy login` again")
        case code:
            return Permanent(
                f"the provider does not let us in ({code}): check client_id, scopes and UNDERSTUDY_OAUTH_CLIENT_SECRET"
            )


def _number(value: Any, otherwise: float) -> float:
    try:
        return max(0.0, min(float(value), 3600.0))
    except (TypeError, ValueError):
        return otherwise
