"""The watcher: IDLE wakes, polling decides, a sweep audits; every folder on its own lines, none stopped by another."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from bot.errors import Permanent, Transient
from bot.ports import Clock
from handlers.mail.folder import FolderReader, WatchedFolder
from handlers.mail.history import HistoryReader, Memory
from handlers.mail.imap import DEADLINE, ImapConnection, connect
from handlers.mail.ledger import Cursor, FetchedMail, Hole, Ledger
from handlers.mail.sent import find_sent_folder
from handlers.mail.way_in import LoginNeeded, WayIn

__all__ = ["Cursor", "FetchedMail", "Hole", "Ledger", "MailAccount", "MailboxWatcher", "Pulse"]

Pulse = Callable[[str, bool, str], None]
"""Told after every poll and every failure: "account/folder", whether all is well, and if not, what and the cure."""

POLL_SECONDS = 60.0
POLL_WITHOUT_IDLE = 15.0
AUDIT_SECONDS = 15 * 60.0
IDLE_SECONDS = 9 * 60.0
"""Renewed well before the 29 minutes of RFC 2177: home routers forget a silent line sooner."""
BACKOFF = (0.2, 1, 2, 5, 15, 30, 60)
LOCKED_OUT_SECONDS = 300.0
"""Between attempts while only a person can help: a storm of wrong logins would lock the mailbox."""
SIGN_IN_SECONDS = 20.0
"""Between looks whether somebody has signed in; no server is asked meanwhile."""

STOPPED_SECONDS = 15.0
"""Between looks whether reading the past may go on."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MailAccount:
    """A mailbox to watch. `name` is our own short name for it and stands in every row; it never changes."""

    name: str
    url: str
    way_in: WayIn = field(repr=False)
    folders: tuple[str, ...] = ("INBOX",)
    watch_sent: bool = True
    """Also watch what the owner sent, in whichever folder the server keeps it."""
    history_days: int = 0
    """How many days before our first start are read as context; 0: none."""
    ssl_context: ssl.SSLContext | None = None


@dataclass
class _Bell:
    """What a folder's two lines share: the push that wakes the poll, and how long to sleep without one."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing live is being fetched just now."""
    patience: float = POLL_SECONDS


