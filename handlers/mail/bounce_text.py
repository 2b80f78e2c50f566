"""Delivery reports that are only words: whom they name as not reached, and what they say of each."""

import json
import re
from dataclasses import dataclass, field

LONGEST_NOTICE = 64 * 1024
MOST_LINES = 2000
MOST_FOUND = 200

ADDRESS = r"(?P<address>(?:\"[^\"\s]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,128})@[A-Za-z0-9\u0080-\uffff](?:[\w.-]{0,250}[\w])?)"
ANY = re.compile(ADDRESS)

STARTS = re.compile(
    rf"^[\s>*•-]{{0,20}}(?:[245]\d\d[ -](?:[245]\.\d+\.\d+ )?)?<?{ADDRESS}>?(?=[\s:;,.\[(>]|$)"
)
"""The address is what the line is about: `<a@b>:`, `  a@b`, `* a@b`, `550 <a@b>... User unknown`."""
LABELLED = re.compile(
    rf"(?:(?:final-|original-|failed |intended |invalid )?recipients?(?: address)?|rcpt to|failed address|undeliverable address|e-?mail address|to)"
    rf"\s*:\s*(?:rfc822\s*;\s*)?<?{ADDRESS}",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"(?:deliver(?:ed|ing|y|y of your message)?|sen[dt](?:ing)?|message|mail|recipient|user|mailbox|address|reached?|forwarded|group|was|size)"
    rf"(?: (?:to|for|the|following|your|message|mail|e-mail|recipient|address|rejected))*\s*:?\s*[<(\"']?{ADDRESS}",
    re.IGNORECASE,
)
NOT_ABOUT = re.compile(
    r"\b(?:from|sender|contact|mailto|help|support|report (?:this|the)|forward (?:this|the)|send (?:mail|email|e-mail|a)|please|subscribe"
    r"|envelope-from|reply-to|return-path|visit|write to|message-?id|references|by|helo|signed|abuse)\b|https?://|^\s*x-(?!failed)",
    re.IGNORECASE,
)
ADDRESSED = re.compile(r"^\s*(?:to|cc)\s*:", re.IGNORECASE)
ECHO = re.compile(r"^\s*(?:subject|from|sent|date|message-?id)\s*:", re.IGNORECASE)
ECHOED_ID = re.compile(r"(?im)^\s*(?:original[- ])?message-?id\s*:\s*<?([^<>\s]{3,300}@[^<>\s]{1,300})>?\s*$")
REPORTED = re.compile(r"^[ \t]{0,8}(?:final|original)-recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)

ORIGINAL = re.compile(
    r"^[\s\-_*=#|>.+]{0,80}(?:"
    r"(?:this is |here is |below (?:this line )?is |the following is |attached is )?(?:a copy|the (?:first|beginning|text|header)s?\b.{0,40}) of (?:your|the|this)\b.{0,40}(?:message|mail|header)"
    r"|(?:your )?(?:original|unsent|returned|undelivered|undeliverable|failed|bounced|rejected)\s+(?:e-?mail|message|mail|header)s?(?: info(?:rmation)?| text| headers?| body)?(?:\s+follows?| is following| below)?"
    r"|(?:the )?(?:original )?(?:message|mail)?\s*headers?(?: of the (?:original|returned) (?:message|mail))?\s+(?:follows?|is following|are following)"
    r"|message text follows|end of message|oorspronkelijk bericht|urspr[üu]ngliche nachricht|message d.origine|-------- nachricht"
    r")[^\n]{0,60}$",
    re.IGNORECASE,
)
HEADER_START = re.compile(
    r"^[ \t]{0,4}(?:Return-Path|Received|X-Received|DKIM-Signature|Delivered-To):[ \t]", re.IGNORECASE
)
FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*(.{0,998})$")


@dataclass(slots=True)
class Found:
    """Somebody a notice says was not reached, and the lines about them."""

    recipient: str
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@dataclass(slots=True)
class Notice:
    """A delivery report's words: the report itself, and the head of the mail it gives back, when it does."""

    lines: list[str]
    returned: dict[str, str]

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


def split_notice(text: str) -> Notice:
    """The words of the report apart from the mail it returns."""
    lines = text[:LONGEST_NOTICE].split("\n")[:MOST_LINES]
    for number, line in enumerate(lines):
        if (
            (number and ORIGINAL.match(line) and len(line) < 160 and not line.rstrip().endswith((".", ",")))
            or (ORIGINAL.match(line) and "follow" in line.lower())
            or _is_header(lines, number)
        ):
            return Notice(lines[:number], _echo(lines[:number]) | _head(lines[number:]))
    return Notice(lines, _echo(lines))


def _echo(lines: list[str]) -> dict[str, str]:
    """The id of our mail where the report's own words state it."""
    found = ECHOED_ID.search("\n".join(lines))
    return {"message-id": f"<{found[1]}>"} if found else {}


def _is_header(lines: list[str], number: int) -> bool:
    """A returned header that nothing announces: Received or Return-Path, and another field soon after."""
    if not HEADER_START.match(lines[number]):
        return False
    following = [line for line in lines[number + 1 : number + 8] if FIELD.match(line.strip())]
    return len(following) >= 1


def _head(lines: list[str]) -> dict[str, str]:
    """The fields of a returned header, wherever it begins behind the separator."""
    fields: dict[str, str] = {}
    last = ""
    for line in lines[:200]:
        if found := FIELD.match(line.strip() if line[:1] not in {" ", "\t"} or not last else ""):
            last = found[1].lower()
            fields.setdefault(last, found[2].strip())
        elif line[:1] in {" ", "\t"} and last:
            fields[last] += " " + line.strip()
        elif not line.strip() and "message-id" in fields and "to" in fields:
            break
    return fields


def find_recipients(notice: Notice, *, ours: frozenset[str], known: list[str]) -> list[Found]:
    """Who was not reached, in order, each with what is said of them.

    `known` are recipients somebody stated for us (a header); then only the words about them are looked for.
    `ours` are addresses that cannot be meant: whom the report was sent to, and who sent it.
    """
    wanted = {address.lower(): address for address in known}
    for patterns in ((STARTS, LABELLED), (NAMED,), (ANY,)):
        found = _scan(notice.lines, patterns, ours, wanted)
        if found:
            return _completed(found, known)
    return [Found(address) for address in known[:MOST_FOUND]]


def _completed(found: list[Found], known: list[str]) -> list[Found]:
    seen = {one.recipient.lower() for one in found}
    return found + [Found(address) for address in known[:MOST_FOUND] if address.lower() not in seen]


def _scan(
    lines: list[str], patterns: tuple[re.Pattern[str], ...], ours: frozenset[str], wanted: dict[str, str]
) -> list[Found]:
    found: dict[str, Found] = {}
    current: Found | None = None
    before: list[str] = []
    for number, line in enumerate(lines):
        address = _address_in(line, patterns, ours, wanted)
        if address is not None and ADDRESSED.match(line) and _echoed(lines, number):
            address = None
        if address is not None:
            key = address.lower()
            if key not in found:
                if len(found) >= MOST_FOUND:
                    break
                found[key] = Found(wanted.get(key, address), before[-3:] if _belongs(before) else [])
            current = found[key]
            before = []
        if current is not None:
            if len(current.lines) < 40:
                current.lines.append(line)
        else:
            before.append(line)
    return list(found.values())


def _echoed(lines: list[str], number: int) -> bool:
    """Whether this To line stands among other fields of our own mail: whom we wrote to, not who was not reached."""
    around = lines[max(0, number - 3) : number] + lines[number + 1 : number + 4]
    return any(ECHO.match(line) for line in around)


def _belongs(before: list[str]) -> bool:
    """In a session transcript the refused command and its answer stand above the address."""
    return any(line.lstrip().startswith(("<<<", ">>>")) for line in before[-3:])


def _address_in(
    line: str, patterns: tuple[re.Pattern[str], ...], ours: frozenset[str], wanted: dict[str, str]
) -> str | None:
    if "@" not in line:
        return None
    for pattern in patterns:
        match = pattern.search(line[:2000])
        if match is None:
            continue
        address = match["address"].strip(".'").rstrip(".")
        key = address.lower()
        if wanted:
            if key in wanted:
                return address
            continue
        if key in ours or NOT_ABOUT.search(line[: match.start("address")]):
            continue
        return address
    return None


def notification_json(text: str) -> list[tuple[str, str, str, str]]:
    """Bounce and delivery events that Amazon SES posts as JSON: (recipient, status, action, diagnostic) each."""
    begin = text.find("{")
    if begin < 0 or "notificationType" not in text[:LONGEST_NOTICE]:
        return []
    try:
        # Not strict: a relay that folded the long line put a line end into a string.
        event, _ = json.JSONDecoder(strict=False).raw_decode(text[begin : begin + LONGEST_NOTICE])
        if isinstance(event, dict) and isinstance(event.get("Message"), str):  # wrapped once more by SNS
            event, _ = json.JSONDecoder(strict=False).raw_decode(event["Message"])
    except (ValueError, RecursionError):
        return []
    if not isinstance(event, dict):
        return []
    bounce, delivery = event.get("bounce"), event.get("delivery")
    bounced = bounce.get("bouncedRecipients") if isinstance(bounce, dict) else None
    delivered = delivery.get("recipients") if isinstance(delivery, dict) else None
    out = [_bounced(one) for one in bounced or () if isinstance(one, dict)]
    if isinstance(delivery, dict):
        out += [
            (str(one), "", "delivered", str(delivery.get("smtpResponse") or "")) for one in delivered or ()
        ]
    return out[:MOST_FOUND]


def _bounced(one: dict[str, object]) -> tuple[str, str, str, str]:
    address, status = str(one.get("emailAddress") or ""), str(one.get("status") or "")
    return address, status, str(one.get("action") or "failed"), str(one.get("diagnosticCode") or "")
