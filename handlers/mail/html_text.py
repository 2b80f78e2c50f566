"""HTML mail as the text a person sees, apart from what was hidden from them; nothing is ever fetched."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

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

# Written on purpose by a sender who does not want it seen. A preheader is hidden too, and just as unread.
HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?(?![\d.])"
    r"|mso-hide\s*:\s*all|font-size\s*:\s*0*(?:\.0*)?[01]?(?:\.\d+)?(?:px|pt)(?!\w)|font-size\s*:\s*0(?:\.0*)?(?:em|rem|%|\s*;|\s*$|\s*!)"
    r"|(?:text-indent|left|top|margin-left)\s*:\s*-\d{3,}(?:\.\d+)?(?:px|pt|em)"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
SHRUNK = re.compile(r"(?:max-)?(?:height|width)\s*:\s*0(?:\.0*)?(?:px|pt|em|%)?\s*(?:!important\s*)?(?:;|$)", re.IGNORECASE)
CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)
COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;]{1,40})", re.IGNORECASE)
BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})(?:\s*,\s*([\d.]+))?", re.IGNORECASE)
NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240),
         "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240),
         "transparent": (-1, -1, -1), "red": (255, 0, 0), "blue": (0, 0, 255), "green": (0, 128, 0),
         "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192)}  # fmt: skip
CLOSE = 24
"""Colours nearer than this in every channel are one colour to a person's eye."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
TAGS = re.compile("[\U000e0020-\U000e007e]")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
RUN_OF_INVISIBLE = re.compile("[\u200b\u2060-\u2064\u180e\ufeff\u200c\u200d]{8,}")
BLANKS = re.compile(r"[ \t\r\n\f\v]+")
WHITE = (255, 255, 255)
UNKNOWN = (-999, -999, -999)


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
    tree = LexborHTMLParser(html[:LARGEST_HTML])
    writer = _Writer()
    rules = hiding_rules(html)
    body = tree.body or tree.root
    if body is None:
        return HtmlText("", "", cut)
    # A style sheet that paints backgrounds leaves us not knowing them: then only stated ones are judged.
    painted = "background" in html[: html.find("</head")] if "<style" in html else False
    _walk(body, writer, rules, (None, UNKNOWN if painted else WHITE))
    return HtmlText(writer.text(), BLANKS.sub(" ", " ".join(writer.hidden)).strip(), cut or writer.nodes >= MOST_NODES)


Colours = tuple[tuple[int, int, int] | None, tuple[int, int, int]]


class _Writer:
    """Collects lines the way a browser lays out blocks."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.hidden: list[str] = []
        self.quote = 0
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
        if self.blank_wanted and self.lines and self.lines[-1].strip(" >"):
            self.lines.append(("> " * self.quote).rstrip())
        self.blank_wanted = False
        self.lines.append((">" * self.quote + " " + text if self.quote else text).rstrip())

    def text(self) -> str:
        self.end_line()
        out: list[str] = []
        for line in self.lines:
            clean = line.replace("\xa0", " ").rstrip()
            if clean or (out and out[-1]):
                out.append(clean)
        return "\n".join(out).strip("\n")


def _walk(body: LexborNode, writer: _Writer, rules: frozenset[str], colours: Colours) -> None:
    node: LexborNode | None = body
    stack: list[tuple[LexborNode, Colours]] = []
    while node is not None:
        writer.nodes += 1
        if writer.nodes > MOST_NODES:
            break
        descend = False
        tag = node.tag
        if tag == "-text":
            text = node.text_content
            if text:
                _say(text, writer, colours)
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
            stack.append((node, colours))
            _open(str(tag), writer)
            if attributes:
                colours = _recoloured(colours, attributes)
            node = child
            continue
        while node is not None and node.next is None:
            if not stack:
                return
            node, colours = stack.pop()
            _close(str(node.tag), writer)
            if not stack:
                return
        node = node.next if node is not None else None


def _say(text: str, writer: _Writer, colours: Colours) -> None:
    front, back = colours
    if front is not None and _alike(front, back) and text.strip():
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


def hides(attributes: dict[str, str | None], rules: frozenset[str] = frozenset()) -> bool:
    """Whether an element with these attributes is not seen by anybody."""
    if "hidden" in attributes:
        return True
    if rules:
        if any(f".{name}" in rules for name in (attributes.get("class") or "").lower().split()):
            return True
        if f"#{(attributes.get('id') or '').lower()}" in rules:
            return True
    style = attributes.get("style")
    if not style:
        return False
    if HIDING.search(style):
        return True
    return bool(CLIPPED.search(style) and SHRUNK.search(style))


RULE = re.compile(r"([^{}@;]{1,300})\{([^{}]{0,2000})\}")
SIMPLE = re.compile(r"^(?:[a-z0-9]{1,12})?([.#][\w-]{1,80})$")


def hiding_rules(html: str) -> frozenset[str]:
    """Class and id names that the mail's own style sheet hides everywhere (rules inside @media are not everywhere)."""
    names: set[str] = set()
    at = 0
    while len(names) < 100:
        begin = html.find("<style", at)
        if begin < 0:
            break
        end = html.find("</style", begin)
        end = end if end >= 0 else len(html)
        for selectors, style in RULE.findall(_without_media(html[begin:end][:65536])):
            if HIDING.search(style) or (CLIPPED.search(style) and SHRUNK.search(style)):
                for selector in selectors.split(","):
                    if found := SIMPLE.match(selector.strip().lower().split("}")[-1].strip()):
                        names.add(found[1])
        at = end + 1
    return frozenset(names)


