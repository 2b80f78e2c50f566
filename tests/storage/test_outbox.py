"""The outbox: what leaves, leaves once; before the dot it may be taken up again, after it by nobody alone."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage.channels import Channel
from storage.decisions import Decision, DecisionKind
from storage.outbox import OutboxItem, OutboxState
from storage.store import Store
from tests.storage.rows import NOON, a_draft, an_inquiry, something_to_send

LEASE = timedelta(seconds=90)


async def claim(store: Store, item_id: int, *, after: float = 0) -> OutboxItem | None:
    async with store.transaction("story.claim") as tx:
        return await tx.outbox.claim(item_id, now=NOON + timedelta(seconds=after), lease=LEASE)


async def commit(store: Store, item: OutboxItem) -> bool:
    async with store.transaction("story.dot") as tx:
        return await tx.outbox.move(
            item.id or 0, tries=item.tries, before=OutboxState.TALKING, after=OutboxState.COMMITTED,
            committed_at=NOON, leased_until=NOON + timedelta(minutes=11),
        )  # fmt: skip


async def test_of_many_senders_at_once_one_talks(store: Store) -> None:
    item_id = await something_to_send(store)

    claimed = await asyncio.gather(*(claim(store, item_id) for _ in range(8)))

    assert [item.tries for item in claimed if item is not None] == [1]


async def test_nothing_leaves_before_its_undo_window_is_over(store: Store) -> None:
    item_id = await something_to_send(store)

    assert await claim(store, item_id, after=-1) is None


async def test_whoever_died_while_talking_is_followed_and_cannot_write_the_dot_any_more(store: Store) -> None:
    item_id = await something_to_send(store)
    first = await claim(store, item_id)
    assert first is not None
    assert await claim(store, item_id, after=89) is None

    second = await claim(store, item_id, after=91)

    assert second is not None
    assert second.tries == 2
    assert not await commit(store, first)
    assert await commit(store, second)


async def test_after_the_dot_nobody_takes_it_up_whatever_the_lease_says(store: Store) -> None:
    item_id = await something_to_send(store)
    item = await claim(store, item_id)
    assert item is not None
    assert await commit(store, item)

    assert await claim(store, item_id, after=10_000_000) is None


async def test_what_is_leaving_cannot_be_taken_back(store: Store) -> None:
    item_id = await something_to_send(store)
    await claim(store, item_id)

    async with store.transaction("story.undo") as tx:
        assert not await tx.outbox.withdraw(item_id)


async def test_what_was_taken_back_never_leaves(store: Store) -> None:
    item_id = await something_to_send(store)
    async with store.transaction("story.undo") as tx:
        assert await tx.outbox.withdraw(item_id)

    assert await claim(store, item_id, after=1000) is None


async def test_undo_and_sender_at_the_same_moment_do_not_both_win(store: Store) -> None:
    item_id = await something_to_send(store)

    async def undo() -> bool:
        async with store.transaction("story.undo") as tx:
            return await tx.outbox.withdraw(item_id)

    undone, claimed = await asyncio.gather(undo(), claim(store, item_id))

    assert undone is (claimed is None)


async def test_a_restart_of_the_only_process_frees_what_was_talking(store: Store) -> None:
    item_id = await something_to_send(store)
    await claim(store, item_id)

    async with store.transaction("story.freed") as tx:
        await tx.outbox.expire_leases(now=NOON)

    assert await claim(store, item_id) is not None


async def test_a_draft_has_at_most_one_grant_and_one_outbox_item(store: Store) -> None:
    async with store.transaction("story.draft") as tx:
        draft = await tx.drafts.add(a_draft(await an_inquiry(tx)))
        await tx.decisions.add(Decision(kind=DecisionKind.REDO, draft_id=draft.id, by="Maren", at=NOON))
        await tx.decisions.add(Decision(kind=DecisionKind.APPROVE, draft_id=draft.id, by="Maren", at=NOON))

    for kind in (DecisionKind.APPROVE, DecisionKind.EDIT, DecisionKind.ROUTINE):
        with pytest.raises(IntegrityError):
            async with store.transaction("story.second") as tx:
                await tx.decisions.add(Decision(kind=kind, draft_id=draft.id, by="Jonas", at=NOON))


async def test_two_outbox_items_for_one_draft_are_refused(store: Store) -> None:
    item_id = await something_to_send(store)
    async with store.reading() as tx:
        there = await tx.outbox.get(item_id)

    with pytest.raises(IntegrityError):
        async with store.transaction("story.second") as tx:
            await tx.outbox.add(
                OutboxItem(
                    draft_id=there.draft_id, inquiry_id=there.inquiry_id, channel=Channel.EMAIL, message_id="<2@studio.example>",
                    sender="hello@studio.example", raw=b"mail", digest="", raw_hash="", due_at=NOON, made_at=NOON,
                )
            )  # fmt: skip


async def test_automatic_mail_is_counted_by_person_and_what_was_taken_back_is_not(store: Store) -> None:
    item_id = await something_to_send(store)
    async with store.transaction("story.automatic") as tx:
        (await tx.outbox.get(item_id)).automatic = True

    async with store.reading() as tx:
        assert await tx.outbox.automatic_to("ANA@client.example", NOON) == 1
        assert await tx.outbox.automatic_to("ana@client.example", NOON + timedelta(seconds=1)) == 0
        assert await tx.outbox.automatic_to("a@client.example", NOON) == 0

    async with store.transaction("story.undo") as tx:
        await tx.outbox.withdraw(item_id)
    async with store.reading() as tx:
        assert await tx.outbox.automatic_to("ana@client.example", NOON) == 0
