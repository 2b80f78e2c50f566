"""Reads one mail: bytes in, everything its form tells out; pure, deterministic, and linear in its size."""

import hashlib

from bot.errors import Quarantined
from bot.inbound import Authenticated, CalendarPart, Forwarded, Kind, Person, ReadMessage
from handlers.mail.addresses import Mailbox, is_address, read_mailboxes
from handlers.mail.authentication import address_flags, authentication, same_organisation
from handlers.mail.bounces import read_bounce
from handlers.mail.calendar_part import read_calendar
from handlers.mail.content import Content, attachments, read_words, sort_parts
from handlers.mail.dates import read_date
from handlers.mail.forwards import find_forward
from handlers.mail.headers import decode_words, message_id, message_ids, text_of, unfold
from handlers.mail.mime import Mail, Part, parse
from handlers.mail.own import NOBODY, Own
from handlers.mail.prescan import prescan
from handlers.mail.quoting import SplitText, split_reply
from handlers.mail.screening import Seen, screen
from handlers.mail.signatures import split_signature

KEPT = (
    "auto-submitted", "precedence", "return-path", "list-id", "list-unsubscribe", "list-post", "x-auto-response-suppress",
    "x-autoreply", "x-loop", "delivered-to", "x-original-to", "importance", "x-priority", "content-language",
    "thread-index", "thread-topic", "disposition-notification-to",
)  # fmt: skip
"""Headers the rules look at later."""
LONGEST_KEPT = 1000


def read_mail(raw: bytes, *, own: Own = NOBODY, parent: str | None = None) -> ReadMessage:
    """Read a mail as it came off the wire; `parent` is the text of the message it answers, when we know it.

    Raises Quarantined when it cannot be read within its limits, and nothing else.
    """
    try:
        return _read(prescan(raw), raw, own, parent)
    except Quarantined:
        raise
    except (Exception, RecursionError, MemoryError) as error:
        raise Quarantined(f"could not be read: {type(error).__name__}") from error


def _read(body: bytes, raw: bytes, own: Own, parent: str | None) -> ReadMessage:
    mail = parse(body)
    root, flags = mail.root, mail.flags
    content = sort_parts(root)
    words = read_words(content)
    flags += words.flags

    subject = text_of(root.first("subject") or b"")
    senders = _people(root, "from", flags)
    sender = senders[0] if senders else None
    reply_to = _people(root, "reply-to", flags)
    address = sender.address if sender else ""
    own_addresses = frozenset(one.lower() for one in own.addresses)

    identity, references, in_reply_to = _identity(root, raw, flags)
    stated_date = root.first("date")
    date = read_date(unfold(stated_date)) if stated_date is not None else None
    if date is None:
        flags.append("date_unreadable" if stated_date is not None else "date_missing")
    if len(root.all("from")) > 1 or len(senders) > 1:
        flags.append("several_senders")

    verdict, method = authentication(root.all("authentication-results"), address, own.authserv_ids)
    headers = _kept(root)
    if method:
        headers["authenticated-by"] = method

    seen = Seen(root, address, subject, words.text, own.is_own_id(identity or ""), own_addresses, verdict)
    kind, why = screen(seen)
    bounce = None
    if kind is Kind.BOUNCE:
        there = frozenset(one.address.lower() for one in (*senders, *_people(root, "to", [])))
        bounce = read_bounce(root, words.text, subject=subject, ours=there | own_addresses)
    if bounce is not None and bounce.failed_id:
        headers["failed-message-id"] = bounce.failed_id
        in_reply_to = in_reply_to or bounce.failed_id

    calendar = _calendar(root, flags)
    split, signature, forwarded = SplitText(words.text, "", doubtful=False), "", None
    if kind not in {Kind.BOUNCE, Kind.FEEDBACK}:
        forwarded = find_forward(words.text, subject=subject, html=words.html, ours=own_addresses)
        forwarded = forwarded or _attached_forward(words.text, content)
        plain = words.text if any(part.subtype != "html" for part in content.plain) else ""
        split = split_reply(plain, html=words.html, parent=parent)
        _, shaped = split_signature(split.visible, sender_name=sender.name if sender else "")
        signature = "\n".join(part for part in (shaped, split.signature) if part)
        flags += ["split_doubtful"] if split.doubtful else []

    _look(sender, reply_to, verdict, own_addresses, flags)
    return ReadMessage(
        kind=kind, why=why, message_id=identity, in_reply_to=in_reply_to, references=references, sender=sender,
        reply_to=tuple(reply_to), to=tuple(_people(root, "to", flags)), cc=tuple(_people(root, "cc", flags)),
        subject=subject, date=date, text=split.visible, quoted=split.quoted, signature=signature, forwarded=forwarded,
        bounce=bounce.recipients if bounce else None, calendar=calendar, attachments=attachments(content.attached),
        authenticated=verdict, flags=tuple(dict.fromkeys(flags)), headers=headers,
    )  # fmt: skip


