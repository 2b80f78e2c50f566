"""The ledger on rows: a cursor of one numbering is never moved by mail of another."""

from datetime import UTC, datetime
from pathlib import Path

from handlers.mail.ledger import Cursor, FetchedMail
from handlers.mail.row_ledger import RowLedger
from storage.engine import open_engines
from storage.migrate import migrate
from storage.store import Store

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


async def test_a_late_batch_of_the_old_numbering_does_not_move_the_new_cursor(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path / 'house.db'}")
    try:
        await migrate(engines)
        ledger = RowLedger(Store(engines), Clock())
        await ledger.begin("box", "INBOX", Cursor(1, 500, (), 500, NOW))
        await ledger.begin("box", "INBOX", Cursor(2, 0, (), 500, NOW))

        await ledger.keep("box", "INBOX", 1, [FetchedMail(501, b"late", NOW, 4)], last_uid=501, holes=())

        cursor = await ledger.cursor("box", "INBOX")
        assert cursor is not None
        assert (cursor.uidvalidity, cursor.last_uid) == (2, 0)
    finally:
        await engines.dispose()
