"""Delivery reports: who could not be reached, why, and which message it was (RFC 3464, and what others write)."""

import re
from dataclasses import dataclass

from bot.inbound import BouncedRecipient
from handlers.mail.addresses import is_address, read_mailboxes
from handlers.mail.bounce_text import REPORTED, Notice, find_recipients, notification_json, split_notice
from handlers.mail.headers import message_id, message_ids, unfold, without_comments
from handlers.mail.mime import Part, parse, read_fields

MOST_RECIPIENTS = 200
LONGEST_DIAGNOSTIC = 2000

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
REPLY_STATUS = re.compile(r"(?<![\d.])[245][0-9]{2}[ -][\"'#(<\s]{0,3}([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
REPLY = re.compile(r"(?<![\d.:/\[-])([245])([0-5][0-9])(?=[ \-]|$|\D{0,2}\n|:)")
ERROR_CODE = re.compile(r"(?:error|code|reply|smtp)\W{0,8}([45])[0-5][0-9]\b", re.IGNORECASE)

PHRASES = (
    # (subject.detail of RFC 3463, words of the servers that do not say it in numbers)
    ("2.2", r"mailbox.{0,30}(?:full|exceed|limit|quota)|(?:over|exceed\w*|out of).{0,20}(?:quota|storage)|quota.{0,20}exceed|disk.?quota|insufficient.{0,20}(?:disk|storage)|not enough (?:storage|space)|too many messages"),
    ("1.1", r"user.{0,12}unknown|unknown.{0,12}(?:user|recipient|address|account)|no such.{0,12}(?:user|recipient|mailbox|address|account|person)|(?:user|recipient|mailbox|account|address|e-?mail).{0,40}(?:not (?:found|exist|known|listed)|n.t (?:exist|have)|invalid|does not)|invalid.{0,12}(?:recipient|user|address|mailbox)|not a valid|was(?:n.t| not) found|no (?:valid )?(?:mailbox|account) (?:here|by that name)|not.{0,20}in (?:the )?(?:directory|address)"),
    ("1.2", r"host.{0,12}(?:unknown|not found)|unknown.{0,8}(?:host|domain)|domain.{0,20}(?:not found|does not exist|n.t exist)|no (?:such )?(?:host|domain)|unroute?able|name or service not known|dns.{0,40}(?:nxdomain|not found|failed)"),
    ("2.1", r"(?:account|mailbox|user).{0,30}(?:disabled|suspended|locked|inactive|deactivated|unavailable)|temporarily disabled|not accepting (?:mail|messages)"),
    ("3.4", r"(?:message|mail|size|file).{0,20}(?:too (?:big|large)|exceed.{0,20}(?:size|limit|maximum))|larger than|size limit"),
    ("4.7", r"expired|too long|retry (?:time ?out|limit)|time.?d? ?out|timed ?out|could not be delivered for|been in the queue|giv(?:en|ing) up|not reachable|unreachable|deferred|no route|connection refused|retried|delayed"),
    ("4.6", r"loop|too many hops|hop count"),
    ("7.1", r"spam|blocked|black ?list|block ?list|reputation|policy|relay|denied|reject|refus|prohibit|not (?:allowed|permitted|authorized|a? ?member)|access|unsolicited|content|dmarc|spf|dkim|virus"),
)  # fmt: skip
MEANING = tuple((detail, re.compile(pattern, re.IGNORECASE)) for detail, pattern in PHRASES)
FOR_NOW = re.compile(
    r"delay|warning|temporar|still being retried|will (?:be retried|retry|try again|keep trying|continue)|retried (?:for|until)|deferred|try again later",
    re.IGNORECASE,
)
FOR_GOOD = re.compile(
    r"permanent|giv(?:en|ing) up|failed|failure|could not be delivered|not going to try again|returned|undeliver|error",
    re.IGNORECASE,
)
SUCCEEDED = frozenset({"delivered", "relayed", "expanded"})


@dataclass(frozen=True)
class Report:
    """What a delivery report says; `failed_id` is the Message-ID of the mail it is about."""

    recipients: tuple[BouncedRecipient, ...]
    failed_id: str | None


def read_bounce(root: Part, text: str, *, subject: str = "", ours: frozenset[str] = frozenset()) -> Report:
    """Everything a delivery report says: from its machine-readable part first, else from its words.

    `ours` are addresses that cannot be the ones not reached: the report's own sender and receiver.
    """
    notice = split_notice(text)
    returned = _returned(root)
    head = {**notice.returned, **{name: value for name, value in returned.items() if value}}
    failed_id = _failed_id(head, root)

    stated = [one for one in delivery_status(root) if one.recipient or one.status]
    if not stated and REPORTED.search(text):
        stated = _recipients_in_text(text)
    if not stated:
        stated = [BouncedRecipient(*one) for one in notification_json(text)]
    failed = [one for one in stated if one.action not in SUCCEEDED] or stated
    if failed and all(is_address(one.recipient) for one in failed):
        return Report(tuple(_completed(one, notice, subject) for one in failed), failed_id)

    worded = _from_words(root, notice, head, subject=subject, ours=ours, stated=failed)
    return Report(tuple(worded), failed_id)


def delivery_status(root: Part) -> list[BouncedRecipient]:
    """The recipients of every message/delivery-status part (RFC 3464 2.3)."""
    found: list[BouncedRecipient] = []
    for part in root.leaves():
        if part.type == "message" and part.subtype in {
            "delivery-status",
            "global-delivery-status",
            "delivery-report",
        }:
            found += _recipients(part.content()[: 256 * 1024])
    return found[:MOST_RECIPIENTS]


def _recipients_in_text(text: str) -> list[BouncedRecipient]:
    """The same fields written into the words of a report that forgot the part, or lost it on its way."""
    wanted = ("final-recipient", "original-recipient", "action", "status", "diagnostic-code", "remote-mta")
    blocks: list[list[str]] = [[]]
    held = False
    for line in text[: 64 * 1024].split("\n"):
        name = line.strip().partition(":")[0].strip().lower()
        if name in wanted:
            if name in {"final-recipient", "original-recipient"} and any(
                one.lower().startswith(name) for one in blocks[-1]
            ):
                blocks.append([])
            blocks[-1].append(line.strip())
            held = True
        elif held and line[:1] in {" ", "\t"} and line.strip():
            blocks[-1].append(" " + line.strip())
        else:
            held = False
            if not line.strip() and any(one.lower().startswith("final-") for one in blocks[-1]):
                blocks.append([])
    found: list[BouncedRecipient] = []
    for block in blocks[:MOST_RECIPIENTS]:
        found += _recipients("\n".join(block).encode("utf-8", "replace"))
    return [one for one in found if one.recipient]


def _recipients(data: bytes) -> list[BouncedRecipient]:
    out: list[BouncedRecipient] = []
    at = 0
    while at < len(data) and len(out) < MOST_RECIPIENTS:
        fields, at = read_fields(data, at)
        values: dict[str, str] = {}
        for name, raw in fields:
            values.setdefault(name, unfold(raw))
        address = _typed(values.get("final-recipient", ""))
        if not is_address(address):
            address = _typed(values.get("original-recipient", "")) or address
        if not address and "action" not in values and "status" not in values:
            if not fields:
                line_end = data.find(b"\n", at)
                at = line_end + 1 if line_end >= 0 else len(data)
            continue
        status = STATUS.search(without_comments(values.get("status", "")))
        out.append(BouncedRecipient(address, status[1] if status else "", values.get("action", "").split(" ")[0].lower(),
                                    _typed(values.get("diagnostic-code", ""))))  # fmt: skip
    return out


def _typed(value: str) -> str:
    """The value behind its type: `rfc822; a@b` is a@b."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and len(kind) <= 20 else value).strip().strip("<>").strip()


def _returned(root: Part) -> dict[str, str]:
    """Some fields of the returned mail or header, wherever it is attached."""
    for part in root.leaves():
        named = (part.filename or "").lower()
        if part.media in {"message/rfc822", "text/rfc822-headers", "text/rfc822", "message/global", "message/global-headers",
                          "message/rfc822-headers"} or (part.type == "text" and "header" in named):  # fmt: skip
            inner = parse(part.content()[: 256 * 1024].lstrip()).root
            found = {
                name: unfold(inner.first(name) or b"")
                for name in ("message-id", "to", "from", "x-envelope-to")
            }
            if found["message-id"] or found["to"]:
                return found
    return {}


def _failed_id(head: dict[str, str], root: Part) -> str | None:
    if head.get("message-id") and (found := message_id(head["message-id"].encode("utf-8", "replace"))):
        return found
    for name in ("in-reply-to", "references"):
        if (raw := root.first(name)) is not None and (ids := message_ids(raw)):
            return ids[-1]
    return None


def _from_words(
    root: Part, notice: Notice, head: dict[str, str], *, subject: str, ours: frozenset[str], stated: list[BouncedRecipient],
) -> list[BouncedRecipient]:  # fmt: skip
    known: list[str] = []
    for name in ("x-failed-recipients", "x-mailer-daemon-recipients"):
        for raw in root.all(name)[:20]:
            known += [
                one.address
                for one in read_mailboxes(unfold(raw))[0]
                if one.address and is_address(one.address)
            ]
    found = find_recipients(notice, ours=ours, known=list(dict.fromkeys(known)))
    if not found:
        addressed = [
            one.address
            for one in read_mailboxes(head.get("to", ""))[0]
            if one.address and is_address(one.address)
        ]
        notice_found = find_recipients(notice, ours=frozenset(), known=addressed[:1]) if addressed else []
        found = notice_found or find_recipients(notice, ours=frozenset(), known=[])
    out = []
    for one in found[:MOST_RECIPIENTS]:
        given = next((entry for entry in stated if entry.recipient.lower() == one.recipient.lower()), None) or (
            stated[0] if len(stated) == 1 else None)  # fmt: skip
        said = one.said if len(found) > 1 else notice.said
        if given is not None:
            said = given.diagnostic or said
        status = best_status(given.status if given else "", said, notice.said, subject)
        action = (given.action if given else "") or (
            "delayed" if status.startswith("4.") and _for_now(notice, subject) else "failed"
        )
        out.append(BouncedRecipient(one.recipient, status, action, _diagnostic(said)))
    return out or stated


def _for_now(notice: Notice, subject: str) -> bool:
    return bool(FOR_NOW.search(subject) or FOR_NOW.search(notice.said)) and not re.search(
        r"permanent", notice.said, re.IGNORECASE
    )


def _completed(one: BouncedRecipient, notice: Notice, subject: str) -> BouncedRecipient:
    said = one.diagnostic
    if not said and (not one.status or one.status.endswith(".0.0")):
        # The part says nothing of the reason; the words above it often do.
        found = find_recipients(notice, ours=frozenset(), known=[one.recipient])
        said = found[0].said if found else ""
    status = best_status(one.status, said, notice.said if not (one.status or said) else "", subject)
    action = one.action or ("delayed" if status.startswith("4.") and _for_now(notice, subject) else "failed")
    return BouncedRecipient(one.recipient, status, action, _diagnostic(said) if said else "")


def best_status(stated: str, said: str, notice: str, subject: str) -> str:
    """The enhanced status (RFC 3463) that tells most.

    What the refusing server said itself comes first: the reporting server's own reading is often general,
    or wrong. Without numbers the words decide, in the class the reply code or the words give.
    """
    if found := _status_in(said):
        return found
    if stated and not stated.endswith(".0.0"):
        return stated
    whole = f"{said}\n{notice}"
    if not stated and (found := _status_in(notice)):
        return found
    if stated:
        return stated
    family = _class_in(said) or _class_in(notice)
    if not family:
        family = (
            "4" if FOR_NOW.search(subject) or (FOR_NOW.search(whole) and not FOR_GOOD.search(whole)) else "5"
        )
    for words in (said, whole[:8000]):
        for detail, pattern in MEANING:
            if pattern.search(words):
                return f"{family}.{detail}"
    return f"{family}.0.0"


def _status_in(text: str) -> str:
    """The enhanced status in a server's words: directly behind a reply code if there is one; success is no failure."""
    behind: list[str] = [found for found in REPLY_STATUS.findall(text) if found[0] != "2"]
    if behind:
        return next((one for one in reversed(behind) if not one.endswith(".0.0")), behind[-1])
    alone: list[str] = [found for found in STATUS.findall(text) if found[0] != "2"]
    if alone:
        return next((one for one in alone if not one.endswith(".0.0")), alone[0])
    succeeded: list[str] = REPLY_STATUS.findall(text)
    return succeeded[-1] if succeeded else ""


def _class_in(text: str) -> str:
    codes: list[str] = [found for found in REPLY.findall(text) if found[0] != "2"]
    if codes:
        return codes[-1][0]
    found = ERROR_CODE.search(text)
    return found[1] if found else ""


def _diagnostic(said: str) -> str:
    return " ".join(said.split())[:LONGEST_DIAGNOSTIC]
