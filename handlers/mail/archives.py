"""Mail kept in files: an mbox, a Maildir, or folders of .eml, found first and then read one by one, oldest first."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from handlers.mail.prescan import LARGEST_HEADER_BLOCK, LARGEST_MAIL

HEAD = 16 * 1024
"""How much of a mail is looked at for its date, in a first pass."""
LINE = 64 * 1024
SUFFIXES = frozenset({".eml", ".mbox", ".mbx", ".mail", ".email", ".msg"})

_DATE = re.compile(rb"^date:[ \t]*([^\r\n]{1,100})", re.IGNORECASE | re.MULTILINE)
_RECEIVED = re.compile(rb"^received:", re.IGNORECASE | re.MULTILINE)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_EMPTY_END = re.compile(rb"(?<=\n)\r?\n\Z")
"""The empty line that parts the mails of an mbox."""
_LONE_LF = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Found:
    """Where one mail lies: a file, or a stretch of one."""

    at: datetime
    path: Path
    start: int
    size: int
    quoted: bool
    """Stands in an mbox, where lines that begin with "From " are quoted."""


def find(path: Path) -> list[Found]:
    """Every mail at this path, oldest first (those without a date by the file's). OSError: it is not there."""
    found = list(_walk(path))
    return sorted(found, key=lambda one: one.at)


def read(found: Found) -> tuple[bytes, bool]:
    """Its bytes as they went over the wire, and whether that is all of them. OSError."""
    with found.path.open("rb") as file:
        file.seek(found.start)
        raw = file.read(min(found.size, LARGEST_MAIL))
    if found.quoted:
        raw = _QUOTED_FROM.sub(rb"\1", _EMPTY_END.sub(b"", raw))
    # line ends as a server would give them, so that the same mail is known again wherever it is met
    return _LONE_LF.sub(b"\r\n", raw), found.size <= LARGEST_MAIL


def travelled(raw: bytes) -> bool:
    """Whether it came over the wire: each server on the way writes a Received line (RFC 5321 section 4.4)."""
    head = raw[:LARGEST_HEADER_BLOCK].partition(b"\r\n\r\n")[0]
    return _RECEIVED.search(head) is not None


def _walk(path: Path) -> Iterator[Found]:
    if not path.is_dir():
        path.stat()
        yield from _in_file(path)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        in_maildir = Path(folder).name in {"cur", "new"}
        for name in sorted(names):
            inner = Path(folder) / name
            if in_maildir or inner.suffix.lower() in SUFFIXES or _is_mbox(inner):
                yield from _in_file(inner)


def _is_mbox(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError:
        return False


def _in_file(path: Path) -> Iterator[Found]:
    about = path.stat()
    day = datetime.fromtimestamp(about.st_mtime, UTC)
    if path.suffix.lower() != ".eml" and _is_mbox(path):
        yield from _in_mbox(path, day)
        return
    with path.open("rb") as file:
        yield Found(_date(file.read(HEAD)) or day, path, 0, about.st_size, quoted=False)


def _in_mbox(path: Path, day: datetime) -> Iterator[Found]:
    """A mail begins after a line "From …" that stands first, or behind an empty line (RFC 4155)."""
    start, head, blank, whole, offset = -1, bytearray(), True, True, 0
    with path.open("rb") as file:
        while line := file.readline(LINE):
            if whole and blank and line.startswith(b"From ") and _separates(line):
                if start >= 0:
                    day = _date(bytes(head)) or day
                    yield Found(day, path, start, offset - start, quoted=True)
                start = offset + len(line)
                head.clear()
            elif len(head) < HEAD:
                head += line
            offset += len(line)
            blank = whole and line in (b"\n", b"\r\n")
            whole = line.endswith(b"\n")
    if start >= 0:
        yield Found(_date(bytes(head)) or day, path, start, offset - start, quoted=True)


def _separates(line: bytes) -> bool:
    """Whether such a line names a sender and a year, as mail programs write it, and is no prose."""
    return len(line) < 400 and re.search(rb" (?:19|20)\d\d(?: [+-]\d{4})?\s*$", line) is not None


def _date(head: bytes) -> datetime | None:
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    match = _DATE.search(block)
    if match is None:
        return None
    try:
        found = parsedate_to_datetime(match[1].decode("ascii", "replace"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
