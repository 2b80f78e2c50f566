"""Message-IDs of our own: no two mails share one, and we know ours again wherever they come back."""

import base64
import hashlib
import hmac
import re

_OURS = re.compile(r"\s*<?([a-z2-7]{24})\.([a-z2-7]{16})@([^<>@\s]+)>?\s*")


def new_message_id(key: bytes, epoch: str, uuid: str, domain: str) -> str:
    """A Message-ID with its angle brackets. The same key, epoch and uuid always give the same one.

    `epoch` changes when a backup is restored, so that an id is never used for other content. The part before the @
    says nothing to others; for us it carries a tag that only the key can make.
    """
    name = _base32(hmac.digest(key, f"id\0{epoch}\0{uuid}".encode(), hashlib.sha256)[:15])
    return f"<{name}.{_tag(key, name, domain.lower())}@{domain.lower()}>"


def is_ours(key: bytes, message_id: str) -> bool:
    """Whether we made this Message-ID, in this epoch or an earlier one. Case and brackets do not matter."""
    match = _OURS.fullmatch(message_id.lower())
    return match is not None and hmac.compare_digest(match[2], _tag(key, match[1], match[3]))


def _tag(key: bytes, name: str, domain: str) -> str:
    return _base32(hmac.digest(key, f"tag\0{name}\0{domain}".encode(), hashlib.sha256)[:10])


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").lower()
