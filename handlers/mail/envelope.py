"""Mail addresses as we write them: checked by our own narrow grammar, domains in ASCII, nothing repaired."""

import re
import unicodedata
from dataclasses import dataclass

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED_LOCAL = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"')
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>")
_QUOTED_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DEVIATIONS = frozenset("ßς\u200c\u200d")
"""Letters that the older standard rewrites to others, which names another domain (UTS 46, deviations)."""
LONGEST = 254


class BadAddress(ValueError):
    """Not an address we would write to. Its text does not hold the address."""


@dataclass(frozen=True)
class NamedAddress:
    """A display name ("" for none) and an address ready for a header or an envelope."""

    name: str
    address: str

    @property
    def needs_utf8(self) -> bool:
        """Only a server with SMTPUTF8 (RFC 6531) can carry it: the part before the @ is not ASCII."""
        return not self.address.isascii()


def named_address(text: str) -> NamedAddress:
    """Read `Name <a@b>` or `a@b`. BadAddress: it is neither, or holds a control character or a line break."""
    if any(unbidden(c) for c in text):
        raise BadAddress("a control character or line break in an address")
    text = text.strip()
    match = _NAMED.fullmatch(text)
    if match is None:
        return NamedAddress("", envelope_address(text))
    name = match["name"]
    if quoted := _QUOTED_NAME.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", quoted[1])
    return NamedAddress(name, envelope_address(match["address"]))


def envelope_address(address: str) -> str:
    """The bare address with its domain in ASCII (IDNA). BadAddress: not one address, too long, or no such domain name."""
    local, at, domain = address.rpartition("@")
    if not at or not (_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        raise BadAddress("not an address")
    if any(unbidden(c) or (not c.isascii() and c.isspace()) for c in local):
        raise BadAddress("a character that no address has")
    whole = f"{unicodedata.normalize('NFC', local)}@{_ascii_domain(domain)}"
    if len(whole.encode()) > LONGEST or len(local.encode()) > 64:
        raise BadAddress("an address longer than any mailbox has")
    return whole


def unbidden(character: str) -> bool:
    """Characters that never stand in a header of ours: controls, line and paragraph separators, halves of pairs."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")


def _ascii_domain(domain: str) -> str:
    labels = [_ascii_label(label) for label in domain.split(".")]
    if len(labels) > 1 and labels[-1].isdigit():
        raise BadAddress("a number in the place of a domain name")
    return ".".join(labels)


def _ascii_label(label: str) -> str:
    if not label.isascii():
        label = unicodedata.normalize("NFC", label.lower())
        try:
            if _DEVIATIONS & set(label):
                label = "xn--" + label.encode("punycode").decode("ascii")
            else:
                label = label.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadAddress("not a domain name") from error
    label = label.lower()
    if not _LABEL.fullmatch(label):
        raise BadAddress("not a domain name")
    return label
