"""ReadMessage as JSON between the reading child and us: a parser that was taken over must not hand us a pickle."""

import json
import struct
from datetime import datetime
from typing import Any

from bot.inbound import (
    Attachment,
    Authenticated,
    BouncedRecipient,
    CalendarPart,
    Forwarded,
    Kind,
    Person,
    ReadMessage,
)

HEAD = struct.Struct("!II")
"""A request: the length of the parent text (NO_PARENT: none) and of the raw mail. An answer: 0 or 1 (refused), length."""
NO_PARENT = 0xFFFFFFFF


def dump(read: ReadMessage) -> bytes:
    """One message as JSON; characters JSON cannot carry (lone surrogates) become replacements."""
    forwarded, calendar = read.forwarded, read.calendar
    value = {
        "kind": read.kind.value, "why": read.why, "message_id": read.message_id, "in_reply_to": read.in_reply_to,
        "references": read.references, "sender": _person(read.sender), "reply_to": _people(read.reply_to),
        "to": _people(read.to), "cc": _people(read.cc), "subject": read.subject,
        "date": read.date.isoformat() if read.date else None, "text": read.text, "quoted": read.quoted,
        "signature": read.signature,
        "forwarded": forwarded and [_person(forwarded.sender), _people(forwarded.to), _people(forwarded.cc),
                                    forwarded.subject, forwarded.date, forwarded.text, forwarded.note],
        "bounce": None if read.bounce is None else [
            (one.recipient, one.status, one.action, one.diagnostic) for one in read.bounce],
        "calendar": calendar and [calendar.method, calendar.events, calendar.errors],
        "attachments": [(one.name, one.type, one.bytes, one.sha256) for one in read.attachments],
        "authenticated": read.authenticated.value, "flags": read.flags, "headers": read.headers,
    }  # fmt: skip
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def load(data: bytes) -> ReadMessage:
    """The message again. Raises ValueError, TypeError or KeyError when the bytes are none."""
    value = json.loads(data)
    forwarded, calendar, bounce = value["forwarded"], value["calendar"], value["bounce"]
    return ReadMessage(
        kind=Kind(value["kind"]), why=_strings(value["why"]), message_id=value["message_id"],
        in_reply_to=value["in_reply_to"], references=_strings(value["references"]), sender=_to_person(value["sender"]),
        reply_to=_to_people(value["reply_to"]), to=_to_people(value["to"]), cc=_to_people(value["cc"]),
        subject=str(value["subject"]), date=datetime.fromisoformat(value["date"]) if value["date"] else None,
        text=str(value["text"]), quoted=str(value["quoted"]), signature=str(value["signature"]),
        forwarded=forwarded and Forwarded(_to_person(forwarded[0]), _to_people(forwarded[1]), _to_people(forwarded[2]),
                                          *forwarded[3:]),
        bounce=None if bounce is None else tuple(BouncedRecipient(*map(str, one)) for one in bounce),
        calendar=calendar and CalendarPart(calendar[0], tuple(calendar[1]), _strings(calendar[2])),
        attachments=tuple(Attachment(str(name), str(media), int(size), str(digest))
                          for name, media, size, digest in value["attachments"]),
        authenticated=Authenticated(value["authenticated"]), flags=_strings(value["flags"]),
        headers={str(name): str(text) for name, text in value["headers"].items()},
    )  # fmt: skip


def _person(person: Person | None) -> tuple[str, str] | None:
    return (person.name, person.address) if person else None


def _people(people: tuple[Person, ...]) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in people]


def _to_person(value: Any) -> Person | None:
    return Person(str(value[0]), str(value[1])) if value else None


def _to_people(value: Any) -> tuple[Person, ...]:
    return tuple(Person(str(name), str(address)) for name, address in value)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value))