def _people(root: Part, name: str, flags: list[str]) -> list[Person]:
    people: list[Person] = []
    for raw in root.all(name)[: 1 if name == "from" else 5]:
        value = unfold(raw)
        mailboxes, cut = read_mailboxes(value)
        if cut:
            flags.append("too_many_addresses")
        people += [_person(mailbox, flags) for mailbox in mailboxes]
        if value and not mailboxes and not value.rstrip().endswith(";"):
            flags.append("address_unreadable")
            people.append(Person(decode_words(value)[:200], ""))
    return people


def _person(mailbox: Mailbox, flags: list[str]) -> Person:
    address = mailbox.address or ""
    if not is_address(address):
        flags.append("address_unreadable")
        if "@" in address and " " in address:
            return Person(mailbox.name or address, "")
    return Person(mailbox.name or "", address)


def _identity(root: Part, raw: bytes, flags: list[str]) -> tuple[str | None, tuple[str, ...], str | None]:
    stated = root.all("message-id")
    identity = message_id(stated[0]) if stated else None
    if identity is None:
        flags.append("message_id_missing")
        identity = f"{hashlib.sha256(raw).hexdigest()}@synthetic.invalid"
    elif len({message_id(one) for one in stated}) > 1:
        flags.append("message_id_twice")
    references = message_ids(b" ".join(root.all("references")))
    answered = message_ids(b" ".join(root.all("in-reply-to")))
    return identity, references, answered[0] if answered else None


def _kept(root: Part) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name in KEPT:
        if (raw := root.first(name)) is not None:
            headers[name] = text_of(raw)[:LONGEST_KEPT]
    return headers


def _calendar(root: Part, flags: list[str]) -> CalendarPart | None:
    for part in root.leaves():
        named = (part.filename or "").lower().endswith((".ics", ".ical", ".ifb"))
        if part.media not in {"text/calendar", "application/ics"} and not named:
            continue
        read = read_calendar(
            part.content(), charset=part.parameters.get("charset"), method=part.parameters.get("method")
        )
        if read.errors:
            flags.append("calendar_unreadable" if not read.events else "calendar_faulty")
        return read
    return None


def _attached_forward(note: str, content: Content) -> Forwarded | None:
    """A mail forwarded as an attachment: exactly one message/rfc822, the forwarder's words beside it."""
    messages = [part for part in content.attached if part.media in {"message/rfc822", "message/global"}]
    if len(messages) != 1:
        return None
    try:
        inner: Mail = parse(prescan(messages[0].content()))
    except Quarantined:
        return None
    root = inner.root
    if root.first("from") is None:
        return None
    ignored: list[str] = []
    senders = _people(root, "from", ignored)
    stated = root.first("date")
    return Forwarded(
        sender=senders[0] if senders else None, to=tuple(_people(root, "to", ignored)), cc=tuple(_people(root, "cc", ignored)),
        subject=text_of(root.first("subject") or b""), date=unfold(stated) if stated is not None else None,
        text=read_words(sort_parts(root)).text.strip(), note=note.strip(),
    )  # fmt: skip


def _look(
    sender: Person | None,
    reply_to: list[Person],
    verdict: Authenticated,
    own: frozenset[str],
    flags: list[str],
) -> None:
    """Flags for what a person should look at twice before answering."""
    if sender is None:
        flags.append("sender_missing")
        return
    flags += address_flags(sender.address, sender.name)
    if sender.address.lower() in own:
        flags.append("from_own_address")
    domain = sender.address.rpartition("@")[2].lower()
    for person in reply_to:
        if person.address and person.address.lower() != sender.address.lower():
            other = person.address.rpartition("@")[2].lower()
            flags.append(
                "reply_to_differs" if not same_organisation(domain, other) else "reply_to_other_mailbox"
            )
    if verdict is Authenticated.FAIL:
        flags.append("authentication_failed")
