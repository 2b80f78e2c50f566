"""A look at the raw bytes of a mail before anything parses it: the limits no honest mail reaches."""

import re

from bot.errors import Quarantined

LARGEST_MAIL = 25 * 1024 * 1024
LARGEST_HEADER_BLOCK = 256 * 1024
MOST_HEADER_LINES = 1000

BLANK_LINE = re.compile(rb"\n\r?\n|\r\r(?!\n)")
LEADING = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n \t]*(?=[!-9;-~]{1,200}[ \t]*:|From |>From )")
MBOX_LINE = re.compile(rb">?From [^\r\n]*\r?\n")


def prescan(raw: bytes) -> bytes:
    """The mail without what transports put in front of it (blank lines, a byte order mark, an mbox line).

    Costs one pass over the header block. Raises Quarantined when the mail or its header block is beyond
    the limits; what is large inside (parts, nesting, addresses, text) is cut and flagged later.
    """
    if len(raw) > LARGEST_MAIL:
        raise Quarantined(f"the mail has {len(raw)} bytes; the limit is {LARGEST_MAIL}")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    if found := LEADING.match(raw):
        raw = raw[found.end() :]
    if found := MBOX_LINE.match(raw):
        raw = raw[found.end() :]
    end = BLANK_LINE.search(raw, 0, LARGEST_HEADER_BLOCK + 4)
    block = end.start() if end else len(raw)
    if end is None and len(raw) > LARGEST_HEADER_BLOCK and _is_header_to(raw, LARGEST_HEADER_BLOCK):
        raise Quarantined(f"the header block is larger than {LARGEST_HEADER_BLOCK} bytes")
    lines = raw.count(b"\n", 0, min(block, LARGEST_HEADER_BLOCK))
    if lines > MOST_HEADER_LINES and _is_header_to(raw, block):
        raise Quarantined(f"the header block has {lines} lines; the limit is {MOST_HEADER_LINES}")
    return raw


FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]")


def _is_header_to(raw: bytes, end: int) -> bool:
    """Whether the first lines are header fields: a text without a header is long too."""
    first = raw[: min(end, 4096)].split(b"\n")[:20]
    return sum(1 for line in first if FIELD.match(line)) * 2 >= len(first)
