"""Freezes a reply: envelope, subject and threading from the message it answers, text as proposed. Pure."""

from datetime import datetime
from typing import Any

from bot.answers import Byline
from bot.rules.recipients import bare, bare_name, reply_envelope, reply_references, reply_subject
from storage.channels import Channel
from storage.conversations import Conversation
from storage.drafts import Draft
from storage.inquiries import Inquiry
from storage.messages import Message


def freeze(
    *,
    inquiry: Inquiry,
    conversation: Conversation,
    message: Message,
    sender: str,
    ours: frozenset[str],
    revision: int,
    body: str,
    byline: Byline,
    now: datetime,
    signature: str = "",
    subject: str | None = None,
    **more: Any,
) -> Draft:
    """The draft that answers this message. The signature is part of the text, so that it is seen before it is sent.

    `more` are columns of the row: sources, findings, open_points, no_draft, routine, instruction.
    """
    assert inquiry.id is not None
    assert message.id is not None
    text = body.strip().replace("\r\n", "\n").replace("\r", "\n")
    in_slack = conversation.channel is Channel.SLACK
    if in_slack:  # a chat is signed with a name, not with a postal address
        signature = signature.strip().partition("\n")[0]
    if text and signature and not text.endswith(signature.strip()):
        text = f"{text}\n\n{signature.strip()}"
    draft = Draft(
        inquiry_id=inquiry.id,
        revision=revision,
        message_id=message.id,
        channel=conversation.channel,
        sender=sender,
        subject="",
        body=text,
        digest="",
        written_by=byline.writer,
        model=byline.model,
        prompt=byline.prompt,
        prompt_version=byline.version,
        fingerprint=byline.fingerprint,
        because=byline.because,
        written_at=now,
        **more,
    )
    if in_slack:
        draft.sender = bare_name(sender)
        draft.to = [f"{message.sender_name or 'the client'}, in their Slack thread"]
        draft.place, draft.thread = conversation.place, conversation.thread
        return draft
    envelope = reply_envelope(
        sender=message.sender_address,
        sender_name=message.sender_name,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
        ours=ours,
        known=conversation.participants,
    )
    # A form on our website may write from our own address: a reply to ourselves reaches nobody.
    draft.to, draft.cc = [to for to in envelope.to if to and bare(to).lower() not in ours], list(envelope.cc)
    draft.subject = subject or reply_subject(message.subject)
    if not message.forwarded_by:  # a forward's own Message-ID is the forwarder's; the client never saw it
        draft.in_reply_to = message.external_id
        draft.references = reply_references(message.references, message.extra.get("in_reply_to"), message.external_id)
    return draft


def envelope_notes(message: Message, ours: frozenset[str], participants: list[str]) -> tuple[str, ...]:
    """What differs from the ordinary about a message's addresses, for the card."""
    if not message.sender_address or "@" not in message.sender_address:
        return ()
    return reply_envelope(
        sender=message.sender_address,
        sender_name=message.sender_name,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
        ours=ours,
        known=[p for p in participants if p not in {*message.to, *message.cc}],
    ).flags
