"""What `understudy inspect` shows: one object per message of files, folders and mailboxes; touches nothing."""

import asyncio
import json
import mailbox
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from bot.errors import Quarantined
from bot.inbound import Person, ReadMessage
from handlers.mail.own import NOBODY, Own
from handlers.mail.prescan import LARGEST_MAIL
from handlers.mail.reader import MailReader, RawMail

MAIL_SUFFIXES = frozenset({".eml", ".msg", ".mail", ".mbox", ".txt", ".ics", ".mbx", ".email", ""})
MOST_AT_ONCE = 200
LARGEST_BATCH = 16 * 1024 * 1024
TEXT_HEAD = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
CALENDAR_HEAD = b"MIME-Version: 1.0\r\nContent-Type: text/calendar; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


def inspect_paths(paths: Iterable[Path], own: Own = NOBODY) -> Iterator[dict[str, Any]]:
    """One object per message, in the order of the paths; a message that can't be read is told and the others go on.

    A folder is walked (a Maildir too); a file that starts with "From " is an mbox; `.txt` is a body without a
    header; `.ics` an invitation without its mail. Reads in the child process that live mail is read in, so it
    must not be called from a running event loop.
    """
    with asyncio.Runner() as runner:
        reader = MailReader(own)
        try:
            batch: list[_Source] = []
            size = 0
            for source in _sources(paths):
                batch.append(source)
                size += len(source.raw)
                if len(batch) >= MOST_AT_ONCE or size >= LARGEST_BATCH:
                    yield from runner.run(_read(reader, batch))
                    batch, size = [], 0
            yield from runner.run(_read(reader, batch))
        finally:
            runner.run(reader.aclose())


@dataclass(frozen=True)
class _Source:
    """Where a message stands, and its bytes, or why there are none."""

    path: str
    raw: bytes = b""
    error: str | None = None


async def _read(reader: MailReader, batch: list[_Source]) -> list[dict[str, Any]]:
    results = iter(await reader.read_many([RawMail(source.raw) for source in batch if source.error is None]))
    found = []
    for source in batch:
        if source.error is not None:
            found.append(_failed(source.path, source.error))
            continue
        read = next(results)
        found.append(
            _failed(source.path, str(read)) if isinstance(read, Quarantined) else as_object(read, source.path)
        )
    return found


def _sources(paths: Iterable[Path]) -> Iterator[_Source]:
    for path in paths:
        if path.is_dir():
            for inner in sorted(found for found in path.rglob("*") if found.is_file()):
                if inner.suffix.lower() in MAIL_SUFFIXES or inner.parent.name in {"cur", "new"}:
                    yield from _in_file(inner)
        else:
            yield from _in_file(path)


def _in_file(path: Path) -> Iterator[_Source]:
    try:
        with path.open("rb") as file:
            first = file.read(5)
        if first == b"From " and path.suffix.lower() not in {".eml", ".txt"}:
            for number, raw in enumerate(mbox_messages(path), start=1):
                yield _Source(f"{path}#{number}", raw)
            return
        if path.stat().st_size > LARGEST_MAIL:
            yield _Source(str(path), error=f"larger than {LARGEST_MAIL} bytes")
            return
        raw = path.read_bytes()
    except OSError as error:
        yield _Source(str(path), error=f"cannot be read: {error.strerror or error}")
        return
    head = {".txt": TEXT_HEAD, ".ics": CALENDAR_HEAD}.get(path.suffix.lower(), b"")
    yield _Source(str(path), head + raw)


def mbox_messages(path: Path) -> Iterator[bytes]:
    """The raw messages of an mbox, one in memory at a time (RFC 4155; ">From " quoting is left to the reader)."""
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def _failed(path: str, error: str) -> dict[str, Any]:
    return {"path": path, "ok": False, "error": error}


