"""The practice workspace's file: every thing as one JSON record in SQLite, written as it changes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from handlers.rehearsal.slack_model import Json

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blob (id TEXT PRIMARY KEY, bytes BLOB NOT NULL);
"""


class Records:
    """One SQLite file; each write is committed before the call returns, so a killed process loses nothing."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def put(self, kind: str, key: str, body: Json) -> None:
        """Write or replace one record."""
        self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (kind, key, json.dumps(body)))

    def drop(self, kind: str, key: str) -> None:
        """Remove one record; nothing happens when it is not there."""
        self._db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, key))

    def all(self, kind: str) -> list[Json]:
        """Every record of a kind, in the order of their ids."""
        rows = self._db.execute("SELECT body FROM record WHERE kind = ? ORDER BY id", (kind,))
        return [json.loads(body) for (body,) in rows]

    def put_bytes(self, key: str, content: bytes) -> None:
        """Keep the content of an uploaded file."""
        self._db.execute("INSERT OR REPLACE INTO blob VALUES (?, ?)", (key, content))

    def get_bytes(self, key: str) -> bytes | None:
        """The content of an uploaded file, or None."""
        row = self._db.execute("SELECT bytes FROM blob WHERE id = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        self._db.close()
