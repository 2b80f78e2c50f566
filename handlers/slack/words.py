"""Text from outside as Slack text that cannot ping, link, format or hide anything."""

import re

_BREAKER = "\u200b"
"""Zero width space: nothing to see, and what stood together is apart."""

_MARKUP = str.maketrans("*_~`", "\u2217\uff3f\u223c\u02cb")
"""Signs that look the same: between spaces of no width Slack would still read the real ones as markup."""
_CALL = re.compile(r"(?<!\w)([@#])(?=\w)")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_LINK = re.compile(r"(?i):(?=//)|www(?=\.)|mailto:|tel:")
_QUOTE_LINE = re.compile(r"(?m)^(\s*)(>)")


def escaped(text: str) -> str:
    """The same text as Slack's markup sees it: & < > stand for themselves, so no mention and no labelled link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(text: str) -> str:
    """Text from outside for a place where Slack reads markup; what it shows is the text and nothing else.

    Used for the fallback line of a message only: blocks carry such text in plain_text and rich_text elements.
    """
    text = _QUOTE_LINE.sub(rf"\1{_BREAKER}\2", visible(text))
    text = _CALL.sub(rf"\1{_BREAKER}", text)
    text = _EMOJI.sub(f":{_BREAKER}", text)
    text = _LINK.sub(lambda found: found.group(0) + _BREAKER, text)
    return escaped(text.translate(_MARKUP))


def visible(text: str) -> str:
    """Without characters that have no shape of their own: controls, and marks that turn the reading direction."""
    return text.translate(_HIDDEN)


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


_HIDDEN = dict.fromkeys(
    [
        *(c for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in "\n\t"),
        *range(0xD800, 0xE000),
        *map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"),
    ]
)
