"""The audit: who did what and why, append only, each entry chained to the one before by its hash."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_object


class AuditEntry(SQLModel, table=True):
    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    actor: str
    """An approver's name, "routine:NAME", or "understudy"."""
    act: str
    subject: str
    """Row it is about, e.g. "inquiry:12"."""
    details: dict[str, Any] = json_object()
    """Ids, states, digests; never a client's words."""
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)


def hash_of_entry(entry: AuditEntry) -> str:
    fields = [
        entry.previous,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.act,
        entry.subject,
        json.dumps(entry.details, sort_keys=True, ensure_ascii=False),
    ]
    return sha256("\n".join(fields).encode()).hexdigest()


class Audit:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._pending: list[AuditEntry] = []

    def add(self, *, at: datetime, actor: str, act: str, subject: str, **details: Any) -> None:
        """Note it; it is chained and written when the transaction ends."""
        self._pending.append(
            AuditEntry(at=at, actor=actor, act=act, subject=subject, details=details, previous="", hash="")
        )

    async def seal(self) -> None:
        """Chain what was noted to the newest entry. Called by the store, last in the transaction."""
        if not self._pending:
            return
        newest = select(AuditEntry.hash).order_by(col(AuditEntry.id).desc()).limit(1)
        previous = (await self._session.exec(newest)).first() or ""
        for entry in self._pending:
            entry.previous = previous
            entry.hash = previous = hash_of_entry(entry)
            self._session.add(entry)
            await self._session.flush()
        self._pending.clear()

    @property
    def waiting(self) -> bool:
        return bool(self._pending)

    async def broken_at(self) -> int | None:
        """Id of the first entry that does not fit the chain; None: the chain holds."""
        previous = ""
        after = 0
        while True:
            query = select(AuditEntry).where(col(AuditEntry.id) > after).order_by(col(AuditEntry.id)).limit(500)
            entries = (await self._session.exec(query)).all()
            if not entries:
                return None
            for entry in entries:
                if entry.previous != previous or entry.hash != hash_of_entry(entry):
                    return entry.id
                previous, after = entry.hash, entry.id or 0

    async def of(self, subject: str) -> list[AuditEntry]:
        query = select(AuditEntry).where(col(AuditEntry.subject) == subject).order_by(col(AuditEntry.id))
        return list((await self._session.exec(query)).all())
