"""Marks the quotes in an HTML mail, so that its text can be split like a plain one."""

import re
from dataclasses import dataclass
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from handlers.mail.header_blocks import label_of
from handlers.mail.html_text import LARGEST_HTML, read_html

# Put into the text where a container starts or ends. Private use characters, so never part of a word.
OPEN, MAYBE, INDENT, CLOSE = "\ue0a0", "\ue0a1", "\ue0a2", "\ue0a3"
OLDER, SIGN, END_SIGN, BREAK = "\ue0a4", "\ue0a5", "\ue0a6", "\ue0a7"
_MARKS = re.compile("([\ue0a0-\ue0a7])")
MOST_MARKED = 400

# Containers that hold nothing but the older mail, or the line above it.
_QUOTES = """
    blockquote[type=cite], blockquote[cite], .gmail_attr, .moz-cite-prefix, .moz-email-headers-table,
    .yahoo_quoted, [id*=yahoo_quoted], .protonmail_quote, .tutanota_quote, .zmail_extra_hr, .zmail_extra,
    .front-blockquote, .missive_quote, .ms-outlook-mobile-reference-message, [name=messageReplySection],
    [name=quote], #OLK_SRC_BODY_SECTION, [id$=OLK_SRC_BODY_SECTION],
    #mail-editor-reference-message-container, #isReplyContent, #isForwardContent, .ntes-mailmaster-quote,
    includetail, .iosymail, .airmail_ext_on, .clean_bq, .hs_reply, .x_gmail_attr, .ovh-quote, .quoted-text,
    [data-marker=__QUOTED_TEXT__]
"""
# From here on everything is the older mail (Outlook and Zimbra put it beside their marker, not into a container).
_FROM_HERE = """
    #divRplyFwdMsg, [id$=divRplyFwdMsg], #appendonsend, [id$=appendonsend], hr#stopSpelling, hr#zwchr,
    hr[data-marker=__DIVIDER__], hr.hrQuoted
"""
_SIGNATURES = """
    .gmail_signature, .moz-signature, #Signature, #signature, [data-signatureblock],
    #ms-outlook-mobile-signature, #AppleMailSignature, .protonmail_signature_block,
    #ymail_android_signature, #composer_signature, [name=messageSignatureSection],
    #lineBreakAtBeginningOfSignature
"""


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of an HTML mail and what the elements around it say."""

    text: str
    quoted: bool
    """Inside an element that only ever holds older mail."""
    older: bool
    """Below the place where the older mail begins."""
    maybe: int
    """Inside the n-th block quote that may be quoted mail or the writer's own layout; 0: in none."""
    indent: bool
    """That block quote is of the kind that Gmail also uses to indent."""
    signed: bool


def marked_lines(html: str) -> list[MarkedLine]:
    """The text of an HTML mail line by line, each with what the elements around it say."""
    tree = LexborHTMLParser(html[:LARGEST_HTML])
    _mark(tree)
    # Block quotes lose their tag: what is a quote is marked, and the others are the writer's own layout.
    source = (tree.html or "").replace("<blockquote", "<div").replace("</blockquote", "</div")
    return _lines(read_html(source).visible)


def _mark(tree: LexborHTMLParser) -> None:
    for node in tree.css("hr")[:MOST_MARKED]:
        node.insert_before(BREAK)
    bordered = (
        node for node in tree.css("div[style*=border-top]")[:MOST_MARKED] if _opens_header_block(node)
    )
    for node in (*tree.css(_FROM_HERE)[:1], *islice(bordered, 1)):
        node.insert_before(OLDER)
    for node in tree.css(_SIGNATURES)[:MOST_MARKED]:
        node.insert_before(SIGN)
        node.insert_after(END_SIGN)
    for node in tree.css(_QUOTES)[:MOST_MARKED]:
        _enclose(node, OPEN)
    for node in tree.css("div.gmail_quote, div.gmail_quote_container")[:MOST_MARKED]:
        # With block quotes inside, what stands between them is a reply between the lines.
        if node.css_first("blockquote") is None or _forwards(node):
            _enclose(node, OPEN)
    for node in tree.css("blockquote")[:MOST_MARKED]:
        attributes = node.attributes
        if attributes.get("type") != "cite" and "cite" not in attributes and not _within_block_quote(node):
            _enclose(node, INDENT if "gmail_quote" in (attributes.get("class") or "") else MAYBE)


def _enclose(node: LexborNode, mark: str) -> None:
    node.insert_before(mark)
    node.insert_after(CLOSE)


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


def _lines(text: str) -> list[MarkedLine]:
    out: list[MarkedLine] = []
    stack: list[tuple[str, int]] = []
    number = signs = 0
    older = False
    for line in text.split("\n"):
        parts = _MARKS.split(line)
        for part in parts:
            if part in {OPEN, MAYBE, INDENT}:
                number += part != OPEN
                stack.append((part, number))
            elif part == CLOSE:
                del stack[-1:]
            elif part in {SIGN, END_SIGN}:
                signs = max(0, signs + (1 if part == SIGN else -1))
            elif part == OLDER:
                older = True
            elif part != BREAK and (part.strip() or len(parts) == 1):
                kind, maybe = next((entry for entry in stack if entry[0] != OPEN), ("", 0))
                quoted = any(entry[0] == OPEN for entry in stack)
                words = part if len(parts) == 1 else part.strip()
                out.append(MarkedLine(words, quoted, older, maybe, kind == INDENT, signs > 0))
    return out
