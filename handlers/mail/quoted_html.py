"""Marks the quotes in an HTML mail, so that its text can be split like a plain one."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from handlers.mail.attributions import label_of
from handlers.mail.html_text import LARGEST_HTML, read_html

OPEN, CLOSE, MAYBE, SIGN, END_SIGN, BREAK = "\ue0a0", "\ue0a1", "\ue0a2", "\ue0a3", "\ue0a4", "\ue0a5"
"""Put into the text around a quote, a block quote that may be one, a signature, and for a rule; private use, never words."""
_MARKS = re.compile(f"([{OPEN}{CLOSE}{MAYBE}{SIGN}{END_SIGN}{BREAK}])")
MOST_MARKED = 400

# Containers that hold nothing but the older mail, or the line above it.
_QUOTES = ", ".join(
    (
        "blockquote[type=cite]", "blockquote[cite]", ".gmail_attr", ".moz-cite-prefix", ".moz-email-headers-table",
        ".yahoo_quoted", "[id*=yahoo_quoted]", ".protonmail_quote", ".tutanota_quote", ".zmail_extra_hr", ".zmail_extra",
        ".front-blockquote", ".missive_quote", ".ms-outlook-mobile-reference-message", "[name=messageReplySection]",
        "[name=quote]", "#OLK_SRC_BODY_SECTION", "[id$=OLK_SRC_BODY_SECTION]", "#mail-editor-reference-message-container",
        "#isReplyContent", "#isForwardContent", ".ntes-mailmaster-quote", "includetail", ".iosymail", ".airmail_ext_on",
        ".clean_bq", ".hs_reply", ".x_gmail_attr", ".ovh-quote", ".quoted-text", "[data-marker=__QUOTED_TEXT__]",
    )
)  # fmt: skip
# From here on everything is the older mail (Outlook and Zimbra put it beside their marker, not into a container).
_FROM_HERE = ", ".join(
    (
        "#divRplyFwdMsg", "[id$=divRplyFwdMsg]", "#appendonsend", "[id$=appendonsend]", "hr#stopSpelling", "hr#zwchr",
        "hr[data-marker=__DIVIDER__]", "hr.hrQuoted",
    )
)  # fmt: skip
_SIGNATURES = ", ".join(
    (
        ".gmail_signature", ".moz-signature", "#Signature", "#signature", "[data-signatureblock]", "#ms-outlook-mobile-signature",
        "#AppleMailSignature", ".protonmail_signature_block", "#ymail_android_signature", "#lineBreakAtBeginningOfSignature",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of an HTML mail: inside a certain quote, inside the n-th possible one (0: none), in a signature."""

    text: str
    quoted: bool
    maybe: int
    signed: bool
    formatting: bool = False
    """The possible quote is a block quote that Gmail also uses to indent."""


def marked_lines(html: str) -> list[MarkedLine]:
    """The text of an HTML mail line by line, each with what its containers say about it."""
    tree = LexborHTMLParser(html[:LARGEST_HTML])
    root = tree.body or tree.root
    if root is None:
        return []
    formatting = _mark(tree)
    # Block quotes lose their tag: what is a quote is marked, and the others are the writer's own layout.
    source = (tree.html or "").replace("<blockquote", "<div").replace("</blockquote", "</div")
    return _lines(read_html(source).visible, formatting)


def _mark(tree: LexborHTMLParser) -> set[int]:
    """Put the marks into the tree; the numbers of the possible quotes that may be mere indentation."""
    for node in tree.css("hr")[:MOST_MARKED]:
        node.insert_before(BREAK)
    for node in tree.css(_FROM_HERE)[:1]:
        node.insert_before(OPEN)
    for node in tree.css("div[style*=border-top]")[:MOST_MARKED]:
        if _opens_header_block(node):
            node.insert_before(OPEN)
            break
    for node in tree.css(_SIGNATURES)[:MOST_MARKED]:
        node.insert_before(SIGN)
        node.insert_after(END_SIGN)
    for node in tree.css(_QUOTES)[:MOST_MARKED]:
        node.insert_before(OPEN)
        node.insert_after(CLOSE)
    for node in tree.css("div.gmail_quote, div.gmail_quote_container")[:MOST_MARKED]:
        # With block quotes inside, what stands between them is a reply between the lines.
        if node.css_first("blockquote") is None or _forwards(node):
            node.insert_before(OPEN)
            node.insert_after(CLOSE)
    formatting: set[int] = set()
    number = 0
    for node in tree.css("blockquote")[:MOST_MARKED]:
        attributes = node.attributes
        if attributes.get("type") == "cite" or "cite" in attributes or _within_block_quote(node):
            continue
        number += 1
        if "gmail_quote" in (attributes.get("class") or ""):
            formatting.add(number)
        node.insert_before(MAYBE)
        node.insert_after(CLOSE)
    return formatting


def _opens_header_block(node: LexborNode) -> bool:
    """Outlook and Windows Mail draw a line above the header block of older mail, in whatever language."""
    lines = [line for line in (node.text(separator="\n") or "")[:2000].split("\n") if line.strip()]
    labels = [label_of(line if ":" in line else f"{line}:") for line in lines[:12]]
    return bool(labels) and labels[0] is not None and sum(label is not None for label in labels) >= 2


def _forwards(node: LexborNode) -> bool:
    attribution = node.css_first(".gmail_attr")
    return attribution is not None and "-----" in (attribution.text() or "")


def _within_block_quote(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(200):
        if parent is None:
            return False
        if parent.tag == "blockquote":
            return True
        parent = parent.parent
    return True


def _lines(text: str, formatting: set[int]) -> list[MarkedLine]:
    out: list[MarkedLine] = []
    stack: list[int] = []
    number = signs = 0
    for line in text.split("\n"):
        parts = _MARKS.split(line)
        for part in parts:
            if part == OPEN:
                stack.append(0)
            elif part == MAYBE:
                number += 1
                stack.append(number)
            elif part == CLOSE:
                if stack:
                    stack.pop()
            elif part == SIGN:
                signs += 1
            elif part == END_SIGN:
                signs = max(0, signs - 1)
            elif part != BREAK and (part.strip() or len(parts) == 1):
                out.append(_line(part.strip() if len(parts) > 1 else part, stack, signs, formatting))
    return out


def _line(text: str, stack: list[int], signs: int, formatting: set[int]) -> MarkedLine:
    maybe = next((number for number in stack if number), 0)
    return MarkedLine(text, quoted=0 in stack, maybe=maybe, signed=signs > 0, formatting=maybe in formatting)
