"""`understudy login`: sign in to the mailbox once, seal the tokens in the home, and try them."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime

from bot.errors import BotError
from handlers.mail.entering import box_of, tokens_of
from handlers.mail.imap import connect
from handlers.mail.sign_in import sign_in_by_code, sign_in_in_browser
from handlers.settings import Settings


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def sign_in(settings: Settings) -> int:
    """Talk it through with the person at the terminal; 1 when the tokens do not open the mailbox.

    Refused, Permanent, Transient: nobody is signed in by this, and what was stored before stays.
    """
    return asyncio.run(_sign_in(settings))


async def _sign_in(settings: Settings) -> int:
    clock, tokens, box = _Now(), tokens_of(settings, _Now()), box_of(settings)
    mail = settings.mail
    assert mail is not None
    oauth = mail.oauth
    assert oauth is not None
    client_secret = settings.secrets.oauth_client_secret.get_secret_value()
    if oauth.device_url:
        login = await sign_in_by_code(oauth, clock, _say, client_secret=client_secret)
    else:
        pasted = _next_line() if sys.stdin.isatty() else None
        login = await sign_in_in_browser(oauth, clock, _say, client_secret=client_secret, pasted=pasted)
    async with box.locked():
        await box.write(login)
    _say("Signed in. The tokens are sealed in the home; a running house takes them up within half a minute.")
    if not login.refresh:
        _say("The provider gave no refresh token, so this lasts for about an hour only: ask for offline access in `scopes`.")
    try:
        async with await connect(mail.imap, tokens):
            _say("The mailbox opens with it.")
    except BotError as error:
        _say(f"But the mailbox does not open with it: {error}.")
        return 1
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


async def _next_line() -> str:
    """What is typed or pasted at the terminal, without holding up anything else."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not line.done():
            line.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin, read)
    try:
        return await line
    finally:
        with suppress(ValueError, OSError):
            loop.remove_reader(sys.stdin)
