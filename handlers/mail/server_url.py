"""Addresses of mail servers: which schemes we speak, and that nothing unencrypted leaves this machine."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from bot.errors import Permanent

PORTS = {"imaps": 993, "imap": 143, "smtps": 465, "smtp+starttls": 587, "smtp": 25}
PLAIN = {"imap", "smtp"}


@dataclass(frozen=True)
class MailServer:
    """Where a mail server is and who we are there; `user` is "" when nobody logs in."""

    scheme: str
    host: str
    port: int
    user: str = field(repr=False, default="")

    @property
    def place(self) -> str:
        """For messages and logs: never with the user."""
        return f"{self.host}:{self.port}"


def read_server_url(url: str, *, schemes: tuple[str, ...]) -> MailServer:
    """Read `imaps://user@host:993` and its kin; the user may hold an @, plain or as %40.

    Permanent: another scheme, no host, a bad port, or an unencrypted scheme for a host that is not this machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise Permanent(f"the address has to begin with {' or '.join(s + '://' for s in schemes)}")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise Permanent("the port in the mail server's address is not a number up to 65535") from error
    if not parts.hostname:
        raise Permanent("the mail server's address names no host")
    if parts.scheme in PLAIN and not is_loopback(parts.hostname):
        encrypted = " or ".join(f"{s}://" for s in schemes if s not in PLAIN)
        raise Permanent(
            f"{parts.scheme}:// is not encrypted and is taken for this machine only; use {encrypted}"
        )
    return MailServer(parts.scheme, parts.hostname, port, unquote(parts.username or ""))


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: "localhost", or an address of the loopback nets."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
