"""The words of IMAP (RFC 3501): quoting what we say, reading what a FETCH, LIST or EXAMINE answers."""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

Line = bytes | bytearray
"""A line of text, or (bytearray) a literal, in the order they came."""

_TOKEN = re.compile(rb'[ \t]*(?:([()])|"((?:[^"\\]|\\.)*)"|([^ \t()"]+))', re.DOTALL)
_FETCH = re.compile(rb"[0-9]+ FETCH \(", re.IGNORECASE)
_LITERAL_MARK = re.compile(rb"\{[0-9]+\+?\}$")
_CODE = re.compile(rb"\[([A-Z0-9-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
_LIST = re.compile(rb'\(([^)]*)\) (?:"(?:\\.|[^"])*"|NIL) ?(.*)', re.DOTALL)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})")


@dataclass(frozen=True)
class Fetched:
    """What one FETCH answer said of one mail; None: it did not say."""

    uid: int
    size: int | None = None
    internal_date: datetime | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Folder:
    """A mailbox as LIST shows it; flags in lower case, with their backslash."""

    name: str
    flags: frozenset[str] = field(default_factory=frozenset)


def quote(text: str) -> str:
    """A quoted string (RFC 3501 section 9). ValueError: it holds what no quoted string can (controls, non-ASCII)."""
    if not text.isascii() or any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("not expressible as a quoted string")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quote_folder(name: str) -> str:
    """A mailbox name in modified UTF-7 (RFC 3501 section 5.1.3), quoted."""
    out: list[str] = []
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if run.isascii() and run.isprintable():
            out.append(run.replace("&", "&-"))
        else:
            code = base64.b64encode(run.encode("utf-16-be"), b"+,").decode().rstrip("=")
            out.append(f"&{code}-")
    return quote("".join(out))


def read_folder_name(raw: bytes) -> str:
    """Undo modified UTF-7; a name that is not well-formed comes back as it stands."""
    text = raw.decode("utf-8", "replace")

    def run(match: re.Match[str]) -> str:
        code = match[1]
        if not code:
            return "&"
        return base64.b64decode(code + "=" * (-len(code) % 4), b"+,").decode("utf-16-be")

    try:
        return re.sub(r"&([A-Za-z0-9+,]*)-", run, text)
    except ValueError:
        return text


def uid_set(uids: Iterable[int]) -> str:
    """UIDs as the shortest set: 1,2,3,7 is "1:3,7"."""
    ordered = sorted(set(uids))
    if not ordered:
        raise ValueError("an empty set of UIDs")
    runs: list[list[int]] = [[ordered[0], ordered[0]]]
    for before, uid in pairwise(ordered):
        if uid == before + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def imap_day(moment: datetime) -> str:
    """A day as SEARCH wants it: 3-Nov-2026. Names of months are English in every locale."""
    return f"{moment.day}-{_MONTHS[moment.month - 1]}-{moment.year}"


def read_internal_date(text: str) -> datetime | None:
    """INTERNALDATE as aware UTC; None when the server wrote something else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, month, *rest = match.groups()
    try:
        number = _MONTHS.index(month.capitalize()) + 1
        stamp = f"{rest[0]}-{number:02}-{int(day):02} {rest[1]}:{rest[2]}:{rest[3]} {rest[4]}"
        return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_code(lines: Iterable[Line], name: str) -> str | None:
    """What the response code [NAME …] says in these lines; "" when it stands there without a value."""
    for line in lines:
        for match in _CODE.finditer(line):
            if match[1].decode().upper() == name:
                return (match[2] or b"").decode("ascii", "replace")
    return None


def read_numbers(lines: Iterable[Line]) -> list[int]:
    """All numbers of the SEARCH answers (a server may split them over several lines)."""
    return [int(word) for line in lines for word in bytes(line).split() if word.isdigit()]


def read_list(lines: Sequence[Line]) -> list[Folder]:
    """The folders of a LIST answer; names quoted, bare or as literal."""
    folders: list[Folder] = []
    for line, after in pairwise([*lines, b""]):
        match = None if isinstance(line, bytearray) else _LIST.match(line)
        if match is None:
            continue
        raw = match[2]
        if isinstance(after, bytearray):
            raw = bytes(after)
        elif raw.startswith(b'"'):
            raw = _unescape(raw[1:].removesuffix(b'"'))
        flags = frozenset(match[1].decode("ascii", "replace").lower().split())
        folders.append(Folder(read_folder_name(raw), flags))
    return folders


def read_fetch(lines: Sequence[Line]) -> list[Fetched]:
    """The mails of a FETCH answer. Answers without a UID (news about flags) are passed over."""
    found: list[Fetched] = []
    for record in _records(lines):
        items = _items(record)
        uid = items.get(b"UID", b"")
        if not isinstance(uid, bytes) or not uid.isdigit():
            continue
        size, date = items.get(b"RFC822.SIZE"), items.get(b"INTERNALDATE")
        body = next((value for name, value in items.items() if name.startswith(b"BODY[]")), None)
        found.append(
            Fetched(
                uid=int(uid),
                size=int(size) if isinstance(size, bytes) and size.isdigit() else None,
                internal_date=read_internal_date(bytes(date).decode("ascii", "replace")) if date else None,
                body=None if body is None else bytes(body),
            )
        )
    return found


def _records(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """One FETCH answer each: its text, its literals and the text between. Text after a literal always belongs to it."""
    record: list[Line] = []
    for line in lines:
        after_literal = bool(record) and isinstance(record[-1], bytearray)
        if not isinstance(line, bytearray) and not after_literal:
            if record:
                yield record
            match = _FETCH.match(line)
            record = [line[match.end() :]] if match else []
        elif record:
            record.append(line)
    if record:
        yield record


def _items(record: list[Line]) -> dict[bytes, Line | None]:
    """The name-value pairs of one FETCH answer; NIL is None, a list of values is left out."""
    items: dict[bytes, Line | None] = {}
    depth, name = 0, None
    for kind, value in _tokens(record):
        if kind == b"(":
            depth += 1
        elif kind == b")":
            depth -= 1
            if depth < 0:
                break
            if depth == 0:
                name = None
        elif depth == 0 and name is None:
            name = bytes(value).upper()
        elif depth == 0 and name is not None:
            items[name] = None if kind == b"atom" and bytes(value).upper() == b"NIL" else value
            name = None
    return items


def _tokens(record: list[Line]) -> Iterator[tuple[bytes, Line]]:
    for part in record:
        if isinstance(part, bytearray):
            yield b"literal", part
            continue
        for match in _TOKEN.finditer(_LITERAL_MARK.sub(b"", part)):
            if match[1]:
                yield match[1], match[1]
            elif match[2] is not None:
                yield b"quoted", _unescape(match[2])
            else:
                yield b"atom", match[3]


def _unescape(raw: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
