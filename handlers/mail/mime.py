"""The parts of a mail (RFC 2045, 2046) as a tree of slices: linear, bounded, never an exception."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from handlers.mail.charsets import codec_for, decode
from handlers.mail.headers import LONGEST_VALUE, base64_bytes, unfold
from handlers.mail.parameters import Parameters, read_parameters

DEEPEST_NESTING = 20
MOST_PARTS = 200
LARGEST_TEXT = 2 * 1024 * 1024
"""Bytes of one part that are read as text; the whole of it stays in the raw mail."""

FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
LOOSE_PARAMETER = re.compile(
    rb"(?:boundary|charset|name|filename|type|report-type|format)\*?=", re.IGNORECASE
)
FIELDS_GO_ON = re.compile(
    rb"(?:[^\r\n]{1,998}\r?\n){1,4}(?:received|from|to|subject|date|message-id|mime-version|content-[a-z-]{2,30}):",
    re.IGNORECASE,
)
"""Folded lines whose blanks somebody ate: a field everybody knows follows within a few lines."""
TYPE_DEFAULT = Parameters("text", "plain", {})


@dataclass(slots=True)
class Part:
    """One part: its header fields (lower-case names, raw bodies), its type, and its body or its parts."""

    fields: list[tuple[str, bytes]]
    type: str
    subtype: str
    parameters: dict[str, str]
    disposition: str
    filename: str | None
    encoding: str
    body: bytes
    parts: list["Part"] = field(default_factory=list)

    @property
    def media(self) -> str:
        return f"{self.type}/{self.subtype}" if self.subtype else self.type

    def first(self, name: str) -> bytes | None:
        """The first field of that lower-case name."""
        for field_name, value in self.fields:
            if field_name == name:
                return value
        return None

    def all(self, name: str) -> list[bytes]:
        return [value for field_name, value in self.fields if field_name == name]

    def content(self) -> bytes:
        """The body with its transfer encoding undone; damage costs characters, never an exception."""
        if self.encoding == "base64":
            return base64_bytes(self.body)
        if self.encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if self.encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
            return uudecoded(self.body)
        return self.body

    def leaves(self) -> Iterator["Part"]:
        """Every part that holds a body, in the order of the mail, without recursion."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            if part.parts:
                waiting.extend(reversed(part.parts))
            else:
                yield part


@dataclass(slots=True)
class Mail:
    """A parsed mail and what was too much of it (flag names)."""

    root: Part
    flags: list[str]


def parse(raw: bytes) -> Mail:
    """The tree of a mail that passed the pre-scan. Deeper and further parts than our limits stay unread, flagged."""
    flags: list[str] = []
    root, body = _head(raw, 0, len(raw), digest=False)
    count = 1
    waiting = [(root, body, 1)]
    while waiting:
        part, body, depth = waiting.pop()
        pieces = _pieces(part, body, depth, flags)
        for piece in pieces or ():
            if count >= MOST_PARTS:
                _flag(flags, "too_many_parts")
                break
            child, child_body = _head(
                piece, 0, len(piece), digest=part.subtype == "digest" and part.type == "multipart"
            )
            part.parts.append(child)
            count += 1
            waiting.append((child, child_body, depth + 1))
        if not part.parts:
            part.body = body
    _read_raw_headers(root)
    return Mail(root, flags)


def _read_raw_headers(root: Part) -> None:
    """Raw 8-bit header fields are in the charset of the words below them, when they are not UTF-8 (RFC 6532)."""
    if all(value.isascii() for _, value in root.fields):
        return
    charset = next((part.parameters["charset"] for part in root.leaves() if "charset" in part.parameters), "")
    codec = codec_for(charset)
    if codec in {None, "utf-8"}:
        return
    for place, (name, value) in enumerate(root.fields):
        if not value.isascii():
            text, strange = decode(value, "utf-8")
            if strange or "\ufffd" in text:
                text, strange = decode(value, charset)
            root.fields[place] = (name, value if strange else text.encode("utf-8", "replace"))


def _flag(flags: list[str], name: str) -> None:
    if name not in flags:
        flags.append(name)


def _pieces(part: Part, body: bytes, depth: int, flags: list[str]) -> list[bytes] | None:
    """The raw parts inside, or None for a leaf."""
    if part.type != "multipart":
        return None
    if depth >= DEEPEST_NESTING:
        _flag(flags, "too_deep")
        return None
    stated = part.parameters.get("boundary")
    pieces = split_multipart(body, stated, flags) if stated else None
    if pieces is None and depth == 1 and (guessed := guessed_boundary(body)):
        pieces = split_multipart(body, guessed, flags)
    return pieces


