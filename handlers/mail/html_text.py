"""HTML mail as the text a person sees, apart from what was hidden from them; nothing is ever fetched."""

import html as html_entities
import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from handlers.mail.hidden import INVISIBLE, UNKNOWN, WHITE, Look, hides, hiding_rules, look_within

LARGEST_HTML = 1024 * 1024
"""Characters of HTML that are read; legitimate mail stays far below (Gmail cuts at 102 kB)."""
MOST_NODES = 60_000

SKIPPED = frozenset({"script", "style", "head", "title", "meta", "link", "template", "noscript", "object", "embed",
                     "iframe", "svg", "math", "canvas", "audio", "video", "applet", "select", "option", "datalist",
                     "-comment", "!doctype"})  # fmt: skip
BLOCKS = frozenset({"p", "div", "table", "tr", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6",
                    "blockquote", "pre", "hr", "section", "article", "header", "footer", "main", "aside", "nav",
                    "address", "center", "form", "fieldset", "figure", "figcaption", "caption", "thead", "tbody",
                    "tfoot", "body", "html", "dir", "menu", "details", "summary", "td", "th", "br"})  # fmt: skip
SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table"})
"""Blocks with an empty line around them in every browser's own style sheet (tables: none, but mail uses <p> in them)."""

BLANKS = re.compile(r"[ \t\r\n\f\v]+")


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What a person sees, what was hidden from them, and whether the HTML was more than we read."""

    visible: str
    hidden: str
    cut: bool = False


def read_html(html: str) -> HtmlText:
    """The text of an HTML body. Quote containers are rendered like everything else ("> " before each line).

    Walks the tree without recursion, so depth is no limit. Hidden is what style attributes, colours equal
    to their background, zero sizes and the hidden attribute say; comments and scripts are not text at all.
    """
    cut = len(html) > LARGEST_HTML
    if is_bottomless(html):
        return HtmlText(without_tags(html[:LARGEST_HTML]), "", cut=True)
    tree = LexborHTMLParser(html[:LARGEST_HTML])
    writer = _Writer()
    rules = hiding_rules(html)
    body = tree.body or tree.root
    if body is None:
        return HtmlText("", "", cut)
    # A style sheet that paints backgrounds leaves us not knowing them: then only stated ones are judged.
    painted = "background" in html[: html.find("</head")] if "<style" in html else False
    _walk(body, writer, rules, Look(None, UNKNOWN if painted else WHITE))
    return HtmlText(
        writer.text(), BLANKS.sub(" ", " ".join(writer.hidden)).strip(), cut or writer.nodes >= MOST_NODES
    )


TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
CLOSE_THEMSELVES = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "tbody", "thead", "tfoot", "option", "colgroup",
                              "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source",
                              "wbr", "html", "head", "body"})  # fmt: skip
DEEPEST = 600
FEW_TAGS = 1500


def is_bottomless(html: str) -> bool:
    """Whether elements are nested so deep that an HTML parser's work grows with the square of it."""
    if html.count("<") < FEW_TAGS:
        return False
    depth = 0
    for tag in TAG.finditer(html, 0, LARGEST_HTML):
        if tag[2].lower() in CLOSE_THEMSELVES:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > DEEPEST:
            return True
    return False


def without_tags(html: str) -> str:
    """The bare words of HTML that is not worth parsing."""
    text = html_entities.unescape(ANY_TAG.sub(" ", html))
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)


class _Writer:
    """Collects lines the way a browser lays out blocks."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.hidden: list[str] = []
        self.quote = 0
        self.last_quote = 0
        self.blank_wanted = False
        self.pre = 0
        self.nodes = 0

    def words(self, text: str) -> None:
        if self.pre:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(force=True)
                self.line.append(other)
            return
        text = BLANKS.sub(" ", text)
        if text == " " and (not self.line or self.line[-1].endswith(" ")):
            return
        if self.line and self.line[-1].endswith(" "):
            text = text.lstrip(" ")
        self.line.append(text)

    def end_line(self, *, force: bool = False) -> None:
        text = "".join(self.line)
        text = text.rstrip() if self.pre else text.strip(" ")
        self.line = []
        if not text and not force:
            return
        if self.blank_wanted and self.lines and text:
            self._blank(min(self.quote, self.last_quote))
        if text:
            self.blank_wanted = False
            self.lines.append(">" * self.quote + " " + text if self.quote else text)
            self.last_quote = self.quote
        else:
            self._blank(self.quote)

    def _blank(self, quote: int) -> None:
        """An empty line, one at a time."""
        if self.lines and self.lines[-1].strip("> ") and not (quote and quote > self.last_quote):
            self.lines.append(">" * quote)

    def text(self) -> str:
        self.end_line()
        out: list[str] = []
        for line in self.lines:
            clean = line.replace("\xa0", " ").rstrip()
            if clean or (out and out[-1]):
                out.append(clean)
        return "\n".join(out).strip("\n")


def _walk(body: LexborNode, writer: _Writer, rules: frozenset[str], look: Look) -> None:
    node: LexborNode | None = body
    stack: list[tuple[LexborNode, Look]] = []
    while node is not None:
        writer.nodes += 1
        if writer.nodes > MOST_NODES:
            break
        descend = False
        tag = node.tag
        if tag == "-text":
            text = node.text_content
            if text:
                _say(text, writer, look)
        elif tag == "br":
            writer.end_line(force=True)
        elif tag == "img":
            _picture(node, writer)
        elif tag is not None and tag not in SKIPPED:
            attributes = node.attributes if node.child is not None or tag == "hr" else {}
            if attributes and hides(attributes, rules):
                hidden = node.text(deep=True, separator=" ", strip=False)
                if hidden and hidden.strip():
                    writer.hidden.append(INVISIBLE.sub("", hidden.strip())[:20_000])
            elif node.child is not None:
                descend = True
        if descend:
            child = node.child
            stack.append((node, look))
            _open(str(tag), writer)
            if attributes:
                look = look_within(look, attributes)
            node = child
            continue
        while node is not None and node.next is None:
            if not stack:
                return
            node, look = stack.pop()
            _close(str(node.tag), writer)
            if not stack:
                return
        node = node.next if node is not None else None


def _say(text: str, writer: _Writer, look: Look) -> None:
    if look.unseen and text.strip():
        writer.hidden.append(text.strip()[:20_000])
        return
    writer.words(text)


def _picture(node: LexborNode, writer: _Writer) -> None:
    alt = (node.attributes.get("alt") or "").strip()
    source = (node.attributes.get("src") or "").lower()
    if alt and len(alt) <= 8 and not alt.isascii() and ("emoji" in source or "1f" in source):
        writer.words(alt)  # an emoji sent as a picture is a word


def _open(tag: str, writer: _Writer) -> None:
    if tag in {"td", "th"}:
        if writer.line:
            writer.words("  " if not writer.pre else "\t")
        return
    if tag in BLOCKS:
        writer.end_line()
        writer.blank_wanted = writer.blank_wanted or tag in SPACED
    if tag == "li":
        writer.line.append("* ")
    elif tag == "blockquote":
        writer.quote += 1
    elif tag == "pre":
        writer.pre += 1


def _close(tag: str, writer: _Writer) -> None:
    if tag in {"td", "th"}:
        if writer.line and not writer.line[-1].endswith(" "):
            writer.line.append(" ")
        return
    if tag in BLOCKS:
        writer.end_line()
        writer.blank_wanted = writer.blank_wanted or tag in SPACED
    if tag == "blockquote":
        writer.quote = max(0, writer.quote - 1)
    elif tag == "pre":
        writer.pre = max(0, writer.pre - 1)
