"""Header fields of a mail read tolerantly: unfolding, encoded words, parameters, message ids, dates."""

import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from handlers.mail.charsets import decode, decode_header_bytes

LONGEST_VALUE = 32 * 1024
"""Bytes of one header that are read; the rest is cut and flagged."""
MOST_PARAMETERS = 100
DEEPEST_COMMENT = 10
MOST_IDS = 200

ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
BETWEEN_WORDS = re.compile(r"[ \t\r\n]*\Z")
FOLD = re.compile(r"\r?\n(?=[ \t])")
LINE_END = re.compile(r"(?:\r?\n|\r)[ \t]*")
FOLDED_PAIR = re.compile(r"\\\r?\n[ \t]+")
SPACES = re.compile(r"[ \t\r\n]+")
MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Parameters:
    """A structured value: `text/plain; charset=utf-8` is ("text", "plain", {"charset": "utf-8"})."""

    type: str
    subtype: str
    values: dict[str, str] = field(default_factory=dict)


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


NOT_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")))


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


def read_parameters(raw: bytes | str) -> Parameters | None:
    """Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231); None when no type stands there."""
    text = one_line(raw if isinstance(raw, str) else decode_header_bytes(raw[:LONGEST_VALUE])).replace("\t", " ").strip("\x00")
    head, fields = _fields(without_comments(text))
    kind, _, subtype = head.partition("/")
    kind, subtype = kind.strip().lower(), subtype.strip().lower()
    if not kind:
        return Parameters("", "", _joined(fields)) if fields and not head.strip() else None
    return Parameters(kind, subtype, _joined(fields))


def _fields(text: str) -> tuple[str, list[tuple[str, str, bool]]]:
    """(what stands before the first parameter, [(name, value, was quoted)])."""
    end = text.find(";")
    head = text if end < 0 else text[:end]
    rest = "" if end < 0 else text[end + 1 :]
    # "multipart/mixed boundary=x" without its semicolon is common enough to read.
    if "=" in head and (stray := re.search(r"(?<=\S)[ \t]+(?=[A-Za-z0-9*_-]+=)", head)) and "/" in head[: stray.start()]:
        head, rest = head[: stray.start()], head[stray.end() :] + (";" + rest if rest else "")
    fields: list[tuple[str, str, bool]] = []
    at = 0
    while at < len(rest) and len(fields) < MOST_PARAMETERS:
        equals = rest.find("=", at)
        semicolon = rest.find(";", at)
        if equals < 0:
            break
        if 0 <= semicolon < equals:
            at = semicolon + 1
            continue
        name = rest[at:equals].strip().lower()
        at = equals + 1
        while at < len(rest) and rest[at] in " \t":
            at += 1
        if at < len(rest) and rest[at] == '"':
            value, at = _quoted(rest, at + 1)
            semicolon = rest.find(";", at)
            space = re.compile(r"[ \t]+(?=[A-Za-z0-9*_-]+=)").match(rest, at)
            if space:
                at = space.end()
            else:
                value += _glued(rest[at : semicolon if semicolon >= 0 else len(rest)])
                at = semicolon + 1 if semicolon >= 0 else len(rest)
            fields.append((name, value, True))
            continue
        semicolon = rest.find(";", at)
        stop = semicolon if semicolon >= 0 else len(rest)
        value = rest[at:stop]
        if "=?" not in value and (stray := re.search(r"(?<=\S)[ \t]+(?=[A-Za-z0-9*_-]+=)", value)):
            value, stop = value[: stray.start()], at + stray.end() - 1
        fields.append((name, value.strip(), False))
        at = stop + 1
    return head, [entry for entry in fields if entry[0]]


def _glued(tail: str) -> str:
    """What stands right behind a closing quote: `"report".pdf` is one name; a space ends it."""
    tail = tail.rstrip()
    return tail if tail and tail[0] not in " \t," else ""


def _quoted(text: str, at: int) -> tuple[str, int]:
    """A quoted string from just behind its opening quote; an unclosed one ends with the text."""
    out: list[str] = []
    while at < len(text):
        stop = at
        while stop < len(text) and text[stop] not in '"\\':
            stop += 1
        out.append(text[at:stop])
        if stop >= len(text):
            return "".join(out), stop
        if text[stop] == '"':
            return "".join(out), stop + 1
        following = text[stop + 1 : stop + 2]
        # A Windows path in a file name is not escaped: only quote and backslash need it.
        out.append(following if following in '"\\' else "\\" + following)
        at = stop + 2
    return "".join(out), at


SECTION = re.compile(r"^(?P<name>[^*]*)(?:\*+(?P<number>\d{1,9}))?(?P<more>.*)$", re.DOTALL)


def _joined(fields: list[tuple[str, str, bool]]) -> dict[str, str]:
    """Continuations put together and percent escapes read (RFC 2231 3 and 4); the first of a name wins."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value, _ in fields:
        found = SECTION.match(name.lstrip("*"))
        if "*" not in name or found is None:
            plain.setdefault(name, _readable(value))
            continue
        base = found["name"].strip()
        if not base:
            continue
        number = int(found["number"]) if found["number"] else 0
        extended = "*" in found["more"] or not found["number"]
        pieces.setdefault(base, {}).setdefault(number, (value, extended))
    for name, parts in pieces.items():
        value, language = _extended([parts[number] for number in sorted(parts)])
        if language:
            plain.setdefault(f"{name}-language", language)
        # The extended form is the richer one when both are given (RFC 5987 4.2).
        plain[name] = value + (plain.pop(name, "") if 0 not in parts else "")
    return plain


def _extended(parts: list[tuple[str, bool]]) -> tuple[str, str]:
    charset = language = ""
    data: list[bytes] = []
    for place, (value, extended) in enumerate(parts):
        rest = value
        if place == 0 and extended and value.count("'") >= 2:
            charset, language, rest = value.split("'", 2)
        encoded = extended or (bool(charset) and "%" in rest)
        raw = rest.encode("utf-8", "replace")
        data.append(unquote_to_bytes(raw) if encoded else raw)
    text, _ = decode(b"".join(data), charset or None)
    return _readable(text), language.lower()


def _readable(value: str) -> str:
    """Encoded words in parameters are forbidden (RFC 2047 5) and everywhere."""
    return SPACES.sub(" ", decode_words(value)) if "=?" in value else value


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