class MailboxWatcher:
    """Brings new mail of all accounts into the ledger; `run()` ends only when cancelled, and closes its lines then."""

    def __init__(
        self,
        accounts: Sequence[MailAccount],
        ledger: Ledger,
        clock: Clock,
        *,
        memory: Memory | None = None,
        pulse: Pulse = lambda _name, _ok, _detail: None,
        poll_seconds: float = POLL_SECONDS,
        audit_seconds: float = AUDIT_SECONDS,
        deadline: float = DEADLINE,
    ) -> None:
        self.pulse, self._memory = pulse, memory
        self._accounts, self._ledger, self._clock = tuple(accounts), ledger, clock
        self._poll_seconds, self._audit_seconds, self._deadline = poll_seconds, audit_seconds, deadline

    async def run(self) -> None:
        """Watch until cancelled. Failures of line, server and ledger are told to `pulse` and tried again."""
        async with asyncio.TaskGroup() as group:
            for account in self._accounts:
                bells: list[_Bell] = []
                for folder in account.folders:
                    watched, bell = WatchedFolder(account.name, folder), _Bell(patience=self._poll_seconds)
                    group.create_task(self._again_and_again(watched, self._follow, account, bell))
                    group.create_task(self._again_and_again(watched, self._listen, account, bell))
                    bells.append(bell)
                if account.watch_sent:
                    sent, bell = (
                        WatchedFolder(account.name, "(sent)", ours=True),
                        _Bell(patience=self._poll_seconds),
                    )
                    group.create_task(self._again_and_again(sent, self._follow, account, bell))
                    bells.append(bell)
                if account.history_days and self._memory is not None:
                    group.create_task(self._past(account, self._memory, bells))

    async def _again_and_again(
        self, watched: WatchedFolder, work: "_Work", account: MailAccount, bell: _Bell
    ) -> None:
        """Open a line and work on it; after any failure wait, longer each time, and open a new one."""
        failures = 0
        # without a listener the folder is still polled, so only the polling line tells how the folder is
        tell = self.pulse if work == self._follow else _log_only
        while True:
            began, wait = monotonic(), 0.0
            try:
                async with await connect(
                    account.url, account.way_in, ssl_context=account.ssl_context, deadline=self._deadline
                ) as connection:
                    await work(watched, connection, bell)
                    return
            except Permanent as error:
                wait = SIGN_IN_SECONDS if isinstance(error, LoginNeeded) else LOCKED_OUT_SECONDS
                tell(watched.name, False, str(error))
            except Transient as error:
                tell(watched.name, False, str(error))
            except Exception as error:
                # the ledger's own failures (a full disk, a database that restarts) must not end the watch
                log.exception("%s: the watch was interrupted", watched.name)
                tell(watched.name, False, f"interrupted ({type(error).__name__})")
            failures = 1 if monotonic() - began > BACKOFF[-1] else failures + 1
            await asyncio.sleep(wait or BACKOFF[min(failures, len(BACKOFF)) - 1])

    async def _follow(self, watched: WatchedFolder, connection: ImapConnection, bell: _Bell) -> None:
        """Poll at every ring, and before patience ends without one; audit now and then. Ends only by an error."""
        name_told = watched.name  # one name for the pulse, whatever the server calls the folder
        if watched.ours:
            while (name := await find_sent_folder(connection)) is None:
                bell.caught_up.set()
                self.pulse(watched.name, True, "there is no Sent folder yet")
                await asyncio.sleep(bell.patience)
            watched = replace(watched, folder=name)
        reader = FolderReader(watched, connection, self._ledger, self._clock)
        await reader.open()
        audit_at = monotonic()
        while True:
            bell.rung.clear()
            bell.caught_up.clear()
            await reader.poll()
            bell.caught_up.set()
            self.pulse(name_told, not reader.worry, reader.worry)
            if monotonic() >= audit_at:
                audit_at = monotonic() + self._audit_seconds
                if missed := await reader.audit():
                    self.pulse(name_told, False, f"{missed} mails had been missed and are being fetched")
            retry = reader.next_retry
            wait = bell.patience if retry is None else min(bell.patience, max(0.0, retry.total_seconds()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await bell.rung.wait()

    async def _listen(self, watched: WatchedFolder, connection: ImapConnection, bell: _Bell) -> None:
        """Ring at every push. Ends by an error, or at once where the server knows no IDLE."""
        if not connection.can("IDLE"):
            bell.patience = min(bell.patience, POLL_WITHOUT_IDLE)
            bell.rung.set()
            return
        if await connection.examine(watched.folder) is None:
            raise Permanent(f"there is no folder {watched.folder!r}: check [mail] folders")
        bell.rung.set()  # something may have come while nobody listened
        while True:
            if await connection.wait_push(IDLE_SECONDS):
                bell.rung.set()

    async def _past(self, account: MailAccount, memory: Memory, bells: Sequence[_Bell]) -> None:
        """Read the past behind all that is live, on a line of its own; ends when it is read."""
        watched, read = WatchedFolder(account.name, "(history)"), asyncio.Event()
        look_back = partial(self._look_back, account, memory, bells, read)
        while not read.is_set():
            try:
                looked = await memory.looked_back(account.name)
            except Exception as error:
                log.warning("%s: how far it was read cannot be seen: %s", watched.name, type(error).__name__)
            else:
                if looked is None or not looked.stopped:
                    await self._again_and_again(watched, look_back, account, _Bell())
                    continue
            await asyncio.sleep(STOPPED_SECONDS)

    async def _look_back(
        self, account: MailAccount, memory: Memory, bells: Sequence[_Bell], read: asyncio.Event,
        _watched: WatchedFolder, connection: ImapConnection, _bell: _Bell,
    ) -> None:  # fmt: skip
        """Ends when the past is read, and then says so; or where somebody said stop."""

        async def live_first() -> None:
            for bell in bells:
                await bell.caught_up.wait()

        folders = [WatchedFolder(account.name, folder) for folder in account.folders]
        await live_first()
        if account.watch_sent and (sent := await find_sent_folder(connection)) is not None:
            folders.append(WatchedFolder(account.name, sent, ours=True))
        past = HistoryReader(
            account.name, folders, connection, self._ledger, memory, self._clock,
            days=account.history_days, live_first=live_first,
        )  # fmt: skip
        try:
            if await past.run():
                read.set()
        finally:
            await memory.rest()


_Work = Callable[[WatchedFolder, ImapConnection, _Bell], Awaitable[None]]


def _log_only(name: str, _ok: bool, detail: str) -> None:
    """The polling line tells how a folder is; what else is done on it comes back by itself."""
    log.info("%s: interrupted for now: %s", name, detail)
