"""The ledger on rows: each batch of mails and the cursor behind it are written in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import Transient
from bot.ports import Clock
from bot.steps.arrive import write_down
from handlers.mail.ledger import Cursor, FetchedMail, Hole
from storage.channels import Channel
from storage.inbound_messages import InboundState, hash_of
from storage.mailboxes import Mailbox
from storage.store import Store


@dataclass(frozen=True)
class RowLedger:
    """Fits `handlers.mail.ledger.Ledger`."""

    store: Store
    clock: Clock

    async def cursor(self, account: str, folder: str) -> Cursor | None:
        async with self.store.reading() as tx:
            row = await tx.mailboxes.of(account, folder)
        if row is None:
            return None
        return Cursor(row.uidvalidity, row.last_uid, tuple(_hole(h) for h in row.holes), row.present_uid, row.begun_at)

    async def begin(self, account: str, folder: str, cursor: Cursor) -> None:
        async with self.store.transaction("mailbox.begin") as tx:
            row = await tx.mailboxes.of(account, folder)
            if row is None:
                row = tx.mailboxes.add(
                    Mailbox(account=account, folder=folder, uidvalidity=0, last_uid=0, begun_at=cursor.begun_at)
                )
            row.uidvalidity, row.last_uid, row.present_uid = cursor.uidvalidity, cursor.last_uid, cursor.present_uid
            row.begun_at, row.holes = cursor.begun_at, [_plain(h) for h in cursor.holes]

    async def keep(
        self,
        account: str,
        folder: str,
        uidvalidity: int,
        mails: Sequence[FetchedMail],
        *,
        last_uid: int,
        holes: Sequence[Hole],
    ) -> int:
        new = 0
        try:
            async with self.store.transaction("mailbox.keep") as tx:
                prefix = _prefix(account, folder, uidvalidity)
                for mail in mails:
                    renumbered = await tx.inbound.under_other_key(account, folder, hash_of(mail.raw), not_prefix=prefix)
                    if renumbered is not None:
                        renumbered.key = f"{prefix}{mail.uid:010d}"
                        await tx.session.flush()
                        continue
                    new += await write_down(
                        tx,
                        self.clock,
                        channel=Channel.EMAIL,
                        account=account,
                        place=folder,
                        key=f"{prefix}{mail.uid:010d}",
                        raw=mail.raw,
                        ours=mail.ours,
                        history=mail.history,
                        complete=mail.complete,
                    )
                row = await tx.mailboxes.of(account, folder)
                if row is not None and row.uidvalidity == uidvalidity:  # numbers of another numbering would skip mail
                    row.last_uid, row.holes = max(row.last_uid, last_uid), [_plain(h) for h in holes]
        except SQLAlchemyError as error:
            raise Transient("the database did not take the mail") from error
        return new

    async def known_uids(self, account: str, folder: str, uidvalidity: int, low: int, high: int) -> set[int]:
        prefix = _prefix(account, folder, uidvalidity)
        async with self.store.reading() as tx:
            keys = await tx.inbound.keys_between(f"{prefix}{low:010d}", f"{prefix}{high:010d}")
        return {int(key.removeprefix(prefix)) for key in keys}

    async def left(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        prefix = _prefix(account, folder, uidvalidity)
        async with self.store.transaction("mailbox.left") as tx:
            for uid in uids:
                row = await tx.inbound.add(
                    key=f"{prefix}{uid:010d}",
                    channel=Channel.EMAIL,
                    account=account,
                    place=folder,
                    raw=b"",
                    arrived_at=self.clock.now(),
                    state=InboundState.QUARANTINED,
                    why=["it was moved or deleted before it could be read"],
                )
                if row is not None:
                    tx.audit.add(at=self.clock.now(), actor="understudy", act="left before fetch", subject=f"inbound:{row.id}")


def key_of(account: str, folder: str, uidvalidity: int, uid: int) -> str:
    """The transport identity of a mail in a folder."""
    return f"{_prefix(account, folder, uidvalidity)}{uid:010d}"


def _prefix(account: str, folder: str, uidvalidity: int) -> str:
    return f"imap:{account}:{folder}:{uidvalidity}:"


def _plain(hole: Hole) -> dict[str, Any]:
    return {
        "uid": hole.uid,
        "since": hole.since.isoformat(),
        "tried_at": hole.tried_at.isoformat(),
        "tries": hole.tries,
        "reason": hole.reason,
        "seen": hole.seen,
    }


def _hole(plain: dict[str, Any]) -> Hole:
    return Hole(
        uid=plain["uid"],
        since=datetime.fromisoformat(plain["since"]),
        tried_at=datetime.fromisoformat(plain["tried_at"]),
        tries=plain["tries"],
        reason=plain["reason"],
        seen=plain.get("seen", 0),
    )
