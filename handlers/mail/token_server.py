"""Talking to a provider's token server: one form there, one JSON object back (RFC 6749 sections 4 to 6)."""

import json
from typing import Any

import aiohttp

from bot.errors import Transient

SECONDS = 20.0
LARGEST = 256 * 1024


class TokenError(Exception):
    """The server says no; `code` is its word for it (RFC 6749 section 5.2, RFC 8628 section 3.5)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def ask(url: str, form: dict[str, str]) -> dict[str, Any]:
    """Post a form. TokenError: refused, with the reason. Transient: nobody answers, or not as such a server does.

    Neither the form nor the answer is ever put into an error or a log: both hold secrets.
    """
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    headers = {"Accept": "application/json"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(url, data=form, allow_redirects=False) as response,
        ):
            status, raw = response.status, await response.content.read(LARGEST)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Transient(f"the sign-in server cannot be reached ({type(error).__name__})") from None
    try:
        said = json.loads(raw)
    except ValueError:
        said = None
    if status == 200 and isinstance(said, dict) and "error" not in said:
        return said
    code = said.get("error") if isinstance(said, dict) else None
    if isinstance(code, str) and status < 500 and code not in {"temporarily_unavailable", "server_error"}:
        raise TokenError("".join(c for c in code if c.isalnum() or c in "_-")[:60])
    raise Transient(f"the sign-in server answered {status}")
