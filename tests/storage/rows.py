"""Rows that stories about memory begin with."""

from datetime import UTC, datetime

from storage.channels import Channel
from storage.conversations import Conversation
from storage.drafts import Draft
from storage.inbound_messages import hash_of
from storage.inquiries import Inquiry
from storage.messages import Direction, Message
from storage.outbox import OutboxItem
from storage.store import Store, Tx

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


async def an_inquiry(tx: Tx) -> Inquiry:
    """An inquiry with its conversation and message."""
    conversation = await tx.conversations.add(Conversation(channel=Channel.EMAIL, last_at=NOON))
    assert conversation.id is not None
    message = await tx.messages.add(Message(conversation_id=conversation.id, direction=Direction.IN, at=NOON))
    assert message.id is not None
    inquiry = tx.inquiries.add(
        Inquiry(
            conversation_id=conversation.id, message_id=message.id, channel=Channel.EMAIL, opened_at=NOON, changed_at=NOON
        )
    )  # fmt: skip
    await tx.session.flush()
    message.inquiry_id = inquiry.id
    return inquiry


def a_draft(inquiry: Inquiry, **more: object) -> Draft:
    """A proposed reply, not frozen yet."""
    fields: dict[str, object] = {
        "inquiry_id": inquiry.id, "revision": 1, "message_id": inquiry.message_id, "channel": Channel.EMAIL,
        "sender": "Maren <hello@studio.example>", "to": ["ana@client.example"], "subject": "Re: Hello", "body": "Yes.",
        "digest": "", "written_at": NOON,
    }  # fmt: skip
    return Draft(**{**fields, **more})


async def something_to_send(store: Store) -> int:
    """The id of a queued outbox item."""
    async with store.transaction("story.queued") as tx:
        draft = await tx.drafts.add(a_draft(await an_inquiry(tx)))
        item = await tx.outbox.add(
            OutboxItem(
                draft_id=draft.id or 0, inquiry_id=draft.inquiry_id, channel=Channel.EMAIL, message_id="<1@studio.example>",
                sender="hello@studio.example", recipients=["ana@client.example"], raw=b"mail", digest=draft.digest,
                raw_hash=hash_of(b"mail"), due_at=NOON, made_at=NOON,
            )
        )  # fmt: skip
        assert item.id is not None
        return item.id
