"""Message-IDs of ours: made so that we know them again, and so that nobody else can make one."""

import hmac
from base64 import b32encode
from hashlib import sha256


def new_message_id(key: bytes, epoch: str, unique: str, domain: str) -> str:
    """An id without angle brackets: `unique`, and a tag over it that only the key's owner can make.

    `epoch` changes when a backup is restored, so that an id is never used twice for other content.
    """
    local = f"{unique.lower()}.{epoch}"
    return f"{local}.{_tag(key, local)}@{domain}"


def is_ours(key: bytes, message_id: str) -> bool:
    """Whether this id (with or without angle brackets) was made with this key."""
    local = message_id.strip().strip("<>").partition("@")[0]
    named, _, tag = local.rpartition(".")
    return bool(named) and hmac.compare_digest(tag.lower().encode(), _tag(key, named.lower()).encode())


def _tag(key: bytes, local: str) -> str:
    return b32encode(hmac.new(key, local.encode(), sha256).digest()[:15]).decode().lower()