def as_object(read: ReadMessage, path: str) -> dict[str, Any]:
    """What was read, under the names of the public shape."""
    forwarded, calendar = read.forwarded, read.calendar
    return {
        "path": path, "ok": True, "kind": read.kind.value, "why": list(read.why), "message_id": read.message_id,
        "in_reply_to": read.in_reply_to, "references": list(read.references), "from": _person(read.sender),
        "reply_to": _people(read.reply_to), "to": _people(read.to), "cc": _people(read.cc), "subject": read.subject,
        "date": read.date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if read.date else None,
        "text": read.text, "quoted": read.quoted, "signature": read.signature,
        "forwarded": None if forwarded is None else {
            "from": _person(forwarded.sender), "to": _people(forwarded.to), "cc": _people(forwarded.cc),
            "subject": forwarded.subject, "date": forwarded.date, "text": forwarded.text, "note": forwarded.note},
        "bounce": None if read.bounce is None else [
            {"recipient": one.recipient, "status": one.status, "action": one.action, "diagnostic": one.diagnostic}
            for one in read.bounce],
        "calendar": None if calendar is None else {
            "method": calendar.method, "events": list(calendar.events),
            **({"errors": list(calendar.errors)} if calendar.errors else {})},
        "attachments": [{"name": one.name, "type": one.type, "bytes": one.bytes, "sha256": one.sha256}
                        for one in read.attachments],
        "authenticated": read.authenticated.value, "flags": list(read.flags),
    }  # fmt: skip


def _person(person: Person | None) -> dict[str, str | None] | None:
    return None if person is None else {"name": person.name or None, "address": person.address or None}


def _people(people: tuple[Person, ...]) -> list[dict[str, str | None] | None]:
    return [_person(one) for one in people]


def as_line(found: dict[str, Any]) -> str:
    """One line of JSON; characters that cannot be written as UTF-8 are escaped."""
    try:
        line = json.dumps(found, ensure_ascii=False)
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(found)
    return line


def describe(found: dict[str, Any]) -> str:
    """The same for a person: what it is and why, from whom, what is new, what was set aside."""
    if not found["ok"]:
        return f"{found['path']}\n  cannot be read: {found['error']}"
    lines = [found["path"], f"  {found['kind']}" + (f" ({'; '.join(found['why'])})" if found["why"] else "")]
    lines.append(
        f"  from      {_shown(found['from'])}"
        + {"pass": "  verified", "fail": "  NOT VERIFIED"}.get(found["authenticated"], "")
    )
    lines += [
        f"  {name.replace('_', '-'):<9} {', '.join(map(_shown, found[name]))}"
        for name in ("reply_to", "to", "cc")
        if found[name]
    ]
    lines.append(f"  date      {found['date'] or 'unreadable'}")
    lines.append(f"  subject   {found['subject']}")
    if original := found["forwarded"]:
        lines.append(
            f"  forwarded from {_shown(original['from'])}, {original['date'] or 'no date'}: {original['subject'] or ''}"
        )
        lines += _block("note", original["note"]) + _block("original", original["text"])
    else:
        lines += _block("text", found["text"])
    lines += _block("signature", found["signature"]) + _block("quoted", found["quoted"])
    lines += [
        f"  bounced   {one['recipient']} {one['status']} {one['action']} {one['diagnostic']}".rstrip()
        for one in found["bounce"] or ()
    ]
    if calendar := found["calendar"]:
        lines.append(f"  calendar  {calendar['method'] or 'no method'}")
        lines += [
            f"    {event.get('start', '?')}  {event.get('summary', '')}" for event in calendar["events"]
        ]
        lines += [f"    fault: {fault}" for fault in calendar.get("errors", ())]
    lines += [
        f"  attached  {one['name']} ({one['type']}, {one['bytes']} bytes)" for one in found["attachments"]
    ]
    if found["flags"]:
        lines.append(f"  flags     {', '.join(found['flags'])}")
    return "\n".join(lines)


def _shown(person: dict[str, str | None] | None) -> str:
    if person is None:
        return "nobody"
    if person["name"]:
        return f"{person['name']} <{person['address'] or 'unreadable'}>"
    return person["address"] or "unreadable"


def _block(title: str, text: str) -> list[str]:
    text = text.strip()
    return [f"  {title}:", *(f"    | {line}" for line in text.splitlines())] if text else []
