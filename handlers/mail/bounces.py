"""Delivery reports: who could not be reached, why, and which message it was (RFC 3464, and what others write)."""

import re
from dataclasses import dataclass

from bot.inbound import BouncedRecipient
from handlers.mail.addresses import is_address
from handlers.mail.headers import message_id, unfold, without_comments
from handlers.mail.mime import Part, parse, read_fields

MOST_RECIPIENTS = 200
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(r"(?<![\d.\[-])([245][0-7][0-9])(?=[ -]|$)")


@dataclass(frozen=True)
class Report:
    """What a delivery report says; `failed_id` is the Message-ID of the mail it is about."""

    recipients: tuple[BouncedRecipient, ...]
    failed_id: str | None
    why: str


def delivery_status(root: Part) -> list[BouncedRecipient]:
    """The recipients of every message/delivery-status part (RFC 3464 2.3)."""
    found: list[BouncedRecipient] = []
    for part in root.leaves():
        if part.type == "message" and part.subtype in {"delivery-status", "global-delivery-status"}:
            found += _recipients(part.content()[: 256 * 1024])
    return found[:MOST_RECIPIENTS]


def _recipients(data: bytes) -> list[BouncedRecipient]:
    out: list[BouncedRecipient] = []
    at = 0
    while at < len(data) and len(out) < MOST_RECIPIENTS:
        fields, at = read_fields(data, at)
        values: dict[str, str] = {}
        for name, raw in fields:
            values.setdefault(name, unfold(raw))
        address = _typed(values.get("final-recipient", "")) or _typed(values.get("original-recipient", ""))
        if not address and "action" not in values and "status" not in values:
            if not fields:
                at = max(at, data.find(b"\n", at) + 1) or len(data)
            continue
        status = STATUS.search(without_comments(values.get("status", "")))
        out.append(BouncedRecipient(address, status[1] if status else "", values.get("action", "").split(" ")[0].lower(),
                                    _typed(values.get("diagnostic-code", ""))))  # fmt: skip
    return out


def _typed(value: str) -> str:
    """The value behind its type: `rfc822; a@b` is a@b."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and len(kind) <= 20 else value).strip().strip("<>").strip()


def failed_message_id(root: Part) -> str | None:
    """The Message-ID of the returned mail or of its returned header."""
    for part in root.leaves():
        if part.media in {"message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers",
                          "message/global-headers"}:  # fmt: skip
            inner = parse(part.content()[: 256 * 1024].lstrip()).root
            if (raw := inner.first("message-id")) is not None and (found := message_id(raw)):
                return found
    return None


def read_bounce(root: Part, text: str) -> Report:
    """Everything a delivery report says, from its machine-readable parts first, else from its words."""
    recipients = delivery_status(root)
    failed = [entry for entry in recipients if entry.action not in {"delivered", "relayed", "expanded"}] or recipients
    return Report(tuple(failed), failed_message_id(root), "")


def is_plausible(address: str) -> bool:
    return is_address(address)
