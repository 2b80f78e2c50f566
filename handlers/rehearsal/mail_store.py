"""The practice mailboxes on disk: one SQLite file that a restart opens again, UID by UID."""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import Permanent

STANDARD_FOLDERS = ("INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive")

SCHEMA = """
CREATE TABLE IF NOT EXISTS folders (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    next_uid INTEGER NOT NULL DEFAULT 1,
    object_id TEXT NOT NULL,
    subscribed INTEGER NOT NULL DEFAULT 1,
    UNIQUE (user, name)
);
CREATE TABLE IF NOT EXISTS mails (
    folder_id INTEGER NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    flags TEXT NOT NULL,
    object_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (folder_id, uid)
);
"""


@dataclass(frozen=True)
class PracticePerson:
    """Somebody of the practice world: their addresses, and how they log in to their mailbox."""

    name: str
    role: str
    """business, owner, delegate or client"""
    address: str
    user: str
    password: str
    extra: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, *self.extra)


@dataclass(frozen=True)
class StoredMail:
    """A mail as it lies in a practice mailbox: the very bytes an IMAP client would fetch."""

    uid: int
    raw: bytes
    received_at: datetime
    flags: frozenset[str]


@dataclass(frozen=True)
class FolderRow:
    id: int
    name: str
    uid_validity: int
    next_uid: int
    object_id: str
    subscribed: bool


@dataclass(frozen=True)
class MailRow:
    """What is kept in memory of a mail; its bytes stay in the file."""

    uid: int
    received_at: datetime
    flags: frozenset[str]
    object_id: str
    size: int


class MailStore:
    """Folders and mails of all practice people. Every method is one short transaction.

    UIDs only rise and a folder's UIDVALIDITY never changes, also across restarts (RFC 9051, section 2.3.1.1).
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """Open or create the file. Permanent if another practice world has it open, or it is no such file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        self._db = sqlite3.connect(path)
        try:
            self._db.execute("PRAGMA busy_timeout = 100")
            # Folders are mirrored in memory, so a second process would contradict us: it is kept out.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            # Survives a killed process, not a power cut; the practice world is worth no fsync per mail.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.executescript(SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise Permanent(f"the practice mail in {path} cannot be opened: {error}") from error

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def folders(self, user: str) -> list[FolderRow]:
        """The user's folders; the standard ones are made if they are not there yet."""
        with self._db:
            for name in STANDARD_FOLDERS:
                self._db.execute(
                    "INSERT OR IGNORE INTO folders (user, name, uid_validity, object_id) VALUES (?, ?, ?, ?)",
                    (user, name, _new_uid_validity(), _new_id("F")),
                )
        return [
            self._folder(row) for row in self._db.execute(f"{_FOLDER} WHERE user = ? ORDER BY id", (user,))
        ]

    def add_folder(self, user: str, name: str) -> FolderRow:
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO folders (user, name, uid_validity, object_id, subscribed) VALUES (?, ?, ?, ?, 0)",
                (user, name, _new_uid_validity(), _new_id("F")),
            )
        return self._folder(self._db.execute(f"{_FOLDER} WHERE id = ?", (cursor.lastrowid,)).fetchone())

    def rename_folder(self, folder_id: int, name: str) -> None:
        with self._db:
            self._db.execute("UPDATE folders SET name = ? WHERE id = ?", (name, folder_id))

    def subscribe_folder(self, folder_id: int, subscribed: bool) -> None:
        with self._db:
            self._db.execute("UPDATE folders SET subscribed = ? WHERE id = ?", (subscribed, folder_id))

    def drop_folder(self, folder_id: int) -> None:
        with self._db:
            self._db.execute("DELETE FROM folders WHERE id = ?", (folder_id,))

    def mails(self, folder_id: int) -> list[MailRow]:
        rows = self._db.execute(
            "SELECT uid, received_at, flags, object_id, size FROM mails WHERE folder_id = ? ORDER BY uid",
            (folder_id,),
        )
        return [
            MailRow(uid, datetime.fromisoformat(at), frozenset(flags.split()), object_id, size)
            for uid, at, flags, object_id, size in rows
        ]

    def raw(self, folder_id: int, uid: int) -> bytes | None:
        """The bytes of one mail; None if it has gone."""
        row = self._db.execute(
            "SELECT raw FROM mails WHERE folder_id = ? AND uid = ?", (folder_id, uid)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def add(
        self,
        folder_ids: Sequence[int],
        raw: bytes,
        *,
        received_at: datetime | None = None,
        flags: Iterable[str] = (),
    ) -> list[MailRow]:
        """File one mail in every named folder, or in none; a row per folder, in the same order.

        `received_at` is now if it is not given.
        """
        kept, object_id, at = frozenset(flags), _new_id("M"), (received_at or self._now()).astimezone(UTC)
        rows = []
        with self._db:
            for folder_id in folder_ids:
                uid = self._next_uid(folder_id)
                self._db.execute(
                    "INSERT INTO mails VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (folder_id, uid, at.isoformat(), " ".join(sorted(kept)), object_id, len(raw), raw),
                )
                rows.append(MailRow(uid, at, kept, object_id, len(raw)))
        return rows

    def copy(self, folder_id: int, uid: int, to_folder_id: int, *, move: bool) -> int | None:
        """Copy or move a mail; its new UID, or None if it has gone."""
        with self._db:
            if self._db.execute(
                "SELECT 1 FROM mails WHERE folder_id = ? AND uid = ?", (folder_id, uid)
            ).fetchone():
                new_uid = self._next_uid(to_folder_id)
                self._db.execute(
                    "INSERT INTO mails SELECT ?, ?, received_at, flags, object_id, size, raw"
                    " FROM mails WHERE folder_id = ? AND uid = ?",
                    (to_folder_id, new_uid, folder_id, uid),
                )
                if move:
                    self._db.execute("DELETE FROM mails WHERE folder_id = ? AND uid = ?", (folder_id, uid))
                return new_uid
        return None

    def set_flags(self, folder_id: int, uid: int, flags: Iterable[str]) -> None:
        with self._db:
            self._db.execute(
                "UPDATE mails SET flags = ? WHERE folder_id = ? AND uid = ?",
                (" ".join(sorted(flags)), folder_id, uid),
            )

    def delete(self, folder_id: int, uids: Iterable[int]) -> None:
        with self._db:
            self._db.executemany(
                "DELETE FROM mails WHERE folder_id = ? AND uid = ?", [(folder_id, uid) for uid in uids]
            )

    def _next_uid(self, folder_id: int) -> int:
        row = self._db.execute(
            "UPDATE folders SET next_uid = next_uid + 1 WHERE id = ? RETURNING next_uid - 1", (folder_id,)
        ).fetchone()
        return int(row[0])

    @staticmethod
    def _folder(row: tuple[int, str, int, int, str, int]) -> FolderRow:
        folder_id, name, uid_validity, next_uid, object_id, subscribed = row
        return FolderRow(folder_id, name, uid_validity, next_uid, object_id, bool(subscribed))


_FOLDER = "SELECT id, name, uid_validity, next_uid, object_id, subscribed FROM folders"


def _new_uid_validity() -> int:
    # Random, so that a folder deleted and made again is never taken for the old one.
    return secrets.randbelow(2**31 - 2) + 1


def _new_id(letter: str) -> str:
    return letter + secrets.token_hex(12)
