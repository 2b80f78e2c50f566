"""The Sent folder: where a copy of what left is filed once, and where we look whether something did leave."""

import logging
import ssl
from typing import Literal

from bot.errors import Permanent
from handlers.mail.imap import DEADLINE, ImapConnection, connect, header_criterion
from handlers.mail.imap_words import Folder
from handlers.mail.way_in import WayIn

USUAL_NAMES = (
    "sent", "sent items", "sent messages", "sent mail", "inbox.sent", "inbox/sent", "inbox.sent items", "[gmail]/sent mail",
    "gesendet", "gesendete elemente", "gesendete objekte", "enviados", "elementos enviados", "envoyés", "éléments envoyés",
    "messages envoyés", "posta inviata", "inviati", "verzonden", "verzonden items", "skickat", "sendt", "wysłane",
    "отправленные", "送信済み", "已发送",
)  # fmt: skip
"""Tried in this order, in any case, where the server marks no folder as \\Sent (RFC 6154)."""
NEW_FOLDER = "Sent"

log = logging.getLogger(__name__)


async def find_sent_folder(connection: ImapConnection) -> str | None:
    """The folder that holds what was sent: the one so marked, else the one so called; None: there is none. Transient."""
    return choose_sent_folder(await connection.folders())


def choose_sent_folder(folders: list[Folder]) -> str | None:
    """Pick it from a listing; folders that cannot be opened are no candidates."""
    open_ones = [folder for folder in folders if not folder.flags & {"\\noselect", "\\nonexistent"}]
    for folder in open_ones:
        if "\\sent" in folder.flags:
            return folder.name
    by_name = {folder.name.lower(): folder.name for folder in reversed(open_ones)}
    return next((by_name[name] for name in USUAL_NAMES if name in by_name), None)


class ImapSentFolder:
    """Files copies and looks for them. Each call opens its own line: sends are rare, and a kept line may be stale."""

    def __init__(
        self,
        url: str,
        way_in: WayIn,
        *,
        sent_copy: Literal["append", "server"] = "append",
        ssl_context: ssl.SSLContext | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._url, self._way_in, self._sent_copy = url, way_in, sent_copy
        self._ssl_context, self._deadline = ssl_context, deadline

    async def file(self, raw: bytes, message_id: str) -> bool:
        """File a copy, seen, unless one with this Message-ID is there; False: the provider files it itself.

        Safe to repeat after any failure: it looks first. Transient; Permanent: login refused, or the mailbox is full.
        """
        if self._sent_copy == "server":
            return False
        async with await self._connect() as connection:
            folder = await find_sent_folder(connection)
            if folder is None:
                folder = NEW_FOLDER
                if not await connection.create(folder):
                    raise Permanent(
                        'there is no Sent folder and none could be made: make a folder named "Sent"'
                    )
            elif await self._uids(connection, folder, message_id):
                return True
            await connection.append(folder, raw)
            return True

    async def find(self, message_id: str) -> str | None:
        """A proof that this Message-ID lies in the Sent folder; None: it does not, which proves nothing.

        Transient; Permanent: the login is refused.
        """
        async with await self._connect() as connection:
            folder = await find_sent_folder(connection)
            if folder is None:
                return None
            uids = await self._uids(connection, folder, message_id)
            return f"in the Sent folder ({folder}, number {uids[0]})" if uids else None

    async def _connect(self) -> ImapConnection:
        return await connect(
            self._url, self._way_in, ssl_context=self._ssl_context, deadline=self._deadline
        )

    async def _uids(self, connection: ImapConnection, folder: str, message_id: str) -> list[int]:
        try:
            criterion = header_criterion("Message-ID", message_id)
        except ValueError as error:
            raise Permanent("a Message-ID has to be printable ASCII") from error
        if await connection.examine(folder) is None:
            return []
        return await connection.uids(criterion)
