"""The sender: takes one approved mail out by the protocol of the final dot.

A server can only accept a message once it has the terminating CRLF.CRLF. So the body goes out without it, the caller
commits, and only then do those last bytes leave: what fails before is certainly not delivered, what fails after may be.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import Never, Protocol

import aiosmtplib
from aiosmtplib.response import SMTPResponse

from bot.errors import NobodyTook, OutcomeUnknown, Permanent, Refused, Transient
from bot.ports import BeforeDot, HandedOver, Parcel
from handlers.mail.envelope import BadAddress, envelope_address
from handlers.mail.server_url import read_server_url
from handlers.mail.smtp_talk import SmtpTalk, certificate_error
from handlers.mail.way_in import TokenSource, WayIn, no_tokens_here, not_taken

DOT_SECONDS = 600.0
"""How long a server may think about the dot (RFC 5321 section 4.5.3.2.6); hanging up sooner makes duplicates."""
TALK_SECONDS = 60.0
GRACE_SECONDS = 20.0
"""How long a shutdown waits for the answer to a dot that has been written."""

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")

log = logging.getLogger(__name__)


class SentLookup(Protocol):
    """Where a proof of sending may be found."""

    async def find(self, message_id: str) -> str | None:
        """A proof in words, or None. Transient, Permanent."""
        ...


class SmtpCarrier:
    """Hands mails to one submission server, a connection each.

    `smtps://user@host:465`, `smtp+starttls://user@host:587` (never falls back to plain), or `smtp://` on this machine.
    """

    def __init__(
        self,
        url: str,
        way_in: WayIn = "",
        *,
        sent: SentLookup | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float = TALK_SECONDS,
        dot_timeout: float = DOT_SECONDS,
        grace: float = GRACE_SECONDS,
    ) -> None:
        """Permanent: the address cannot be used."""
        self._server = read_server_url(url, schemes=("smtps", "smtp+starttls", "smtp"))
        self._way_in, self._sent, self._ssl_context = way_in, sent, ssl_context
        self._timeout, self._dot_timeout, self._grace = timeout, dot_timeout, grace

    async def carry(self, parcel: Parcel, *, before_dot: BeforeDot) -> HandedOver:
        """Hand it over, as `bot.ports.Carrier` has it.

        Cancelled before the dot, it lets go and is cancelled. Cancelled after, it waits a little for the answer and
        returns it, or raises OutcomeUnknown: the caller must write the outcome down before it ends.
        """
        talk = self._talk()
        try:
            async with self._before_the_dot():
                await self._open(talk)
                refused = await self._envelope(talk, parcel)
                await self._body(talk, parcel.raw)
            if not await before_dot():
                raise Refused("somebody else has taken over this mail")
            if not await talk.in_step():
                raise Transient(f"{self._server.place} hung up before the last byte")
            reply = await self._after_the_dot(talk)
            await talk.leave()
        except BaseException:
            talk.abort()
            raise
        return HandedOver(reply=f"{reply.code} {reply.message}", refused=refused)

    async def find(self, parcel: Parcel) -> str | None:
        """Look in the Sent folder. Finding it proves that it left; not finding it proves nothing. Transient."""
        return None if self._sent is None else await self._sent.find(parcel.message_id)

    async def check(self) -> None:
        """Open a line, log in, and leave; for the doctor. Transient, Permanent with the cure."""
        talk = self._talk()
        try:
            async with self._before_the_dot():
                await self._open(talk)
        finally:
            await talk.leave()

    def _talk(self) -> SmtpTalk:
        return SmtpTalk(
            hostname=self._server.host,
            port=self._server.port,
            timeout=self._timeout,
            use_tls=self._server.scheme == "smtps",
            start_tls=False,
            tls_context=self._ssl_context,
            local_hostname="[127.0.0.1]",  # as mail programs do: the name of this machine is nobody's business
        )

    async def _open(self, talk: SmtpTalk) -> None:
        token = "" if isinstance(self._way_in, str) else await self._way_in.token()
        await talk.connect()
        await talk.ehlo()
        if self._server.scheme == "smtp+starttls":
            if not talk.supports_extension("starttls"):
                raise Permanent(
                    f"{self._server.place} offers no STARTTLS, and nothing goes out unencrypted: "
                    "use smtps:// with the provider's TLS port (usually 465)"
                )
            await talk.starttls()
            await talk.ehlo()
        if not self._server.user:
            return
        if isinstance(self._way_in, str):
            await self._log_in(talk, self._way_in)
        else:
            await self._sign_in(talk, token, self._way_in)

    async def _sign_in(self, talk: SmtpTalk, token: str, source: TokenSource) -> None:
        """With a token. LoginNeeded: a person has to sign in anew."""
        if "xoauth2" not in talk.server_auth_methods:
            raise no_tokens_here(self._server.place, "smtp")
        try:
            await talk.auth_xoauth2(self._server.user, token)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code // 100 != 5:
                raise
            raise not_taken(source, token, self._server.place, "smtp") from error

    async def _log_in(self, talk: SmtpTalk, password: str) -> None:
        """One attempt with one mechanism: aiosmtplib's own login tries them all, and a mailbox soon locks."""
        offered = talk.server_auth_methods
        try:
            if "plain" in offered:
                await talk.auth_plain(self._server.user, password)
            elif "login" in offered:
                await talk.auth_login(self._server.user, password)
            elif "cram-md5" in offered:
                await talk.auth_crammd5(self._server.user, password)
            else:
                raise Permanent(
                    f"{self._server.place} offers no login we know: check the port in [mail] smtp"
                )
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code // 100 == 5:
                raise Permanent(
                    f"{self._server.place} refused the login ({error.code}): check the user in [mail] smtp and "
                    "UNDERSTUDY_SMTP_PASSWORD (many providers want an app password made for this purpose)"
                ) from error
            raise

    async def _envelope(self, talk: SmtpTalk, parcel: Parcel) -> dict[str, str]:
        """MAIL and every RCPT; who was refused, with the server's words. Permanent: nobody is left."""
        try:
            sender = envelope_address(parcel.sender)
            recipients = {written: envelope_address(written) for written in dict.fromkeys(parcel.recipients)}
        except BadAddress as error:
            raise Permanent("an address of this mail is not a mail address") from error
        if not recipients:
            raise Permanent("this mail has no recipient")
        options = self._options(talk, parcel.raw, [sender, *recipients.values()])
        reply = await talk.execute_command(b"MAIL", b"FROM:<%b>" % sender.encode(), *options)
        if reply.code // 100 == 5:
            raise Permanent(f"{self._server.place} does not take mail from this sender ({_codes([reply])})")
        if reply.code != 250:
            raise Transient(f"{self._server.place} does not take the mail now ({_codes([reply])})")
        refused: dict[str, SMTPResponse] = {}
        for written, address in recipients.items():
            reply = await talk.execute_command(b"RCPT", b"TO:<%b>" % address.encode())
            if reply.code == 421:
                raise Transient(f"{self._server.place} ended the talk ({_codes([reply])})")
            if reply.code not in (250, 251):
                refused[written] = reply
        words = {address: f"{reply.code} {reply.message}" for address, reply in refused.items()}
        if len(refused) == len(recipients):
            codes = _codes(refused.values())
            if all(reply.code // 100 == 5 for reply in refused.values()):
                raise NobodyTook(f"{self._server.place} refused every recipient ({codes})", words)
            raise Transient(f"{self._server.place} takes no recipient now ({codes})")
        return words

    def _options(self, talk: SmtpTalk, raw: bytes, addresses: list[str]) -> list[bytes]:
        options: list[bytes] = []
        if talk.supports_extension("size"):
            options.append(b"SIZE=%d" % len(raw))
        eight_bit = not raw.isascii()
        if eight_bit and talk.supports_extension("8bitmime"):
            options.append(b"BODY=8BITMIME")
        head = raw.partition(b"\r\n\r\n")[0]
        if not all(address.isascii() for address in addresses) or not head.isascii():
            if not talk.supports_extension("smtputf8"):
                raise Permanent(f"{self._server.place} cannot carry mail to an address with such letters")
            options.append(b"SMTPUTF8")
        elif eight_bit and not talk.supports_extension("8bitmime"):
            raise Permanent(f"{self._server.place} takes seven-bit mail only")
        return options

    async def _body(self, talk: SmtpTalk, raw: bytes) -> None:
        reply = await talk.execute_command(b"DATA")
        if reply.code // 100 == 5:
            raise Permanent(f"{self._server.place} refused the mail ({_codes([reply])})")
        if reply.code != 354:
            raise Transient(f"{self._server.place} does not take the mail now ({_codes([reply])})")
        try:
            await talk.body_without_dot(raw, stall=self._timeout)
        except ValueError as error:
            raise Permanent(f"the mail cannot be sent: {error}") from error
        if not await talk.in_step():
            raise Transient(f"{self._server.place} hung up before the last byte")

    async def _after_the_dot(self, talk: SmtpTalk) -> SMTPResponse:
        """Write the dot and say honestly how it ended. From here on nothing may be repeated alone."""
        try:
            reply = await self._shielded(talk.dot(wait=self._dot_timeout))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise OutcomeUnknown(
                f"{self._server.place} had the whole mail, but no clear answer came ({_kind(error)})"
            ) from error
        if reply.code // 100 == 2:
            return reply
        if reply.code // 100 == 5:
            raise Permanent(f"{self._server.place} refused the mail ({_codes([reply])})")
        if reply.code // 100 == 4 and reply.code != 421:
            raise Transient(f"{self._server.place} does not take the mail now ({_codes([reply])})")
        raise OutcomeUnknown(f"{self._server.place} had the whole mail and answered {reply.code}")

    async def _shielded(self, dot: Awaitable[SMTPResponse]) -> SMTPResponse:
        answer = asyncio.ensure_future(dot)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            log.info("asked to stop while a server thinks about a mail; waiting for its answer")
        try:
            async with asyncio.timeout(self._grace):
                return await answer
        except (asyncio.CancelledError, TimeoutError) as error:
            raise OutcomeUnknown(
                f"{self._server.place} had the whole mail; we stopped before it answered"
            ) from error

    @asynccontextmanager
    async def _before_the_dot(self) -> AsyncIterator[None]:
        """Translate what goes wrong while nothing can have been accepted: try again, unless a person must look."""
        try:
            yield
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            if (tls := certificate_error(error)) is not None:
                self._no_tls(tls)
            raise Transient(
                f"{self._server.place} did not get as far as taking the mail ({_kind(error)})"
            ) from error

    def _no_tls(self, error: ssl.SSLError) -> Never:
        if isinstance(error, ssl.SSLCertVerificationError):
            raise Permanent(
                f"the certificate of {self._server.place} does not hold ({error.verify_message}): "
                "check the host in [mail] smtp"
            ) from error
        if error.reason == "WRONG_VERSION_NUMBER":
            raise Permanent(
                f"{self._server.place} does not speak TLS from the first byte: use smtp+starttls://, or its TLS port"
            ) from error
        raise Transient(f"no encrypted line to {self._server.place} ({error.reason})") from error


def _codes(replies: Iterable[SMTPResponse]) -> str:
    """The codes of replies, each once, with the enhanced status; the rest of their text may hold addresses."""
    seen: dict[str, None] = {}
    for reply in replies:
        status = _STATUS.match(reply.message)
        seen[f"{reply.code} {status[0]}" if status else str(reply.code)] = None
    return ", ".join(seen)


def _kind(error: BaseException) -> str:
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if isinstance(code, int) and code > 0 else type(error).__name__