def _head(raw: bytes, start: int, end: int, *, digest: bool) -> tuple[Part, bytes]:
    fields, at = read_fields(raw, start, end)
    kind = disposition = None
    encoding = ""
    for name, value in fields:
        if name == "content-type":
            kind = read_parameters(value) or kind  # stated twice: the last is what most programs go by
        elif name == "content-disposition" and disposition is None:
            disposition = read_parameters(value)
        elif name == "content-transfer-encoding" and not encoding:
            encoding = unfold(value).partition("(")[0].strip(" \t\"';").lower()
    if kind is None or not kind.type:
        kind = (
            Parameters("message", "rfc822", kind.values if kind else {})
            if digest
            else TYPE_DEFAULT
            if kind is None
            else (Parameters("text", "plain", kind.values))
        )
    filename = (disposition.values.get("filename") if disposition else None) or kind.values.get("name")
    part = Part(fields, kind.type, kind.subtype or ("plain" if kind.type == "text" else ""), kind.values,
                disposition.type if disposition else "", filename, encoding, b"")  # fmt: skip
    return part, raw[at:end]


def read_fields(raw: bytes, start: int = 0, end: int | None = None) -> tuple[list[tuple[str, bytes]], int]:
    """The header fields from `start`, and where the body begins.

    A line that is no field is skipped when fields follow it, else the body begins there: senders forget the
    blank line, and transports break lines.
    """
    end = len(raw) if end is None else end
    fields: list[tuple[str, bytes]] = []
    at = start
    name, value_start = "", -1
    while at < end:
        stop = raw.find(b"\n", at, end)
        stop = end if stop < 0 else stop + 1
        first = raw[at]
        if first in b"\r\n" and not raw[at:stop].strip(b"\r\n"):
            if name:
                fields.append((name, raw[value_start:at]))
            return fields, stop
        if first in b" \t":
            # A line of blanks ends the header when nothing is being continued or the text starts behind it.
            if not name:
                return fields, at
            at = stop
            continue
        if name and LOOSE_PARAMETER.match(raw, at, stop) and raw[value_start:at].rstrip().endswith(b";"):
            at = stop  # a parameter whose line somebody forgot to indent
            continue
        found = FIELD.match(raw, at, stop)
        if found:
            if name:
                fields.append((name, raw[value_start:at]))
            name, value_start = found[1].decode("ascii").lower(), found.end()
            at = stop
            continue
        if name:
            fields.append((name, raw[value_start:at]))
            name = ""
        if not fields or not (FIELD.match(raw, stop, end) or FIELDS_GO_ON.match(raw, stop, end)):
            return fields, at
        at = stop
    if name:
        fields.append((name, raw[value_start:at]))
    return fields, end


def split_multipart(body: bytes, boundary: str, flags: list[str]) -> list[bytes] | None:
    """The raw parts between boundary lines (RFC 2046 5.1.1); None when there are none.

    A delimiter is the start of a line and may be followed by blanks only; a missing closing delimiter is
    made up for by the end of the body.
    """
    delimiter = b"--" + boundary.rstrip().encode("utf-8", "replace")
    pieces: list[bytes] = []
    start = -1
    at = 0
    while True:
        found = body.find(delimiter, at)
        if found < 0:
            break
        behind = found + len(delimiter)
        at = behind
        if found and body[found - 1] not in b"\r\n":
            continue
        closing = body[behind : behind + 2] == b"--"
        line_end = body.find(b"\n", behind)
        line_end = len(body) if line_end < 0 else line_end + 1
        # "--boundary--text" closes all the same: nothing but this could have been meant.
        if not closing and body[behind:line_end].strip():
            continue
        if start >= 0:
            pieces.append(_without_line_end(body, start, found))
            if len(pieces) > MOST_PARTS:
                _flag(flags, "too_many_parts")
                return pieces
        if closing:
            start = -1
            break
        start = at = line_end
    if start >= 0:
        _flag(flags, "unclosed_parts")
        pieces.append(body[start:])
    return pieces or None


def _without_line_end(body: bytes, start: int, end: int) -> bytes:
    """The line end before a delimiter belongs to the delimiter."""
    if end > start and body[end - 1 : end] == b"\n":
        end -= 1
    if end > start and body[end - 1 : end] == b"\r":
        end -= 1
    return body[start:end]


GUESSED = re.compile(rb"(?m)^--(\S[^\r\n]{0,69}?)[ \t]*\r?\nContent-[A-Za-z-]{4,30}:", re.IGNORECASE)


def guessed_boundary(body: bytes) -> str | None:
    """The boundary of a multipart that names none, or one that is not there: a line before a part's header, twice."""
    found = GUESSED.search(body, 0, LONGEST_VALUE)
    if found is None or body.count(b"--" + found[1]) < 2:
        return None
    return found[1].decode("latin-1")


UU_BEGIN = re.compile(rb"(?m)^begin [0-7]{3,4} [^\r\n]+\r?\n")


def uudecoded(data: bytes) -> bytes:
    """The first uuencoded file in the bytes; what is damaged ends it."""
    import binascii

    begin = UU_BEGIN.search(data)
    if begin is None:
        return data
    out = []
    for line in data[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            try:  # lines padded by a careless encoder
                out.append(binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3 + 1]))
            except (binascii.Error, IndexError):
                continue
    return b"".join(out)
