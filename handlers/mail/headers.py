"""Header fields of a mail read tolerantly: unfolding, encoded words, comments, message ids."""

import binascii
import re

from handlers.mail.charsets import decode, decode_header_bytes

LONGEST_VALUE = 32 * 1024
"""Bytes of one header that are read; the rest is cut and flagged."""
MOST_IDS = 200

ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
BETWEEN_WORDS = re.compile(r"[ \t\r\n]*\Z")
FOLD = re.compile(r"\r?\n(?=[ \t])")
LINE_END = re.compile(r"(?:\r?\n|\r)[ \t]*")
FOLDED_PAIR = re.compile(r"\\\r?\n[ \t]+")
SPACES = re.compile(r"[ \t\r\n]+")
MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


def unfold(raw: bytes) -> str:
    """A raw field body as one line of characters, encoded words not yet read (RFC 5322 2.2.3)."""
    return one_line(decode_header_bytes(raw[:LONGEST_VALUE])).strip(" \t\x00")


def one_line(text: str) -> str:
    """A field body without its folds; a fold inside a quoted pair goes with the blanks it brought."""
    if "\n" not in text and "\r" not in text:
        return text
    text = text.strip("\r\n")
    if "\\" in text:
        text = FOLDED_PAIR.sub(r"\\", text)
    return LINE_END.sub(" ", FOLD.sub("", text))


def text_of(raw: bytes) -> str:
    """An unstructured header such as Subject as a person reads it."""
    return SPACES.sub(" ", decode_words(unfold(raw)).replace("\x00", "")).strip()


def decode_words(text: str) -> str:
    """Encoded words (RFC 2047) to characters; what is not one stays as it is.

    Neighbours in one charset are joined before decoding: senders cut inside a character. Spaces inside a
    word, a language suffix and words inside quotes are accepted, as every mail program does.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    at = 0
    for word in ENCODED.finditer(text):
        if word.start() < at:
            continue
        end = text.find("?=", word.end())
        if end < 0:
            break
        # In Q an encoded "=" directly before the closing "?=" looks like one more "?=".
        content = text[word.end() : end]
        between = text[at : word.start()]
        if not (pending and BETWEEN_WORDS.match(between)):
            out.append(_join(pending))
            pending = []
            out.append(between)
        pending.append((word[1].split("*", 1)[0].lower(), _word_bytes(word[2], content)))
        at = end + 2
    out.append(_join(pending))
    out.append(text[at:])
    return "".join(out)


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return base64_bytes(data)
    return Q_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), data.replace(b"_", b" "))


def base64_bytes(data: bytes) -> bytes:
    """Base64 as mail has it: line ends, missing padding and stray characters do not stop it (RFC 2045 6.8)."""
    wanted = data.translate(None, NOT_BASE64)
    first_pad = wanted.find(b"=")
    if first_pad >= 0:
        wanted = wanted[:first_pad]
    if len(wanted) % 4 == 1:
        wanted = wanted[:-1]
    try:
        return binascii.a2b_base64(wanted + b"=" * (-len(wanted) % 4))
    except binascii.Error:
        return b""


NOT_BASE64 = bytes(
    sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
)


def _join(words: list[tuple[str, bytes]]) -> str:
    out: list[str] = []
    at = 0
    while at < len(words):
        charset, data = words[at]
        parts = [data]
        at += 1
        while at < len(words) and words[at][0] == charset:
            parts.append(words[at][1])
            at += 1
        joined, _ = decode(b"".join(parts), charset)
        if "\ufffd" in joined and len(parts) > 1:
            joined = "".join(decode(part, charset)[0] for part in parts)
        out.append(joined)
    return "".join(out)


def without_comments(text: str) -> str:
    """A structured value without its comments (RFC 5322 3.2.2); quoted strings are left alone."""
    if "(" not in text:
        return text
    out: list[str] = []
    depth, quoted, at = 0, False, 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and (quoted or depth):
            if not depth:
                out.append(text[at : at + 2])
            at += 2
            continue
        if depth == 0 and letter == '"':
            quoted = not quoted
        if not quoted and letter == "(":
            depth += 1
        elif depth and letter == ")":
            depth -= 1
            if depth == 0:
                out.append(" ")
        elif not depth:
            out.append(letter)
        at += 1
    return "".join(out)


def message_ids(raw: bytes) -> tuple[str, ...]:
    """The ids in References or In-Reply-To, without their brackets, in order, each once."""
    text = unfold(raw)
    found = MESSAGE_ID.findall(text)
    if not found:
        found = [word.strip("<>,;\"'") for word in text.split() if "@" in word]
    return tuple(dict.fromkeys(found[:MOST_IDS]))


def message_id(raw: bytes) -> str | None:
    """The id of a Message-ID header, without brackets; None when nothing usable stands there."""
    text = SPACES.sub(" ", unfold(raw)).strip()
    if found := MESSAGE_ID.search(text):
        return found[1]
    text = without_comments(text).strip().strip("<>").strip()
    return SPACES.sub("", text)[:998] or None
