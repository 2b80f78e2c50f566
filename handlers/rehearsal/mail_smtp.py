"""The practice SMTP server: takes mail for practice people, from anybody on this machine, and refuses the rest."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from handlers.rehearsal.mail_postmark import AUTHSERV_ID

log = logging.getLogger(__name__)

Accept = Callable[[bytes, str, list[str], str, str], Awaitable[str]]
"""Raw bytes, envelope sender, recipients, greeted as, protocol: files the mail and returns its queue id."""

LONGEST_LINE = 2**20
LONGEST_COMMAND = 2048
LARGEST_MAIL = 64 * 2**20


class PracticeSmtp:
    """Listens on loopback. `addresses` says who lives here; a mail is answered 250 only after `accept` returned."""

    def __init__(self, addresses: Mapping[str, str], passwords: Mapping[str, str], accept: Accept) -> None:
        self._addresses, self._passwords, self._accept = addresses, passwords, accept
        self._domains = {address.rpartition("@")[2] for address in addresses}
        self._doors: set[_Door] = set()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Start listening; the port. OSError if it cannot be had."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd logs every address and line
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Door(self, self._doors), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close every line; a mail whose final dot has not been answered is not accepted."""
        if self._server is None:
            return
        self._server.close()
        talks = [door.hang_up() for door in list(self._doors)]
        await asyncio.gather(*(talk for talk in talks if talk), return_exceptions=True)
        await self._server.wait_closed()

    def check(
        self, _server: Any, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        """The authenticator aiosmtpd asks: user and password as printed in rehearsal.json."""
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        user, password = given.login.decode("utf-8", "replace"), given.password.decode("utf-8", "replace")
        return AuthResult(success=self._passwords.get(user) == password, handled=False, auth_data=given)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's hook
        self, _server: Any, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        local, _, domain = address.lower().rpartition("@")
        if self.home_of(address) is not None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
            return "250 2.1.5 OK"
        if local and domain in self._domains:
            return "550 5.1.1 There is no such practice mailbox"
        return "550 5.7.1 This is a practice mail server: it has no mailbox for that address and sends nothing out"

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        protocol = "ESMTP" if session.extended_smtp else "SMTP"
        protocol += "A" if session.authenticated and session.extended_smtp else ""
        queue_id = await self._accept(
            envelope.content, sender, list(envelope.rcpt_tos), session.host_name or "", protocol
        )
        return f"250 2.0.0 OK queued as {queue_id}"

    async def handle_exception(self, error: Exception) -> str:
        log.error("a practice mail was not taken: %s", type(error).__name__)
        return "451 4.3.0 The practice mail server could not do that just now"

    def home_of(self, address: str) -> str | None:
        """The user this address belongs to; `name+anything@` goes to `name@`. None: nobody here."""
        local, _, domain = address.lower().rpartition("@")
        untagged = local.partition("+")[0]
        return self._addresses.get(f"{local}@{domain}") or self._addresses.get(f"{untagged}@{domain}")


class _Door(SMTP):  # type: ignore[misc]
    """One connection, listed while it is open so that closing the server can end it."""

    line_length_limit = LONGEST_LINE  # real servers take long lines; ours changes no byte of them

    def __init__(self, smtp: PracticeSmtp, doors: "set[_Door]") -> None:
        # The library shares one table of limits between all connections and lets it grow.
        self.command_size_limits: defaultdict[str, int] = defaultdict(lambda: LONGEST_COMMAND)
        self._doors = doors
        super().__init__(
            smtp, hostname=AUTHSERV_ID, ident="Understudy practice mail", data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True, auth_require_tls=False, authenticator=smtp.check,
            loop=asyncio.get_running_loop(),
        )  # fmt: skip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._doors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._doors.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> "asyncio.Task[None] | None":
        """Cut the line; the task that will end because of it."""
        if self.transport is not None:
            self.transport.write(b"421 4.3.2 The practice mail server is closing\r\n")
            self.transport.close()
        talk: asyncio.Task[None] | None = self._handler_coroutine
        return talk

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):  # the other end hung up in the middle; nothing was taken
            await super()._handle_client()
