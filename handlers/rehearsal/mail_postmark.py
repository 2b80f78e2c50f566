"""What a receiving mail server writes on top of a mail: where it came from, and whether to believe it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, getaddresses

AUTHSERV_ID = "practice.understudy.example"
SPOOF_HEADER = b"x-practice-spoof"

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_COMMENT = re.compile(rb"\([^()]*\)")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\Z")
_LONGEST_FROM = 4096


@dataclass(frozen=True)
class Arrival:
    """How a mail came to us: the envelope's sender, the name the client gave itself, the protocol, a queue id."""

    sender: str
    greeted_as: str
    protocol: str
    queue_id: str
    at: datetime


def postmark(raw: bytes, arrival: Arrival, *, known_domains: Collection[str]) -> bytes:
    """The mail with Return-Path, Received and Authentication-Results on top; the rest is byte for byte as it came.

    A header that claims to be our own verdict is taken out first (RFC 8601, section 5).
    """
    verdict = f"Authentication-Results: {AUTHSERV_ID}; {_dmarc(raw, known_domains)}\r\n"
    greeted_as = re.sub(r"[^!-'*-~]", "", arrival.greeted_as)[:255] or "unknown"
    received = (
        f"Received: from {greeted_as} ([127.0.0.1])\r\n"
        f"\tby {AUTHSERV_ID} with {arrival.protocol} id {arrival.queue_id};\r\n"
        f"\t{format_datetime(arrival.at)}\r\n"
    )
    sender = re.sub(r"[\r\n<>]", "", arrival.sender)
    return_path = f"Return-Path: <{sender}>\r\n"
    return (return_path + received + verdict).encode("utf-8", "surrogateescape") + _without_forged_verdicts(
        raw
    )


def sender_address(raw: bytes) -> str | None:
    """The one address in the one From header; None when there is none, or more than one."""
    values = [value for name, _, _, value in _fields(raw) if name == b"from"]
    if len(values) != 1 or len(values[0]) > _LONGEST_FROM:
        return None
    try:
        pairs = getaddresses([values[0].decode("utf-8", "replace")])
    except (RecursionError, ValueError, IndexError):
        return None
    return pairs[0][1] if len(pairs) == 1 and "@" in pairs[0][1] else None


def _dmarc(raw: bytes, known_domains: Collection[str]) -> str:
    address = sender_address(raw)
    domain = address.rpartition("@")[2].lower() if address else ""
    if not _DOMAIN.match(domain):
        return "dmarc=none"
    spoofed = any(
        name == SPOOF_HEADER and value.strip().lower() == b"yes" for name, _, _, value in _fields(raw)
    )
    result = ("fail" if spoofed else "pass") if domain in known_domains else "none"
    return f"dmarc={result} header.from={domain}"


def _without_forged_verdicts(raw: bytes) -> bytes:
    kept, position = [], 0
    for name, start, end, value in _fields(raw):
        if name == b"authentication-results" and _claims_to_be_ours(value):
            kept.append(raw[position:start])
            position = end
    return b"".join([*kept, raw[position:]])


def _claims_to_be_ours(value: bytes) -> bool:
    claim = _COMMENT.sub(b"", value).partition(b";")[0]
    return AUTHSERV_ID.encode() in claim.lower()


def _fields(raw: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    """Name, start, end and unfolded value of every header field; any line end counts, as it does for parsers."""
    start = position = 0
    while position < len(raw):
        line = _LINE.match(raw, position)
        assert line is not None
        following = line.end()
        if not line[0].strip(b"\r\n"):
            break
        start = position
        while raw[following : following + 1] in (b" ", b"\t") and following < len(raw):
            continuation = _LINE.match(raw, following)
            assert continuation is not None
            following = continuation.end()
        name, _, value = raw[start:following].partition(b":")
        yield name.strip().lower(), start, following, re.sub(rb"[\r\n]+", b"", value)
        position = following
