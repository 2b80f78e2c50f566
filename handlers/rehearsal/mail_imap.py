"""The practice IMAP server: pymap's protocol over our folders, in our loop, closed without leftovers."""

import asyncio
import logging
import secrets
import ssl
from argparse import Namespace
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field

from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.concurrent import Subsystem
from pymap.config import BackendCapability
from pymap.context import connection_exit
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command import Command, CommandNoArgs, CommandSelect
from pymap.parsing.commands import Commands
from pymap.parsing.response import ResponseOk
from pymap.user import UserMetadata

from handlers.rehearsal.mail_folders import FolderSet

log = logging.getLogger(__name__)

LONGEST_LINE = 2**20
LARGEST_MAIL = 64 * 2**20
GRACE_SECONDS = 1.0


class PracticeImap:
    """Listens on loopback for the mailboxes' owners. `folders` is by user, `passwords` too."""

    def __init__(self, folders: Mapping[str, FolderSet], passwords: Mapping[str, str]) -> None:
        self._config = _Config(
            Namespace(), host=None, port=0, demo_data=False, demo_user="", demo_password="",
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tls_enabled=False, invalid_user_sleep=0.0,
            proxy_protocol=object(), reject_dnsbl=False, hash_context=_Plain(),
            cpu_subsystem=Subsystem.for_asyncio(), max_append_len=LARGEST_MAIL,
        )  # fmt: skip
        self._login = Login(self._config)
        for user, password in passwords.items():
            self._login.users_dict[user] = UserMetadata(self._config, user, password=password)
            self._config.set_cache[user] = (folders[user], FilterSet())
        self._talks: dict[asyncio.Task[None], StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Start listening; the port. OSError if it cannot be had."""
        self._server = await asyncio.start_server(self._meet, host, port, limit=LONGEST_LINE)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Say goodbye on every line, give each a moment to end, then cut it."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._talks.values():
            with suppress(Exception):
                writer.write(b"* BYE the practice mail server is closing\r\n")
            writer.close()
        if self._talks:
            _, still_open = await asyncio.wait(self._talks, timeout=GRACE_SECONDS)
            for task in still_open:
                self._talks[task].transport.abort()
                task.cancel()
            await asyncio.gather(*still_open, return_exceptions=True)
        await self._server.wait_closed()

    def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks[task] = writer
        task.add_done_callback(self._talks.pop)

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = IMAPConnection(self._config.commands, self._config, reader, writer, _Peer())
        try:
            async with AsyncExitStack() as ends:
                connection_exit.set(ends)
                ends.enter_context(closing(connection))
                await connection.run(_State(self._login, self._config))
        except Exception as error:
            # pymap lets a client's nonsense escape; that line is gone, the server stays.
            log.warning("an IMAP connection ended with %s", type(error).__name__)


@dataclass(frozen=True)
class _Peer:
    """What pymap wants to know of the other end."""

    from_localhost: bool = True
    dnsbl: None = None
    unique_id: bytes = field(default_factory=lambda: secrets.token_bytes(8))


class _Plain:
    """Passwords as they are: the practice world prints them on the screen anyway."""

    def copy(self) -> "_Plain":
        return self

    def hash(self, value: str) -> str:
        return value

    def verify(self, value: str, digest: str) -> bool:
        return secrets.compare_digest(value.encode(), digest.encode())


class _Unselect(CommandNoArgs, CommandSelect):  # type: ignore[misc]
    """Leaves a mailbox without expunging it (RFC 3691)."""

    command = b"UNSELECT"


class _Config(Config):  # type: ignore[misc]
    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(
            idle=True, object_id=True, multi_append=True, custom=[b"SPECIAL-USE", b"UNSELECT"]
        )

    @property
    def commands(self) -> Commands:
        commands = Commands()
        commands.register(_Unselect)
        return commands

    @property
    def greeting(self) -> bytes:
        return b"Understudy practice mail"  # pymap's own asks the name server, which may take seconds


class _State(ConnectionState):  # type: ignore[misc]
    async def do_close(self, cmd: Command) -> tuple[ResponseOk, None]:
        # pymap answers NO after EXAMINE, where CLOSE simply expunges nothing (RFC 9051, section 6.4.1).
        if not self.selected.readonly:
            await self.session.expunge_mailbox(self.selected)
        return await self.do_unselect(cmd)

    async def do_unselect(self, cmd: Command) -> tuple[ResponseOk, None]:
        self._selected = None
        return ResponseOk(cmd.tag, cmd.command + b" completed."), None
