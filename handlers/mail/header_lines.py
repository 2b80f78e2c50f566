"""Header fields on their way out: encoded, folded, and nothing in them that could end a line early (RFC 5322, 2047)."""

import base64
import re
from collections.abc import Iterable, Iterator

from handlers.mail.envelope import NamedAddress, unbidden

FOLD_AT = 76
_WORD_BYTES, _FIRST_WORD_BYTES = 45, 33
"""Of text in one encoded word: 75 characters are allowed; the first shares its line with the field's name."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def text_field(name: str, text: str) -> bytes:
    """An unstructured field, such as Subject. ValueError: a control character or line break in it."""
    _refuse_breaks(text)
    plain = text.isascii() and "=?" not in text and "  " not in text and text == text.strip()
    words = text.split(" ")
    if not plain or any(len(word) > FOLD_AT - len(name) - 2 for word in words):
        words = list(_encoded_words(text))
    return _folded(name, words)


def address_field(name: str, addresses: Iterable[NamedAddress]) -> bytes:
    """A list of mailboxes. ValueError: a control character or line break in a name."""
    pieces: list[str] = []
    for address in addresses:
        if pieces:
            pieces[-1] += ","
        pieces += [*_phrase(address.name), f"<{address.address}>" if address.name else address.address]
    return _folded(name, pieces)


def token_field(name: str, tokens: Iterable[str]) -> bytes:
    """Tokens without spaces, such as Message-IDs, or a fixed value. ValueError: a control character or line break."""
    tokens = list(tokens)
    _refuse_breaks("".join(tokens))
    return _folded(name, tokens)


def _phrase(text: str) -> list[str]:
    """A display name as atoms, a quoted string, or encoded words."""
    _refuse_breaks(text)
    if not text:
        return []
    if text.isascii() and "=?" not in text and len(text) <= FOLD_AT - 16:
        if _ATOMS.fullmatch(text):
            return text.split(" ")
        return ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"']
    return list(_encoded_words(text))


def _encoded_words(text: str) -> Iterator[str]:
    """Encoded words of whole characters, never longer than 75."""
    run, room = b"", _FIRST_WORD_BYTES
    for character in text:
        encoded = character.encode("utf-8")
        if len(run) + len(encoded) > room:
            yield f"=?utf-8?b?{base64.b64encode(run).decode('ascii')}?="
            run, room = b"", _WORD_BYTES
        run += encoded
    yield f"=?utf-8?b?{base64.b64encode(run).decode('ascii')}?="


def _folded(name: str, pieces: Iterable[str]) -> bytes:
    """The pieces with one space between them, broken before a piece that would pass the edge."""
    lines, line = [], f"{name}:"
    for piece in pieces:
        if len(line) + 1 + len(piece) > FOLD_AT and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {piece}"
    lines.append(line)
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def _refuse_breaks(text: str) -> None:
    if any(unbidden(character) for character in text):
        raise ValueError("a control character or line break in a header")
