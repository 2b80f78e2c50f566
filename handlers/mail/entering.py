"""Which way into the mailbox the settings mean: a password, or the tokens of `understudy login`."""

from typing import TYPE_CHECKING, Literal

from bot.errors import Refused
from bot.ports import Clock
from handlers.mail.way_in import WayIn
from handlers.settings import Settings

if TYPE_CHECKING:
    from handlers.mail.token_box import TokenBox
    from handlers.mail.tokens import Tokens


def way_in_of(settings: Settings, server: Literal["imap", "smtp"], clock: Clock) -> WayIn:
    """For reading or for sending. With `[mail] oauth` both go by token, whatever passwords lie about."""
    if settings.mail is not None and settings.mail.oauth is not None:
        return tokens_of(settings, clock)
    secrets = settings.secrets
    return (secrets.imap_password if server == "imap" else secrets.smtp_password).get_secret_value()


def box_of(settings: Settings) -> "TokenBox":
    """Refused: there is no key to seal it with."""
    secret = settings.secrets.secret_key.get_secret_value()
    if not secret:
        raise Refused("UNDERSTUDY_SECRET_KEY is not set, so tokens cannot be sealed; put a long random text into .env")
    from handlers.mail.token_box import TokenBox  # a home with a password never loads the cipher

    return TokenBox(settings.home, secret)


def tokens_of(settings: Settings, clock: Clock) -> "Tokens":
    """Refused: these settings sign in by password, or there is no key."""
    if settings.mail is None or settings.mail.oauth is None:
        raise Refused(
            "this home logs in by password, and that is all it needs; to sign in by token instead, write [mail] oauth = "
            '{ provider = "microsoft" or "google", client_id = "…" }'
        )
    from handlers.mail.tokens import Tokens

    client_secret = settings.secrets.oauth_client_secret.get_secret_value()
    return Tokens(settings.mail.oauth, box_of(settings), clock, client_secret=client_secret)
