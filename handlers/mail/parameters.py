"""Structured header values: a type and its parameters (RFC 2045 5.1, RFC 2231), as senders really write them."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from handlers.mail.charsets import decode, decode_header_bytes
from handlers.mail.headers import LONGEST_VALUE, SPACES, decode_words, one_line, without_comments

MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Parameters:
    """A structured value: `text/plain; charset=utf-8` is ("text", "plain", {"charset": "utf-8"})."""

    type: str
    subtype: str
    values: dict[str, str] = field(default_factory=dict)


def read_parameters(raw: bytes | str) -> Parameters | None:
    """Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231); None when no type stands there."""
    text = (
        one_line(raw if isinstance(raw, str) else decode_header_bytes(raw[:LONGEST_VALUE]))
        .replace("\t", " ")
        .strip("\x00")
    )
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
    if (
        "=" in head
        and (stray := re.search(r"(?<=\S)[ \t]+(?=[A-Za-z0-9*_-]+=)", head))
        and "/" in head[: stray.start()]
    ):
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
