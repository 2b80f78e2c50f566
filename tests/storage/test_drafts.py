"""Drafts: frozen when written; the digest covers everything that would leave."""

import pytest
from sqlalchemy.exc import IntegrityError

from storage.channels import Channel
from storage.drafts import digest_of
from storage.store import Store
from tests.storage.rows import a_draft, an_inquiry

LEAVES = {
    "channel": Channel.SLACK,
    "sender": "Jonas <hello@studio.example>",
    "to": ["bo@client.example"],
    "cc": ["bo@client.example"],
    "subject": "Re: Hello!",
    "body": "Yes. ",
    "in_reply_to": "1@client.example",
    "references": ["1@client.example"],
    "place": "C1",
    "thread": "1.0",
}


@pytest.mark.parametrize("field", LEAVES)
async def test_any_change_to_what_would_leave_makes_another_digest(store: Store, field: str) -> None:
    async with store.transaction("story.inquiry") as tx:
        inquiry = await an_inquiry(tx)

    assert digest_of(a_draft(inquiry)) != digest_of(a_draft(inquiry, **{field: LEAVES[field]}))


async def test_an_address_does_not_slip_from_one_field_into_the_next(store: Store) -> None:
    async with store.transaction("story.inquiry") as tx:
        inquiry = await an_inquiry(tx)

    one = a_draft(inquiry, to=["a@x.example", "b@x.example"], cc=[])
    other = a_draft(inquiry, to=["a@x.example"], cc=["b@x.example"])

    assert digest_of(one) != digest_of(other)


async def test_what_only_explains_a_draft_is_no_part_of_its_digest(store: Store) -> None:
    async with store.transaction("story.inquiry") as tx:
        inquiry = await an_inquiry(tx)

    assert digest_of(a_draft(inquiry)) == digest_of(a_draft(inquiry, model="other", because="no budget"))


async def test_the_digest_that_is_stored_is_that_of_the_stored_words(store: Store) -> None:
    async with store.transaction("story.draft") as tx:
        draft = await tx.drafts.add(a_draft(await an_inquiry(tx), body="Größe: 5 €\n\u2028ok", to=["Zoë <z@x.example>"]))

    async with store.reading() as tx:
        found = await tx.drafts.get(draft.id or 0)
    assert found.digest == digest_of(found)


async def test_a_revision_exists_once(store: Store) -> None:
    async with store.transaction("story.draft") as tx:
        inquiry = await an_inquiry(tx)
        await tx.drafts.add(a_draft(inquiry))

    with pytest.raises(IntegrityError):
        async with store.transaction("story.second") as tx:
            await tx.drafts.add(a_draft(inquiry, body="No."))

    async with store.reading() as tx:
        assert await tx.drafts.next_revision(inquiry.id or 0) == 2
