"""What fits into Slack, and how a long text is parted without losing a letter."""

SECTION = 2_800
"""One section holds 3,000; the rest is a margin for how Slack counts."""
CARD_TEXT = 10_000
"""All blocks of one message hold about 13,200 characters together, which Slack does not document."""
PAGE_TEXT = 9_000
"""What one page of a window shows."""
OPTION_TEXT = 75
OPTIONS = 100
OPTION_VALUE = 150
INPUT = 2_900
"""An input takes 3,000."""
INPUT_MAX = 3_000
FALLBACK = 300
MESSAGE_TEXT = 40_000
"""Beyond this chat.postMessage cuts a text without a word."""

_COSTLY = {"&": 5, "<": 4, ">": 4}
"""Slack stores these as &amp; &lt; &gt;, and may count them so."""


def cost(text: str) -> int:
    """How many characters Slack may count: UTF-16 units, with & < > as entities."""
    return (
        len(text)
        + sum(1 for c in text if c > "\uffff")
        + sum(text.count(c) * (n - 1) for c, n in _COSTLY.items())
    )


def paged(text: str, size: int) -> tuple[str, ...]:
    """The text in parts that each cost at most `size`; joined they are the text again, letter for letter.

    Breaks after a paragraph, else a line, else a space, else anywhere. "" gives no part.
    """
    parts = []
    start = 0
    while start < len(text):
        end = _reach(text, start, size)
        if end < len(text):
            end = _break(text, start, end)
        parts.append(text[start:end])
        start = end
    return tuple(parts)


def clipped(text: str, size: int) -> str:
    """The text, or its beginning and "…", costing at most `size`; only for what nobody approves."""
    if cost(text) <= size:
        return text
    return text[: _reach(text, 0, size - 1)].rstrip() + "…"


def _reach(text: str, start: int, size: int) -> int:
    """How far a part may go; always at least one character on."""
    spent = 0
    for index in range(start, len(text)):
        char = text[index]
        spent += _COSTLY.get(char, 2 if char > "\uffff" else 1)
        if spent > size:
            return max(index, start + 1)
    return len(text)


def _break(text: str, start: int, end: int) -> int:
    earliest = start + (end - start) // 2
    for mark in ("\n\n", "\n", " "):
        at = text.rfind(mark, earliest, end)
        if at > start:
            return at + len(mark)
    return end
