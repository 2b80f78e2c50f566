"""The audit: whoever edits, removes or reorders an entry breaks the chain after it."""

import asyncio

import pytest
from sqlalchemy import text

from storage.store import Store
from tests.storage.rows import NOON


async def five_entries(store: Store) -> None:
    for number in range(5):
        async with store.transaction("story.audit") as tx:
            tx.audit.add(at=NOON, actor="Maren", act="approve", subject=f"inquiry:{number}", draft=number)


async def broken_at(store: Store) -> int | None:
    async with store.reading() as tx:
        return await tx.audit.broken_at()


async def change(store: Store, *statements: str) -> None:
    async with store.transaction("story.tampering") as tx:
        for statement in statements:
            await tx.session.exec(text(statement))  # type: ignore[call-overload]


async def test_an_untouched_chain_holds_and_so_does_an_empty_one(store: Store) -> None:
    assert await broken_at(store) is None

    await five_entries(store)

    assert await broken_at(store) is None


@pytest.mark.parametrize(
    "column",
    ["actor = 'Jonas'", "act = 'dismiss'", "subject = 'inquiry:9'", "details = '{\"draft\": 9}'", "at = '2026-11-24 12:00:01+00'"],
)
async def test_an_edited_entry_is_found(store: Store, column: str) -> None:
    await five_entries(store)

    await change(store, f"UPDATE audit_entry SET {column} WHERE id = 3")

    assert await broken_at(store) == 3


async def test_a_removed_entry_is_found_at_the_next_one(store: Store) -> None:
    await five_entries(store)

    await change(store, "DELETE FROM audit_entry WHERE id = 3")

    assert await broken_at(store) == 4


async def test_entries_in_another_order_are_found(store: Store) -> None:
    await five_entries(store)

    await change(
        store,
        "UPDATE audit_entry SET id = 99 WHERE id = 2",
        "UPDATE audit_entry SET id = 2 WHERE id = 3",
        "UPDATE audit_entry SET id = 3 WHERE id = 99",
    )

    assert await broken_at(store) == 2


async def test_the_newest_entries_cut_off_cannot_be_seen_in_the_chain_alone(store: Store) -> None:
    """Known limit: what is left is a whole, shorter chain. Somebody has to remember its newest hash elsewhere."""
    await five_entries(store)

    await change(store, "DELETE FROM audit_entry WHERE id > 3")

    assert await broken_at(store) is None


async def test_many_writers_at_once_make_one_chain(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.transaction("story.audit") as tx:
            tx.audit.add(at=NOON, actor="Maren", act="approve", subject=f"inquiry:{number}")
            tx.audit.add(at=NOON, actor="Maren", act="sent", subject=f"inquiry:{number}")

    await asyncio.gather(*(write(number) for number in range(12)))

    async with store.reading() as tx:
        assert await tx.audit.broken_at() is None
        assert len(await tx.audit.of("inquiry:7")) == 2


async def test_a_refused_transaction_leaves_no_entry(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.transaction("story.refused") as tx:
            tx.audit.add(at=NOON, actor="Maren", act="approve", subject="inquiry:1")
            raise ZeroDivisionError

    async with store.reading() as tx:
        assert await tx.audit.of("inquiry:1") == []