def _without_media(css: str) -> str:
    """Style rules outside of any @-block: what only a phone or a printer hides is seen."""
    out: list[str] = []
    depth, at, start = 0, 0, 0
    while (begin := css.find("@", at)) >= 0:
        brace, semicolon = css.find("{", begin), css.find(";", begin)
        if brace < 0:
            break
        if 0 <= semicolon < brace:
            at = semicolon + 1
            continue
        out.append(css[start:begin])
        depth, at = 1, brace + 1
        while at < len(css) and depth:
            depth += (css[at] == "{") - (css[at] == "}")
            at += 1
        start = at
    out.append(css[start:])
    return _without_remarks("".join(out)).replace("<!--", " ").replace("-->", " ")


def _without_remarks(css: str) -> str:
    out: list[str] = []
    at = 0
    while (begin := css.find("/*", at)) >= 0:
        out.append(css[at:begin])
        end = css.find("*/", begin + 2)
        if end < 0:
            return "".join(out)
        at = end + 2
    return "".join(out) + css[at:]


def _recoloured(colours: Colours, attributes: dict[str, str | None]) -> Colours:
    front, back = colours
    if not (attributes.keys() & {"style", "color", "bgcolor", "text", "background"}):
        return colours
    style = attributes.get("style") or ""
    stated = COLOUR.search(style)
    if (new := _colour(stated[1] if stated else attributes.get("color") or attributes.get("text") or "")) is not None:
        front = new
    painted = BACKGROUND.search(style)
    if "url(" in style or attributes.get("background"):
        return (None, back) if front is None else (front, UNKNOWN)  # a picture behind: nobody can say
    if (new := _colour(painted[1] if painted else attributes.get("bgcolor") or "")) is not None and new[0] >= 0:
        back = new
    return front, back


def _colour(text: str) -> tuple[int, int, int] | None:
    text = text.replace("!important", "").strip().lower()
    if not text:
        return None
    if text in NAMED:
        return NAMED[text]
    if found := RGB.match(text):
        if found[4] and float(found[4][:6].strip(".") or 0) == 0:
            return NAMED["transparent"]
        return int(found[1]), int(found[2]), int(found[3])
    digits = text.split()[0].lstrip("#")
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(letter * 2 for letter in digits)
    if re.fullmatch(r"[0-9a-f]{6}", digits):
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    return None


def _alike(front: tuple[int, int, int], back: tuple[int, int, int]) -> bool:
    if front[0] == -1:
        return True
    return all(abs(one - other) <= CLOSE for one, other in zip(front, back, strict=True))


def split_invisible(text: str) -> tuple[str, list[str]]:
    """Text without characters nobody sees, and flag names for what they would have hidden.

    Tag characters spell words only a model reads; bidirectional controls show other words than are there.
    Soft hyphens, joiners inside words and a byte order mark are everyday and just go.
    """
    if text.isascii():
        return text, []
    flags: list[str] = []
    if TAGS.search(text) and not _only_flags(text):
        flags.append("hidden_text")
    if BIDI.search(text):
        flags.append("bidi_control")
    if RUN_OF_INVISIBLE.search(text):
        flags.append("hidden_text")
    return INVISIBLE.sub("", text), list(dict.fromkeys(flags))


def _only_flags(text: str) -> bool:
    """Tag characters behind a black flag spell a region's flag (Scotland): an emoji, not a message."""
    rest = re.sub("\U0001f3f4[\U000e0020-\U000e007f]{1,8}", "", text)
    return not TAGS.search(rest)
