"""How we get into a mailbox: with a password, or with tokens that somebody keeps fresh."""

from typing import Literal, Protocol

from bot.errors import Permanent, Transient


class LoginNeeded(Permanent):
    """Only a person can sign in again. Asking costs nobody anything: nothing is sent to a server until they did."""


class TokenSource(Protocol):
    """Gives tokens that are good now."""

    async def token(self) -> str:
        """A token to log in with. LoginNeeded: somebody has to sign in first. Transient: none can be had now."""
        ...

    def refused(self, token: str) -> bool:
        """A mail server did not take this token. True: the next `token()` is a new one, so another try may help."""
        ...


def not_taken(source: TokenSource, token: str, place: str, way: Literal["imap", "smtp"]) -> Transient | LoginNeeded:
    """What a refused token means: another one may do, or a person has to look."""
    if source.refused(token):
        return Transient(f"{place} did not take the token; a new one will be asked for")
    return LoginNeeded(
        f"{place} refused a fresh token: check that {way.upper()} is switched on for this mailbox and that the user in "
        f"[mail] {way} is the one who signed in, then run `understudy login` again"
    )


def no_tokens_here(place: str, way: Literal["imap", "smtp"]) -> Permanent:
    return Permanent(f"{place} takes no login by token: check the host in [mail] {way}, or use a password")


WayIn = str | TokenSource
"""A password as it stands, or a source of tokens."""
